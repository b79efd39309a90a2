"""How much of the input an element sees, and how far apart neighbours see."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archc.analyses.limits import MAXIMUM_SIZE, too_large
from archc.analyses.shapes import Shapes
from archc.diagnostics import Diagnostic
from archc.network.ir import Concat, Fork, Network, Node, Op, Residual
from archc.ops.operator import POINTWISE, Pair, Shape


class Field(NamedTuple):
    """Size and stride of what an element sees, in elements of the input, (vertical, horizontal).

    The size is that of an element away from the border; where it exceeds the input, everything
    is seen.
    """

    size: Pair
    stride: Pair


_Sides = tuple[int, int, int, int]
"""A Field's sides while it is measured: a tuple alone is made in a fifth of the time."""


class Fields(NamedTuple):
    """The receptive field of each of ``Shapes.ops``, and of rows and heads by their names.

    As high, wide, stride down and stride to the right.
    """

    layers: tuple[_Sides, ...]
    rows: Mapping[str, _Sides]

    def of(self, row: str) -> Field:
        """The field of a row or a head."""
        return as_field(self.rows[row])


def as_field(sides: _Sides) -> Field:
    """The sides as a Field."""
    high, wide, down, right = sides
    return Field((high, wide), (down, right))


class _TooLarge(Exception):
    def __init__(self, op: Op, field: _Sides) -> None:
        self.op = op
        self.field = field


def measure_fields(network: Network, shapes: Shapes) -> Fields | Diagnostic:
    """All receptive fields, or the first that is beyond the limit.

    A Concat sees what its widest branch sees.
    """
    layers: list[_Sides] = []
    rows: dict[str, _Sides] = {}
    given = iter(shapes.given)
    field = (1, 1, 1, 1)
    taps = {head.body.name: head.tap for head in network.aux}
    for row in (*network.rows, *(head.body for head in network.aux)):
        try:
            field = _node(row, rows.get(taps.get(row.name, ""), field), given, layers)
        except _TooLarge as found:
            size, stride = max(found.field[:2]), max(found.field[2:])
            if stride > MAXIMUM_SIZE:
                return too_large("stride in elements of the input", stride, found.op, row)
            return too_large("receptive field", size, found.op, row)
        rows[row.name] = field
    return Fields(tuple(layers), rows)


def _node(node: Node, field: _Sides, given: Iterator[Shape], layers: list[_Sides]) -> _Sides:
    """Operators are met in the order of ``Shapes.ops``, so that ``given`` is theirs in turn."""
    if type(node) is Op:
        reach = node.operator.reach(next(given))
        if reach is not POINTWISE:
            high, wide, down, right = field
            (height, width), (vertical, horizontal) = reach
            high, wide = high + (height - 1) * down, wide + (width - 1) * right
            field = high, wide, down * vertical, right * horizontal
            if max(field) > MAXIMUM_SIZE:
                raise _TooLarge(node, field)
        layers.append(field)
    elif type(node) is Concat or type(node) is Residual:
        # An input that is added as it is sees no more than the layers beside it.
        ends = [_node(part, field, given, layers) for part in node.children]
        field = tuple(map(max, zip(*ends, strict=True)))
    elif type(node) is Fork:
        shared = _node(node.shared, field, given, layers)
        branches = zip(node.parts, node.branches, strict=True)
        ends = [_node(b, shared if part else field, given, layers) for part, b in branches]
        field = tuple(map(max, zip(*ends, strict=True)))
    else:
        for child in node.children:
            field = _node(child, field, given, layers)
    return field
