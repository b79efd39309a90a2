"""ONNX nodes for convolutions with their norm, and for linear layers."""

from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.operator import Shape
from archc_backends.onnx.operators.normalization import norm_step
from archc_backends.onnx.steps import PREVIOUS, Attribute, Operand, State, Step


def conv(operator: Conv, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Conv, then the norm if there is one."""
    prefix = "conv." if operator.norm else ""
    attributes = {**_window(operator), "group": operator.groups}
    inputs = _weights(prefix, operator.biased)
    return [Step("Conv", "conv", output_shape, inputs, attributes), *_norm(operator, output_shape)]


def separable_conv(operator: SeparableConv, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Two Conv, the first with one group for each channel, then the norm if there is one."""
    middle = (input_shape[0] * operator.multiplier, *output_shape[1:])
    depthwise = {**_window(operator), "group": input_shape[0]}
    pointwise = {"kernel_shape": (1, 1)}
    return [
        Step("Conv", "depthwise", middle, _weights("depthwise.", False), depthwise),
        Step("Conv", "pointwise", output_shape, _weights("pointwise.", operator.biased), pointwise),
        *_norm(operator, output_shape),
    ]


def linear(operator: Linear, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Gemm, after a Flatten if the input is channels x 1 x 1."""
    flatten = Step("Flatten", "flatten", input_shape[:1], attributes={"axis": 1})
    return [
        *([flatten] if len(input_shape) == 3 else []),
        Step("Gemm", "linear", output_shape, _weights("", operator.biased), {"transB": 1}),
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


def _norm(operator: Conv | SeparableConv, output_shape: Shape) -> list[Step]:
    return [norm_step(operator.norm, output_shape, "bn.")] if operator.norm else []


EMITTERS = {Conv: conv, SeparableConv: separable_conv, Linear: linear}
