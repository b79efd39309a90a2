"""Check the numbers in a checkpoint's tensors, which may be torch's or numpy's."""

import re
from collections.abc import Mapping
from math import inf, isfinite, prod
from typing import Any

from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state, is_counter
from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.wording import join_words, pluralize

FLOATS = ("float16", "bfloat16", "float32", "float64")
"""The types that weights can have."""
_INTEGERS = re.compile("u?int(8|16|32|64)")


def check_values(analysis: Analysis, tensors: Mapping[str, Any]) -> list[Diagnostic]:
    """Return a diagnostic for each tensor with a wrong type, or with an invalid number.

    ``tensors`` have the network's keys and the right shapes. Weights must be finite and of a type
    in ``FLOATS``, variances not negative, counters integers.
    """
    expected = expected_state(analysis)
    diagnostics = []
    for key, tensor in tensors.items():
        if tensor is None:
            continue
        kind = str(tensor.dtype).rpartition(".")[2]
        counts = is_counter(expected[key])
        if not _INTEGERS.fullmatch(kind) if counts else kind not in FLOATS:
            needed = "an integer type" if counts else f"one of {join_words(FLOATS)}"
            message = f"{key} has type {kind}, expected {needed}"
            hint = "batch counters are optional: a checkpoint may leave out all" if counts else None
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message, hint=hint))
            continue
        # ``min`` and ``max`` are NaN if an element is, and allocate no second tensor.
        least, most = float(tensor.min()), float(tensor.max())
        if not (isfinite(least) and isfinite(most)):
            number = prod(tensor.shape) - int((abs(tensor) < inf).sum())
            message = f"{key} has {pluralize(number, 'non-finite element')}"
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message))
        elif key.endswith(".running_var") and least < 0:
            message = f"{key} has a negative variance"
            diagnostics.append(Diagnostic(Code.INVALID_CHECKPOINT, message))
    return diagnostics
