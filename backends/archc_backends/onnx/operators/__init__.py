"""How ONNX expresses each operator, one file for each family of the compiler's operators.

A file's ``EMITTERS`` maps each operator to the function that returns its steps. The function gets
the operator and the shapes of its input and output. An operator's own steps leave out its
activation, which ``steps_of`` adds.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from archc.ops.activation import Activation
from archc.ops.operator import Operator, Shape, format_shape
from archc_backends.onnx.steps import Constant, Step

Emitter = Callable[[Any, Shape, Shape], list[Step]]


def steps_of(
    operator: Operator, input_shape: Shape, output_shape: Shape
) -> tuple[list[Step], list[Step]]:
    """The operator's own steps, none if it does nothing at inference, and its activation's."""
    steps = emitters()[type(operator)](operator, input_shape, output_shape)
    activation = getattr(operator, "activation", None)
    after = [] if activation is None else activation_steps(activation, output_shape)
    _check(type(operator).__name__, steps, after, input_shape, output_shape)
    return steps, after


def _check(
    kind: str, steps: list[Step], after: list[Step], input_shape: Shape, output_shape: Shape
) -> None:
    """Raise ValueError for a fault of the emitter that runtimes would find late or never."""
    if (shape := steps[-1].shape if steps else input_shape) != output_shape:
        raise ValueError(
            f"the steps of {kind} end with {format_shape(shape)}, not {format_shape(output_shape)}"
        )
    names = [step.name for step in (*steps, *after)]
    for chain in (steps, after):
        inputs = {operand for step in chain for operand in step.inputs}
        names += {operand.name for operand in inputs if isinstance(operand, Constant)}
    if len(set(names)) < len(names):
        raise ValueError(f"steps or constants of {kind} have the same name: {', '.join(names)}")


def activation_steps(activation: Activation, shape: Shape) -> list[Step]:
    """The steps of an activation that ends a layer or follows a sum."""
    return emitters()[type(activation)](activation, shape, shape)


@cache
def emitters() -> dict[type[Operator], Emitter]:
    """The emitter of each operator."""
    found: dict[type[Operator], Emitter] = {}
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        found |= getattr(import_module(f"{__name__}.{file.stem}"), "EMITTERS", {})
    return found
