"""How each operator is expressed in ONNX; a file here for each family of the compiler's.

A file's ``EMITTERS`` says which function gives the steps of which operator, from the operator and
the shapes that go in and come out.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from archc.ops.operator import Operator, Shape
from archc_backends.onnx.steps import Step

Emitter = Callable[[Any, Shape, Shape], list[Step]]


def _discover() -> dict[type[Operator], Emitter]:
    emitters: dict[type[Operator], Emitter] = {}
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        emitters |= getattr(import_module(f"{__name__}.{file.stem}"), "EMITTERS", {})
    return emitters


EMITTERS = _discover()


def steps_of(operator: Operator, given: Shape, made: Shape) -> list[Step]:
    """The operator's nodes; none where it passes its input on. Raises KeyError without emitter."""
    return EMITTERS[type(operator)](operator, given, made)
