"""ONNX nodes for operators without weights."""

from archc.ops.operator import Operator, Shape
from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.onnx.steps import Step


def flatten(operator: Flatten, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Flatten; nothing for features, which are flat."""
    return (
        []
        if len(input_shape) == 1
        else [Step("Flatten", "flatten", output_shape, attributes={"axis": 1})]
    )


def no_steps(operator: Operator, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """No steps: at inference the operator does nothing."""
    return []


EMITTERS = {Flatten: flatten, Dropout: no_steps, Identity: no_steps}
