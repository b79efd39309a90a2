"""The argument and the result of an emitter."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archc.ops.operator import Operator, Pair
from archc_backends.pytorch.emit.definitions import Helper
from archc_backends.pytorch.emit.expressions import Call, Expression


class EmitContext(NamedTuple):
    """An operator, with what its emitter may ask about the layer that it is part of.

    ``spatial`` tells that the input has height and width in at least one use of the surrounding
    class. ``names`` maps each field that a column fills to the argument's name. ``chained`` tells
    that the operator is in an nn.Sequential, where no statement can prepare its input.
    """

    operator: Operator
    spatial: bool
    names: Mapping[str, str]
    chained: bool
    read_in_channels: Callable[[], Expression]
    read_out_channels: Callable[[], Expression]

    @property
    def in_channels(self) -> Expression:
        """The expression for the input channels. Reading it may add an argument to the class."""
        return self.read_in_channels()

    @property
    def out_channels(self) -> Expression:
        """The expression for the output channels: a sum if convolutions were merged."""
        return self.read_out_channels()

    def value(self, field: str) -> str:
        """The field as code: the name of an argument, or a literal."""
        return self.names.get(field) or literal(getattr(self.operator, field))


class EmittedModule(NamedTuple):
    """The call that constructs a layer's module.

    If a helper class is called, ClassBuilder adds the helper's options as keyword arguments.
    """

    call: Call
    helper: Helper | None = None


def literal(value: object) -> str:
    """A checked value as the formatter writes it: its repr, but strings in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def pair(value: Pair) -> str:
    """``3`` if both numbers are 3, otherwise ``(1, 3)``."""
    return str(value[0]) if value[0] == value[1] else f"({value[0]}, {value[1]})"


def non_defaults(**pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The keyword arguments whose value differs from the default; each pair is (value, default)."""
    return tuple((name, value) for name, (value, default) in pairs.items() if value != default)
