"""Operators without weights, and activations behind others."""

from collections.abc import Callable

from archc.ops.activation import Activation, ReLU, Softmax
from archc.ops.operator import Operator, Shape
from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.onnx.steps import Step


def relu(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """Relu."""
    return [Step("Relu", "relu", made)]


def softmax(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """Softmax over the channels."""
    return [Step("Softmax", "softmax", made, attributes={"axis": 1})]


def flatten(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """Flatten; features are flat already."""
    return [] if len(given) == 1 else [Step("Flatten", "flatten", made, attributes={"axis": 1})]


def passed_on(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """Nothing: what drops elements in training alone is no part of inference."""
    return []


_Emitter = Callable[[Operator, Shape, Shape], list[Step]]
ACTIVATIONS: dict[type[Operator], _Emitter] = {ReLU: relu, Softmax: softmax}
EMITTERS: dict[type[Operator], _Emitter] = {
    **ACTIVATIONS,
    Flatten: flatten,
    Dropout: passed_on,
    Identity: passed_on,
}


def activated(activation: Activation | None, shape: Shape) -> list[Step]:
    """The activation behind another operator or a sum. Raises KeyError for an unknown one."""
    return [] if activation is None else ACTIVATIONS[type(activation)](activation, shape, shape)
