"""An operator's ONNX nodes as plain data: a chain from its input to its output."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from archc.ops.operator import Shape

Attribute = int | float | str | tuple[int, ...]


class State(NamedTuple):
    """An entry of the operator's state, by its name below the layer's path."""

    name: str


class Constant(NamedTuple):
    """Fixed numbers, as nested sequences. ``type`` is ``int64`` or such; None is the model's."""

    name: str
    values: Any
    type: str | None = None


class Value(Enum):
    """The layer's input, the output of the step before, or an optional input that is left out."""

    INPUT = "input"
    PREVIOUS = "previous"
    ABSENT = "absent"


INPUT, PREVIOUS, ABSENT = Value.INPUT, Value.PREVIOUS, Value.ABSENT
Operand = State | Constant | Value


class Step(NamedTuple):
    """A node: its ONNX kind, its name below the layer's path, and its output shape for one image.

    For the first step, the output of the step before is the layer's input.
    """

    kind: str
    part: str
    shape: Shape
    inputs: tuple[Operand, ...] = (PREVIOUS,)
    attributes: Mapping[str, Attribute] = MappingProxyType({})
