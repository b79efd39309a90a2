"""Checkpoint files for the generated class: PyTorch's own, and safetensors."""

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
    """The tensors of a checkpoint by key, in its order; or why there are none to be had.

    Raises BackendUnavailable where what reads such a file is not installed.
    """
    require_torch()
    return files.read_weights(file, "torch")


def encode_weights(weights: "Mapping[str, Tensor | None]", suffix: str) -> bytes | Diagnostic:
    """The tensors as a file of that suffix; None stands for a counter at zero.

    Raises BackendUnavailable where what writes such a file is not installed.
    """
    require_torch()
    import torch

    # Copies: a view would drag all of the storage behind it into the file.
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
        # In memory, as torch does not tell of a disk that is full.
        buffer = io.BytesIO()
        torch.save(plain, buffer)
        return buffer.getvalue()
    message = f"weights are written as {', '.join(SUFFIXES)}, not as {suffix or 'a bare name'}"
    return Diagnostic(Code.UNSUPPORTED, message)
