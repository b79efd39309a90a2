"""How an operator is expressed: ONNX nodes as plain data, a chain from its input to its output."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from archc.ops.operator import Shape

Attribute = int | float | tuple[int, ...]


class State(NamedTuple):
    """An entry of the operator's state, by its name below the layer's path."""

    name: str


class Constant(NamedTuple):
    """Fixed numbers, as nested sequences: of the model's type unless they are ``integers``."""

    name: str
    values: Any
    integers: bool = False


class Value(Enum):
    """What is known when the network runs: the layer's input, or what the step before gave."""

    INPUT = "input"
    PREVIOUS = "previous"


INPUT, PREVIOUS = Value.INPUT, Value.PREVIOUS
Operand = State | Constant | Value


class Step(NamedTuple):
    """A node: its ONNX kind, its name below the layer's path, and the shape that one image gives.

    The first step's previous value is the layer's input.
    """

    kind: str
    part: str
    shape: Shape
    inputs: tuple[Operand, ...] = (PREVIOUS,)
    attributes: Mapping[str, Attribute] = MappingProxyType({})
