"""Convolutions with their norm, and linear layers."""

from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.operator import Shape
from archc_backends.onnx.operators.normalization import normalized
from archc_backends.onnx.steps import PREVIOUS, Attribute, Operand, State, Step


def conv(operator: Conv, given: Shape, made: Shape) -> list[Step]:
    """Conv, then the norm if there is one."""
    prefix = "conv." if operator.norm else ""
    attributes = {**_window(operator), "group": operator.groups}
    inputs = _weights(prefix, operator.biased)
    return [Step("Conv", "conv", made, inputs, attributes), *_norm(operator, made)]


def separable_conv(operator: SeparableConv, given: Shape, made: Shape) -> list[Step]:
    """Two Conv, the first with one group for each channel, then the norm if there is one."""
    middle = (given[0] * operator.multiplier, *made[1:])
    depthwise = {**_window(operator), "group": given[0]}
    pointwise = {"kernel_shape": (1, 1)}
    return [
        Step("Conv", "depthwise", middle, _weights("depthwise.", False), depthwise),
        Step("Conv", "pointwise", made, _weights("pointwise.", operator.biased), pointwise),
        *_norm(operator, made),
    ]


def linear(operator: Linear, given: Shape, made: Shape) -> list[Step]:
    """Gemm, after a Flatten if the input is channels x 1 x 1."""
    flatten = Step("Flatten", "flatten", given[:1], attributes={"axis": 1})
    return [
        *([flatten] if len(given) == 3 else []),
        Step("Gemm", "linear", made, _weights("", operator.biased), {"transB": 1}),
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


def _norm(operator: Conv | SeparableConv, made: Shape) -> list[Step]:
    return [normalized(operator.norm, made, "bn.")] if operator.norm else []


EMITTERS = {Conv: conv, SeparableConv: separable_conv, Linear: linear}
