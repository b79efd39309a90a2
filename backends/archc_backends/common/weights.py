"""Reads checkpoints: safetensors, and PyTorch's files with nothing but tensors in them."""

import re
import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from archc.checks.checkpoints.state import show_key
from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.wording import join_words
from archc.driver.backend import BackendUnavailable
from archc_backends.common.requirements import require_safetensors, require_torch

SUFFIXES = (".pt", ".pth", ".safetensors")
_ARRAYS = frozenset("BOOL U8 U16 U32 U64 I8 I16 I32 I64 F16 F32 F64 C64".split())


def read_weights(file: Path, framework: str) -> dict[str, Any] | Diagnostic:
    """Return the tensors of a checkpoint by key, in file order.

    Tensors of a .safetensors file belong to the framework, ``torch`` or ``numpy``; others are
    torch's. Raises BackendUnavailable if the package that reads the file is not installed.
    """
    suffix = file.suffix.lower()
    if suffix not in SUFFIXES:
        message = f"{file}: expected the suffix {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        return Diagnostic(Code.UNSUPPORTED, message)
    try:
        if file.exists() and not file.is_file():
            return Diagnostic(Code.UNREADABLE, f"{file} is not a regular file")
        file.open("rb").close()
    except OSError as error:
        return Diagnostic(Code.UNREADABLE, f"cannot read {file}: {error.strerror or error}")
    try:
        if suffix == ".safetensors":
            return _load_safetensors(file, framework)
        loaded = _load_pickle(file)
    except BackendUnavailable:
        raise
    except Exception as error:  # these libraries raise nearly anything for a damaged file
        return _refused(file, error)
    return loaded if isinstance(loaded, Diagnostic) else _tensors(file, loaded)


def _load_pickle(file: Path) -> object:
    require_torch()
    import torch

    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        # PyTorch does not compress; a compressed file could unpack to any size.
        if unpacked > file.stat().st_size:
            message = f"{file} unpacks to {unpacked:,} bytes, more than its size"
            return Diagnostic(Code.INVALID_CHECKPOINT, message)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(file, map_location="cpu", weights_only=True)


def _load_safetensors(file: Path, framework: str) -> dict[str, Any] | Diagnostic:
    require_safetensors()
    if framework == "numpy" and (diagnostic := _no_arrays(file)):
        return diagnostic
    loaded: dict[str, Any] = import_module(f"safetensors.{framework}").load_file(file)
    return loaded


def _no_arrays(file: Path) -> Diagnostic | None:
    """Report the first tensor of a type that numpy lacks, such as bfloat16."""
    with import_module("safetensors").safe_open(file, framework="numpy") as tensors:
        for key in tensors.keys():  # noqa: SIM118 - a function of the file, which is no mapping
            kind = tensors.get_slice(key).get_dtype()
            if kind not in _ARRAYS:
                return no_array(key, kind)
    return None


def no_array(key: str, kind: str) -> Diagnostic:
    """Report a tensor of a type that numpy lacks."""
    message = f"{show_key(key)} has type {kind}, which numpy does not support"
    return Diagnostic(Code.UNSUPPORTED, message, hint="save it as float32")


def _tensors(file: Path, loaded: object) -> dict[str, Any] | Diagnostic:
    """Return the state_dict in a loaded object, or a diagnostic if it holds anything else."""
    import torch

    loaded = _state_dict(file, loaded)
    if isinstance(loaded, Diagnostic):
        return loaded
    for key, value in loaded.items():
        if not isinstance(key, str):
            what = f"the key {show_key(str(key))}, which is not a string"
        elif not isinstance(value, torch.Tensor):
            what = f"{show_key(key)} of type {type(value).__name__}, which is not a tensor"
        elif value.layout != torch.strided or value.is_quantized or value.is_meta:
            what = f"{show_key(key)}, a tensor that is sparse, quantized or without data"
        else:
            continue
        hint = "save model.state_dict() alone, or under a key such as state_dict"
        return Diagnostic(Code.INVALID_CHECKPOINT, f"{file} holds {what}", hint=hint)
    return loaded


def _state_dict(file: Path, loaded: object) -> dict[Any, Any] | Diagnostic:
    """Return the value of ``state_dict``, else the only dictionary of tensors, else the object."""
    if not isinstance(loaded, dict):
        message = f"{file} holds a {type(loaded).__name__}, expected a dictionary of tensors"
        return Diagnostic(Code.INVALID_CHECKPOINT, message)
    if isinstance(loaded.get("state_dict"), dict):
        return loaded["state_dict"]  # type: ignore[no-any-return]
    inner = {key: value for key, value in loaded.items() if _holds_tensors(value)}
    if len(inner) > 1:
        message = (
            f"{file} holds several state_dicts: {join_words(show_key(str(key)) for key in inner)}"
        )
        hint = "save the right one, alone or under the key state_dict"
        return Diagnostic(Code.INVALID_CHECKPOINT, message, hint=hint)
    return next(iter(inner.values()), loaded)


def _holds_tensors(value: object) -> bool:
    import torch

    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            isinstance(key, str) and isinstance(tensor, torch.Tensor)
            for key, tensor in value.items()
        )
    )


def _refused(file: Path, error: Exception) -> Diagnostic:
    said = str(error)
    # torch's own message advises loading the file without this safeguard, so it is not shown.
    unsafe = re.search(r"GLOBAL (\S+)", said) if isinstance(error, UnpicklingError) else None
    if unsafe is not None:
        name = show_key(unsafe[1])
        message = f"{file} refers to {name}, which could run code; it was not loaded"
        hint = "save model.state_dict(), which holds only tensors"
        return Diagnostic(Code.INVALID_CHECKPOINT, message, hint=hint)
    message = f"{file} is damaged or not a checkpoint of this format"
    if isinstance(error, UnpicklingError):
        return Diagnostic(Code.INVALID_CHECKPOINT, message)
    reason = said.partition("\n")[0].partition(". ")[0]
    note = show_key(f"{type(error).__name__}: {reason}")
    return Diagnostic(Code.INVALID_CHECKPOINT, message, notes=(note,))
