"""How much of the input an element sees, and how far apart neighbours see."""

from collections.abc import Mapping
from typing import NamedTuple

from archc import ir
from archc.analyses.shapes import Layer, Shapes
from archc.ops.operator import POINTWISE, Pair


class Field(NamedTuple):
    """Size and stride of what an element sees, in elements of the input, (vertical, horizontal).

    The size is that of an element away from the border; where it exceeds the input, everything
    is seen.
    """

    size: Pair
    stride: Pair


def measure_fields(network: ir.Network, shapes: Shapes) -> Mapping[int, Field]:
    """The receptive field of every node, by ``id(node)``; a Concat's is its widest branch's."""
    fields: dict[int, Field] = {}
    layers = {id(layer.op): layer for layer in shapes.layers}
    field = Field((1, 1), (1, 1))
    for row in network.rows:
        field = _node(row, field, layers, fields)
    rows = {row.name: row for row in network.rows}
    for head in network.aux:
        _node(head.body, fields[id(rows[head.tap])], layers, fields)
    return fields


def _node(
    node: ir.Node, field: Field, layers: Mapping[int, Layer], fields: dict[int, Field]
) -> Field:
    if type(node) is ir.Op:
        reach = node.operator.reach(layers[id(node)].input)
        if reach is not POINTWISE:
            (high, wide), (down, right) = field
            (height, width), (vertical, horizontal) = reach
            field = Field(
                (high + (height - 1) * down, wide + (width - 1) * right),
                (down * vertical, right * horizontal),
            )
    elif type(node) is ir.Concat:
        field = _widest([_node(branch, field, layers, fields) for branch in node.branches])
    elif type(node) is ir.Residual:
        body = _node(node.body, field, layers, fields)
        straight = field if node.shortcut is None else _node(node.shortcut, field, layers, fields)
        field = _widest([body, straight])
    else:
        for child in ir.children(node):
            field = _node(child, field, layers, fields)
    fields[id(node)] = field
    return field


def _widest(fields: list[Field]) -> Field:
    size = max([field.size[0] for field in fields]), max([field.size[1] for field in fields])
    stride = max([field.stride[0] for field in fields]), max([field.stride[1] for field in fields])
    return Field(size, stride)
