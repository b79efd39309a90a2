"""The ONNX nodes of one operator as plain data: a chain from its input to its output."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from archc.ops.operator import Shape

Attribute = int | float | str | tuple[int, ...]


class State(NamedTuple):
    """A tensor of the operator's state, by its name below the layer's path."""

    name: str


class Constant(NamedTuple):
    """Fixed numbers, as nested sequences. ``type`` is for example ``int64``; None: the model's."""

    name: str
    values: Any
    type: str | None = None


class Placeholder(Enum):
    """An input of a step whose name only the graph knows.

    It is the input of the chain, the output of the previous step, or an omitted optional input. The
    input of an activation's chain is the output of the layer that it ends.
    """

    INPUT = "input"
    PREVIOUS = "previous"
    ABSENT = "absent"


INPUT, PREVIOUS, ABSENT = Placeholder.INPUT, Placeholder.PREVIOUS, Placeholder.ABSENT
Operand = State | Constant | Placeholder


class Step(NamedTuple):
    """A node: its ONNX operator, its name below the layer's path, its output shape for one image.

    For the first step, the output of the previous step is the input of the chain.
    """

    kind: str
    name: str
    shape: Shape
    inputs: tuple[Operand, ...] = (PREVIOUS,)
    attributes: Mapping[str, Attribute] = MappingProxyType({})
