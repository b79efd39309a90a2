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


def steps_of(operator: Operator, given: Shape, made: Shape) -> tuple[list[Step], list[Step]]:
    """The operator's own nodes, none if it passes its input on, and those of its activation."""
    steps = emitters()[type(operator)](operator, given, made)
    activation = getattr(operator, "activation", None)
    after = [] if activation is None else activated(activation, made)
    _check(type(operator).__name__, steps, after, given, made)
    return steps, after


def _check(kind: str, steps: list[Step], after: list[Step], given: Shape, made: Shape) -> None:
    """Raise ValueError for a fault of the emitter that runtimes would find late or never."""
    if (shape := steps[-1].shape if steps else given) != made:
        raise ValueError(
            f"the steps of {kind} end with {format_shape(shape)}, not {format_shape(made)}"
        )
    names = [step.part for step in (*steps, *after)]
    for chain in (steps, after):
        parts = {part for step in chain for part in step.inputs}
        names += {part.name for part in parts if isinstance(part, Constant)}
    if len(set(names)) < len(names):
        raise ValueError(f"steps or constants of {kind} have the same name: {', '.join(names)}")


def activated(activation: Activation, shape: Shape) -> list[Step]:
    """The nodes of an activation that ends a layer or follows a sum."""
    return emitters()[type(activation)](activation, shape, shape)


@cache
def emitters() -> dict[type[Operator], Emitter]:
    """The emitter of each operator."""
    found: dict[type[Operator], Emitter] = {}
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        found |= getattr(import_module(f"{__name__}.{file.stem}"), "EMITTERS", {})
    return found
