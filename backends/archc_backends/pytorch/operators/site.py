"""What an operator's emitter is given, and what it gives."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archc.ops.operator import Operator, Pair
from archc_backends.pytorch.expressions import Call, Expression


class Site(NamedTuple):
    """An operator where it is used: what it gets, and how its arguments read in the code.

    ``spatial`` tells that it is given channels, height and width, at least by one caller of its
    class; ``names`` holds the arguments that are symbols there. ``chained`` tells that it stands
    in an nn.Sequential, where no statement can prepare its input.
    """

    operator: Operator
    spatial: bool
    names: Mapping[str, str]
    chained: bool
    input_channels: Callable[[], Expression]
    output_channels: Callable[[], Expression]

    @property
    def channels(self) -> Expression:
        """The expression for its input channels; only what asks for it makes them an argument."""
        return self.input_channels()

    @property
    def filters(self) -> Expression:
        """The expression for its output channels, a sum where several convolutions are one."""
        return self.output_channels()

    def value(self, field: str) -> str:
        """The field as it stands in the code: an argument's name, or a literal."""
        return self.names.get(field) or literal(getattr(self.operator, field))


class Helper(NamedTuple):
    """A small class that generated code needs, such as a convolution followed by its ReLU.

    ``kind`` is the function of helpers.py that writes it. ``options`` are the constructor's
    keyword arguments at this use, in order; ``defaults`` those that the class has anyway. An
    option without a default gets the value that most uses share.
    """

    name: str
    kind: str
    operator: Operator
    options: Mapping[str, str]
    defaults: Mapping[str, str]


class Made(NamedTuple):
    """The expression that constructs a layer; with a helper, still without its options."""

    call: Call
    helper: Helper | None = None


def literal(value: object) -> str:
    """A checked value as the formatter writes it: its repr, strings in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def pair(value: Pair) -> str:
    """``3`` where both are 3, otherwise ``(1, 3)``."""
    return str(value[0]) if value[0] == value[1] else f"({value[0]}, {value[1]})"


def options(**pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The keyword arguments that differ from their default, given as (value, default)."""
    return tuple((name, value) for name, (value, default) in pairs.items() if value != default)
