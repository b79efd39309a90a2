"""Convolutions and linear layers, with what follows them."""

from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.operator import Shape
from archc_backends.onnx.operators.normalization import normalized
from archc_backends.onnx.operators.plain import activated
from archc_backends.onnx.steps import PREVIOUS, Attribute, Operand, State, Step


def conv(operator: Conv, given: Shape, made: Shape) -> list[Step]:
    """Conv, under the convolution's own keys."""
    prefix = "conv." if operator.norm else ""
    attributes = {**_window(operator), "group": operator.groups}
    inputs = _weights(prefix, operator.biased)
    return [Step("Conv", "conv", made, inputs, attributes), *_following(operator, made)]


def separable_conv(operator: SeparableConv, given: Shape, made: Shape) -> list[Step]:
    """Two Conv, the first with a group for each channel."""
    middle = (given[0] * operator.multiplier, *made[1:])
    depthwise = {**_window(operator), "group": given[0]}
    pointwise = {"kernel_shape": (1, 1)}
    return [
        Step("Conv", "depthwise", middle, _weights("depthwise.", False), depthwise),
        Step("Conv", "pointwise", made, _weights("pointwise.", operator.biased), pointwise),
        *_following(operator, made),
    ]


def linear(operator: Linear, given: Shape, made: Shape) -> list[Step]:
    """Gemm, behind a Flatten where channels x 1 x 1 come in."""
    flatten = Step("Flatten", "flatten", given[:1], attributes={"axis": 1})
    return [
        *([flatten] if len(given) == 3 else []),
        Step("Gemm", "linear", made, _weights("", operator.biased), {"transB": 1}),
        *activated(operator.activation, made),
    ]


def _window(operator: Conv | SeparableConv) -> dict[str, Attribute]:
    return {
        "kernel_shape": operator.window.kernel,
        "strides": operator.stride,
        "pads": (*operator.pads, *operator.pads),
    }


def _weights(prefix: str, biased: bool) -> tuple[Operand, ...]:
    names = ("weight", "bias") if biased else ("weight",)
    return (PREVIOUS, *(State(f"{prefix}{name}") for name in names))


def _following(operator: Conv | SeparableConv, made: Shape) -> list[Step]:
    norm = [normalized(operator.norm, made, "bn.")] if operator.norm else []
    return norm + activated(operator.activation, made)


EMITTERS = {Conv: conv, SeparableConv: separable_conv, Linear: linear}
