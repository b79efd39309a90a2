"""Converts weights of the network as written to those of the optimised one, and back."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state
from archc.diagnostics import Code, Diagnostic
from archc.driver.optimize import Optimized, WeightSource, origins_of
from archc_backends.onnx.weights import as_arrays

if TYPE_CHECKING:
    from archc_backends.onnx.weights import Array


def convert_weights(
    optimized: Optimized, weights: Mapping[str, Any], back: bool
) -> "dict[str, Array] | Diagnostic":
    """Convert a checkpoint of the network as written for the optimised one, or ``back``.

    None means a counter at zero. Heads missing from the checkpoint are skipped, and so are heads
    that the optimised network lacks.
    """
    zero = np.zeros((), np.int64)
    left_out = _heads(optimized.original) - _heads(optimized.analysis)
    arrays = as_arrays(
        {
            key: zero if value is None else value
            for key, value in weights.items()
            if _row(key) not in left_out
        }
    )
    if isinstance(arrays, Diagnostic):
        return arrays
    for key, array in arrays.items():
        needed = "a floating-point type" if array.ndim else "an integer type"
        if array.dtype.kind not in ("f" if array.ndim else "iu"):
            message = f"{key} has type {array.dtype.name}, expected {needed}"
            return Diagnostic(Code.UNCONVERTIBLE, message)
        if not np.isfinite(array).all():
            return Diagnostic(Code.UNCONVERTIBLE, f"{key} holds a number that is not finite")
    rows = {_row(key) for key in arrays}
    target = optimized.original if back else optimized.analysis
    keys = [key for key in expected_state(target) if _row(key) in rows]
    if back:
        return _restored(optimized, arrays, keys)
    return optimized_arrays(optimized, arrays, keys)


def optimized_arrays(
    optimized: Optimized, arrays: "Mapping[str, Array]", keys: Iterable[str]
) -> "dict[str, Array] | Diagnostic":
    """Compute the optimised network's tensors of these keys. Norms are folded in float64.

    ``arrays`` are finite tensors of the network as written.
    """
    changes = {change.key: change for change in _changes(optimized.analysis)}
    converted: dict[str, Array] = {}
    for key in keys:
        if key not in changes:
            converted[key] = arrays[key]
            continue
        parts = [_part(arrays, source, changes[key].name) for source in changes[key].sources]
        if len({part.dtype for part in parts}) > 1:
            return Diagnostic(
                Code.UNCONVERTIBLE, f"the tensors that become {key} have different types"
            )
        if parts[0].ndim:
            converted[key] = np.concatenate(parts) if len(parts) > 1 else parts[0]
        elif any(part != parts[0] for part in parts):
            return Diagnostic(Code.UNCONVERTIBLE, f"the counters that become {key} differ")
        else:
            converted[key] = parts[0]
        if not np.isfinite(converted[key]).all():
            message = f"{key} becomes a number that is not finite in {parts[0].dtype.name}"
            return Diagnostic(Code.UNCONVERTIBLE, message)
    return converted


class _Change(NamedTuple):
    """A tensor of the optimised network that is made from other keys.

    It joins the tensors ``name`` of the sources, in this order.
    """

    key: str
    name: str
    sources: tuple[WeightSource, ...]


def _changes(analysis: Analysis) -> Iterator[_Change]:
    for layer in analysis.layers:
        for origin in origins_of(layer.op):
            for tensor in layer.op.operator.state(layer.input):
                key = f"{layer.op.path}.{tensor.name}"
                if key.startswith(f"{origin.layer}."):
                    yield _Change(key, key.removeprefix(f"{origin.layer}."), origin.sources)


def _part(arrays: "Mapping[str, Array]", source: WeightSource, name: str) -> "Array":
    """Return the tensor of one source, with a norm folded into its weight or bias."""
    if not source.norm:
        return arrays[f"{source.layer}.{name}"]
    weight = arrays[f"{source.layer}.weight"]
    scale, shift, mean, variance = (
        arrays[f"{source.norm}.{part}"].astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    # The caller checks that the result is finite.
    with np.errstate(all="ignore"):
        scale /= np.sqrt(variance + source.eps)
        if name == "weight":
            return (weight * scale.reshape(-1, 1, 1, 1)).astype(weight.dtype)
        bias = arrays[f"{source.layer}.bias"].astype(np.float64) if source.bias else 0.0
        folded: Array = ((bias - mean) * scale + shift).astype(weight.dtype)
        return folded


def _restored(
    optimized: Optimized, arrays: "Mapping[str, Array]", keys: Iterable[str]
) -> "dict[str, Array]":
    """Compute the tensors of the network as written. No norm may be folded."""
    expected = expected_state(optimized.original)
    parted: dict[str, Array] = {}
    for key, name, sources in _changes(optimized.analysis):
        if key not in arrays:  # in a head that is missing
            continue
        pieces = [f"{source.layer}.{name}" for source in sources]
        if arrays[key].ndim:
            *ends, _ = accumulate(expected[piece].shape[0] for piece in pieces)
            parted |= zip(pieces, np.split(arrays[key], ends), strict=True)
        else:
            parted |= dict.fromkeys(pieces, arrays[key])
    return {key: parted[key] if key in parted else arrays[key] for key in keys}


def _heads(analysis: Analysis) -> set[str]:
    return {head.name for head in analysis.network.aux}


def _row(key: str) -> str:
    """Return the row or auxiliary head of a key."""
    return key.partition(".")[0]
