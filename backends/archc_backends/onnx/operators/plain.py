"""Operators without weights."""

from archc.ops.operator import Operator, Shape
from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.onnx.steps import Step


def flatten(operator: Flatten, given: Shape, made: Shape) -> list[Step]:
    """Flatten; nothing for features, which are flat."""
    return [] if len(given) == 1 else [Step("Flatten", "flatten", made, attributes={"axis": 1})]


def passed_on(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """Nothing: at inference the operator passes its input on."""
    return []


EMITTERS = {Flatten: flatten, Dropout: passed_on, Identity: passed_on}
