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


def steps_of(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """The operator's nodes, with its activation; none if it passes its input on."""
    steps = emitters()[type(operator)](operator, given, made)
    _check(type(operator).__name__, steps, given, made)
    activation = getattr(operator, "activation", None)
    return steps if activation is None else [*steps, *activated(activation, made)]


def _check(kind: str, steps: list[Step], given: Shape, made: Shape) -> None:
    """Raise ValueError for a fault of the emitter that runtimes would find late or never."""
    if (shape := steps[-1].shape if steps else given) != made:
        raise ValueError(
            f"the steps of {kind} end with {format_shape(shape)}, not {format_shape(made)}"
        )
    constants = {part.name for step in steps for part in step.inputs if isinstance(part, Constant)}
    names = [*constants, *(step.part for step in steps)]
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
