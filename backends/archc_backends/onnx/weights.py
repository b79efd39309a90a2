"""The weights of a model: from a checkpoint, or untrained."""

from collections.abc import Iterable, Mapping
from math import prod, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from archc.analyses import Analysis
from archc.checks.checkpoints.state import show_key
from archc.checks.checkpoints.values import check_values
from archc.diagnostics import Code, Diagnostic
from archc.ops.convolution import Conv
from archc.ops.linear import Linear
from archc.ops.operator import Operator, Shape
from archc_backends.common import weights as files
from archc_backends.common.network import MAXIMUM_PARAMS
from archc_backends.common.requirements import require_safetensors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

TYPES = ("float32", "float64", "float16")
"""The types in which a model can compute: the types of its weights."""


def check_size(analysis: Analysis) -> list[Diagnostic]:
    """Report a network with too many parameters."""
    params = analysis.cost.params
    if params <= MAXIMUM_PARAMS:
        return []
    name = analysis.network.name
    message = f"{name} has {params:,} params, more than a model can hold ({MAXIMUM_PARAMS:,})"
    return [Diagnostic(Code.LIMIT, message, analysis.network.span)]


def read_weights(file: Path) -> "dict[str, Array] | Diagnostic":
    """Return the arrays of a checkpoint by key.

    Raises BackendUnavailable if the package that reads the file is not installed.
    """
    tensors = files.read_weights(file, "numpy")
    if isinstance(tensors, Diagnostic) or file.suffix.lower() == ".safetensors":
        return tensors
    return as_arrays(tensors)


def encode_weights(weights: "Mapping[str, Array | None]", suffix: str) -> bytes | Diagnostic:
    """Encode arrays as a .safetensors file. None means a counter at zero.

    Raises BackendUnavailable if safetensors is not installed.
    """
    if suffix.lower() != ".safetensors":
        message = f"cannot write weights to {suffix or 'a file without suffix'}: use .safetensors"
        return Diagnostic(Code.UNSUPPORTED, message)
    require_safetensors()
    import numpy as np
    from safetensors.numpy import save

    zero = np.zeros((), np.int64)
    plain = {
        key: zero if array is None else np.ascontiguousarray(array).reshape(array.shape)
        for key, array in weights.items()
    }
    return save(plain, metadata={"format": "pt"})


def as_arrays(tensors: Mapping[str, Any]) -> "dict[str, Array] | Diagnostic":
    """Return tensors of any library as arrays without copying, or a diagnostic."""
    import numpy as np

    arrays = {}
    for key, tensor in tensors.items():
        try:
            arrays[key] = np.asarray(_plain(tensor))
        except (TypeError, ValueError, RuntimeError):
            kind = show_key(str(getattr(tensor, "dtype", type(tensor).__name__)))
            return files.no_array(key, kind)
    return arrays


def _plain(tensor: Any) -> Any:
    """Move a tensor of torch to the CPU in a form that numpy accepts; return others as they are."""
    if not hasattr(tensor, "detach"):
        return tensor
    return tensor.detach().cpu().resolve_conj().resolve_neg()


def checkpoint_arrays(
    analysis: Analysis, keys: Iterable[str], weights: Mapping[str, Any]
) -> "dict[str, Array] | list[Diagnostic]":
    """Return the weights of these keys, or diagnostics if a model cannot use them."""
    arrays = as_arrays({key: weights[key] for key in keys})
    if isinstance(arrays, Diagnostic):
        return [arrays]
    diagnostics = check_values(analysis, arrays)
    if diagnostics:
        return diagnostics
    first = next(iter(arrays.items()), None)
    for key, array in arrays.items():
        if array.dtype.name not in TYPES:
            message = f"{key} has type {array.dtype}, expected one of {', '.join(TYPES)}"
            diagnostics.append(Diagnostic(Code.UNSUPPORTED, message))
        elif first is not None and array.dtype != first[1].dtype:
            message = f"{key} has type {array.dtype}, but {first[0]} has type {first[1].dtype}"
            hint = "a model computes in one type: convert the checkpoint"
            diagnostics.append(Diagnostic(Code.UNSUPPORTED, message, hint=hint))
    return diagnostics or arrays


def initial_arrays(analysis: Analysis, keys: Iterable[str]) -> "dict[str, Array]":
    """Return untrained weights, from the same distributions as in the PyTorch class.

    Each tensor has its own random stream, seeded by its key, so that no other layer changes it.
    """
    wanted = set(keys)
    arrays: dict[str, Array] = {}
    shapes = analysis.shapes
    for op, shape in zip(shapes.ops, shapes.inputs, strict=True):
        weight, fan = "", 1
        for tensor in op.operator.state(shape):
            key = f"{op.path}.{tensor.name}"
            if len(tensor.shape) > 1:
                weight, fan = key, prod(tensor.shape[1:])
            of_weight = key == weight or key == f"{weight.removesuffix('.weight')}.bias"
            if key in wanted:
                bound = _bound(op.operator, fan, key == weight) if of_weight else None
                arrays[key] = _draw(key, tensor.shape, bound)
    return arrays


def _bound(operator: Operator, fan: int, is_weight: bool) -> float:
    """Return the bound of a uniform distribution: He's before a ReLU, else PyTorch's default."""
    plain = isinstance(operator, Linear) or (isinstance(operator, Conv) and operator.norm is None)
    activation = getattr(operator, "activation", None)
    if plain and activation is not None and activation.he_initialized:
        return sqrt(6 / fan) if is_weight else 0.0
    return sqrt(1 / fan)


def _draw(key: str, shape: Shape, bound: float | None) -> "Array":
    """Draw numbers within the bound. Without a bound, initialise a norm with ones and zeros."""
    import numpy as np

    if bound is None:
        return np.full(shape, key.endswith((".weight", ".running_var")), np.float32)
    # The only generator of numpy whose stream is guaranteed never to change.
    numbers = np.random.RandomState(crc32(key.encode())).random_sample(shape)
    numbers *= 2 * bound
    numbers -= bound
    return numbers.astype(np.float32)
