"""Reads and writes checkpoints of generated classes: .pt, .pth and .safetensors."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics import Code, Diagnostic
from archc_backends.common import weights as files
from archc_backends.common.requirements import require_safetensors, require_torch
from archc_backends.common.weights import SUFFIXES

if TYPE_CHECKING:
    from torch import Tensor


def read_weights(file: Path) -> "dict[str, Tensor] | Diagnostic":
    """Return the tensors of a checkpoint by key, in file order.

    Raises BackendUnavailable if the package that reads the file is not installed.
    """
    require_torch()
    return files.read_weights(file, "torch")


def encode_weights(weights: "Mapping[str, Tensor | None]", suffix: str) -> bytes | Diagnostic:
    """Encode tensors as a file with that suffix. None means a counter at zero.

    Raises BackendUnavailable if the package that writes the file is not installed.
    """
    require_torch()
    import torch

    # Copied, because torch.save writes the whole storage of a view.
    plain = {
        key: torch.zeros((), dtype=torch.int64)
        if tensor is None
        else tensor.detach()
        .resolve_conj()
        .resolve_neg()
        .clone(memory_format=torch.contiguous_format)
        for key, tensor in weights.items()
    }
    if suffix.lower() == ".safetensors":
        require_safetensors()
        from safetensors.torch import save

        return save(plain, metadata={"format": "pt"})
    if suffix.lower() in SUFFIXES:
        # In memory, because torch does not report a full disk.
        buffer = io.BytesIO()
        torch.save(plain, buffer)
        return buffer.getvalue()
    message = (
        f"cannot write weights to {suffix or 'a file without suffix'}: use {', '.join(SUFFIXES)}"
    )
    return Diagnostic(Code.UNSUPPORTED, message)
