"""Normalisation on torch's meta device, where it took a fourth of a case.

Torch works it out in Python, sum by sum, though there are no numbers. What it checks, and that the
shape stays, is as before.
"""

import warnings
from functools import cache
from typing import Any

import torch
from torch import Tensor


@cache
def shorten_normalization() -> object:
    """For this process, which is one of a campaign's own, as long as what is returned lives."""
    overriding: Any = torch.library.Library  # torch says nothing of its types
    library = overriding("aten", "IMPL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that torch has one already
        library.impl("native_batch_norm", _native_batch_norm, "Meta")
    kept: object = library
    return kept


def _native_batch_norm(x: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    channels = x.new_empty(x.shape[1])
    return torch.empty_like(x), channels, channels
