"""ONNX nodes for activations, as layers of their own and after other layers."""

from archc.ops.activation import ReLU, Softmax
from archc.ops.operator import Shape
from archc_backends.onnx.steps import Step


def relu(operator: ReLU, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Relu."""
    return [Step("Relu", "relu", output_shape)]


def softmax(operator: Softmax, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Softmax over the channels."""
    return [Step("Softmax", "softmax", output_shape, attributes={"axis": 1})]


EMITTERS = {ReLU: relu, Softmax: softmax}
