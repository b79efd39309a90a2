"""ONNX nodes for normalisations and the fixed scaling of an input."""

from archc.ops.normalization import LRN, Affine, BatchNorm
from archc.ops.operator import Shape
from archc_backends.onnx.steps import INPUT, PREVIOUS, Attribute, Constant, State, Step

_STATE = ("weight", "bias", "running_mean", "running_var")


def norm_step(norm: BatchNorm, shape: Shape, prefix: str = "") -> Step:
    """The norm with its running statistics; ``prefix`` precedes the names of its state."""
    state = tuple(State(f"{prefix}{name}") for name in _STATE)
    attributes = {"epsilon": norm.eps}
    return Step("BatchNormalization", "bn", shape, (PREVIOUS, *state), attributes)


def batch_norm(operator: BatchNorm, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """BatchNormalization."""
    return [norm_step(operator, output_shape)]


def lrn(operator: LRN, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """LRN, which divides alpha by the size as PyTorch does.

    With an even size, PyTorch has one more neighbour before a channel than after it, ONNX one more
    after it, and ONNX Runtime takes odd sizes only. An even size is therefore written out: the mean
    of squares along the channels is a pool over a map whose height is the channels.
    """
    if operator.size % 2:
        attributes: dict[str, Attribute] = {
            "size": operator.size,
            "alpha": operator.alpha,
            "beta": operator.beta,
            "bias": operator.k,
        }
        return [Step("LRN", "lrn", output_shape, attributes=attributes)]
    channels, height, width = output_shape
    flat = (1, channels, height * width)
    before, after = operator.size // 2, (operator.size - 1) // 2
    mean: dict[str, Attribute] = {
        "kernel_shape": (operator.size, 1),
        "strides": (1, 1),
        "pads": (before, 0, after, 0),
        "count_include_pad": 1,
    }
    # A zero in the shape of a Reshape keeps the batch.
    to_flat, back = (
        Constant("flat", (0, *flat), "int64"),
        Constant("back", (0, *output_shape), "int64"),
    )
    return [
        Step("Mul", "square", output_shape, (INPUT, INPUT)),
        Step("Reshape", "flatten", flat, (PREVIOUS, to_flat)),
        Step("AveragePool", "mean", flat, attributes=mean),
        Step("Mul", "times_alpha", flat, (PREVIOUS, Constant("alpha", operator.alpha))),
        Step("Add", "plus_k", flat, (PREVIOUS, Constant("k", operator.k))),
        Step("Pow", "to_beta", flat, (PREVIOUS, Constant("beta", operator.beta))),
        Step("Reshape", "unflatten", output_shape, (PREVIOUS, back)),
        Step("Div", "divide", output_shape, (INPUT, PREVIOUS)),
    ]


def affine(operator: Affine, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Mul, then Add if there is a shift."""
    scales, shift = (
        tuple(((number,),) for number in numbers)
        for numbers in (operator.scales, operator.shift or ())
    )
    steps = [Step("Mul", "multiply", output_shape, (PREVIOUS, Constant("scale", scales)))]
    if shift:
        steps.append(Step("Add", "add", output_shape, (PREVIOUS, Constant("shift", shift))))
    return steps


EMITTERS = {BatchNorm: batch_norm, LRN: lrn, Affine: affine}
