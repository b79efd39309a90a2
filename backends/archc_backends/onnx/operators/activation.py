"""Activations, as layers of their own and after other layers."""

from archc.ops.activation import ReLU, Softmax
from archc.ops.operator import Shape
from archc_backends.onnx.steps import Step


def relu(operator: ReLU, given: Shape, made: Shape) -> list[Step]:
    """Relu."""
    return [Step("Relu", "relu", made)]


def softmax(operator: Softmax, given: Shape, made: Shape) -> list[Step]:
    """Softmax over the channels."""
    return [Step("Softmax", "softmax", made, attributes={"axis": 1})]


EMITTERS = {ReLU: relu, Softmax: softmax}
