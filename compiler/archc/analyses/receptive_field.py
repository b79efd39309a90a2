"""How much of the input an element sees, and how far apart neighbours see."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.analyses.shapes import Shapes
from archc.ir import Concat, Network, Node, Op, Residual
from archc.ops.operator import POINTWISE, Pair, Shape


class Field(NamedTuple):
    """Size and stride of what an element sees, in elements of the input, (vertical, horizontal).

    The size is that of an element away from the border; where it exceeds the input, everything
    is seen.
    """

    size: Pair
    stride: Pair


def measure_fields(network: Network, shapes: Shapes) -> Mapping[int, Field]:
    """The receptive field of every operator and row, by ``id(node)``.

    A Concat sees what its widest branch sees.
    """
    fields: dict[int, Field] = {}
    field = Field((1, 1), (1, 1))
    for row in network.rows:
        field = fields[id(row)] = _node(row, field, shapes.inputs, fields)
    rows = {row.name: row for row in network.rows}
    for head in network.aux:
        tapped = fields[id(rows[head.tap])]
        fields[id(head.body)] = _node(head.body, tapped, shapes.inputs, fields)
    return fields


def _node(node: Node, field: Field, inputs: Mapping[int, Shape], fields: dict[int, Field]) -> Field:
    if type(node) is Op:
        reach = node.operator.reach(inputs[id(node)])
        if reach is not POINTWISE:
            (high, wide), (down, right) = field
            (height, width), (vertical, horizontal) = reach
            field = Field(
                (high + (height - 1) * down, wide + (width - 1) * right),
                (down * vertical, right * horizontal),
            )
        fields[id(node)] = field
    elif type(node) is Concat or type(node) is Residual:
        ends = [_node(part, field, inputs, fields) for part in node.children]
        if type(node) is Residual and node.shortcut is None:
            ends.append(field)
        field = _widest(ends)
    else:
        for child in node.children:
            field = _node(child, field, inputs, fields)
    return field


def _widest(fields: list[Field]) -> Field:
    high, wide, down, right = 0, 0, 0, 0
    for (height, width), (vertical, horizontal) in fields:
        high, wide = max(high, height), max(wide, width)
        down, right = max(down, vertical), max(right, horizontal)
    return Field((high, wide), (down, right))
