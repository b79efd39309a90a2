"""Receptive fields: the size of the input that an element sees, and the stride between elements."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archc.analyses.limits import MAXIMUM_SIZE, too_large
from archc.analyses.shapes import Shapes
from archc.diagnostics import Diagnostic
from archc.network.ir import Concat, Fork, Network, Node, Op, Residual
from archc.ops.operator import POINTWISE, Pair, Shape


class ReceptiveField(NamedTuple):
    """The part of the input that an element sees, in elements, (vertical, horizontal).

    The size holds for an element away from the border. If it exceeds the input, the element sees
    the whole input.
    """

    size: Pair
    stride: Pair


_Sides = tuple[int, int, int, int]
"""(height, width, vertical stride, horizontal stride): five times as fast as a ReceptiveField."""


class ReceptiveFields(NamedTuple):
    """The receptive field of each of ``Shapes.ops``, and of each row and head by name."""

    layers: tuple[_Sides, ...]
    rows: Mapping[str, _Sides]

    def of_row(self, row: str) -> ReceptiveField:
        """Return the receptive field of the row or head named ``row``."""
        return as_receptive_field(self.rows[row])


def as_receptive_field(sides: _Sides) -> ReceptiveField:
    """Return the sides as a ReceptiveField."""
    high, wide, down, right = sides
    return ReceptiveField((high, wide), (down, right))


class _TooLarge(Exception):
    def __init__(self, op: Op, field: _Sides) -> None:
        self.op = op
        self.field = field


def measure_receptive_fields(network: Network, shapes: Shapes) -> ReceptiveFields | Diagnostic:
    """Return all receptive fields, or a diagnostic for the first over the limit.

    The receptive field of a Concat is that of its widest branch.
    """
    layers: list[_Sides] = []
    rows: dict[str, _Sides] = {}
    inputs = iter(shapes.inputs)
    field = (1, 1, 1, 1)
    taps = {head.name: head.tap for head in network.aux}
    for row in network.rows_and_heads:
        try:
            field = _node(row, rows.get(taps.get(row.name, ""), field), inputs, layers)
        except _TooLarge as found:
            size, stride = max(found.field[:2]), max(found.field[2:])
            if stride > MAXIMUM_SIZE:
                return too_large("stride in elements of the input", stride, found.op, row)
            return too_large("receptive field", size, found.op, row)
        rows[row.name] = field
    return ReceptiveFields(tuple(layers), rows)


def _node(node: Node, field: _Sides, inputs: Iterator[Shape], layers: list[_Sides]) -> _Sides:
    """Return the node's field; append each operator's to ``layers``.

    ``inputs`` are the inputs of the operators in the order of ``Shapes.ops``, which this walk
    follows.
    """
    if type(node) is Op:
        window = node.operator.receptive_window(next(inputs))
        if window is not POINTWISE:
            high, wide, down, right = field
            (height, width), (vertical, horizontal) = window
            high, wide = high + (height - 1) * down, wide + (width - 1) * right
            field = high, wide, down * vertical, right * horizontal
            if max(field) > MAXIMUM_SIZE:
                raise _TooLarge(node, field)
        layers.append(field)
    elif type(node) is Concat or type(node) is Residual:
        # Without a shortcut, the input itself is added: it sees no more than the layers do.
        ends = [_node(part, field, inputs, layers) for part in node.children]
        field = tuple(map(max, zip(*ends, strict=True)))
    elif type(node) is Fork:
        shared = _node(node.shared, field, inputs, layers)
        branches = zip(node.parts, node.branches, strict=True)
        ends = [_node(b, shared if part else field, inputs, layers) for part, b in branches]
        field = tuple(map(max, zip(*ends, strict=True)))
    else:
        for child in node.children:
            field = _node(child, field, inputs, layers)
    return field
