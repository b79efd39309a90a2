"""Batch normalisation as part of the convolution in front of it.

With the running statistics a norm is a factor and a summand for each channel, and so are, in a
convolution, its filters' scale and its bias.
"""

from itertools import pairwise

from archc.network import ir
from archc.network.transforms.editing import changed, original_ops, without
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.normalization import BatchNorm


def fold_norms(network: ir.Network) -> ir.Network:
    """The network with every convolution's norm folded, and every norm right behind a convolution.

    For inference alone. One norm is folded into a convolution; one behind an activation stays, and
    so does one whose eps is a column, of which there is one for each row.
    """
    tapped = {head.tap for head in network.aux}
    rows: list[ir.Node] = []
    for row in map(_node, network.rows):
        if rows and rows[-1].name not in tapped and row.name not in tapped:
            folded = _folded(rows[-1], row)
            if folded is not None:
                rows[-1] = folded
                continue
        rows.append(row)
    names = {row.name for row in rows} | {head.body.name for head in network.aux}
    return network._replace(
        rows=tuple(rows),
        aux=tuple(head._replace(body=_node(head.body)) for head in network.aux),
        registration=tuple(name for name in network.registration if name in names),
        sections={row: name for row, name in network.sections.items() if row in names},
    )


def _node(node: ir.Node) -> ir.Node:
    if isinstance(node, ir.Op):
        operator = node.operator
        if not isinstance(operator, Conv | SeparableConv) or operator.norm is None:
            return node
        biased = changed(operator, norm=None, bias=True)
        return node._replace(operator=biased, replaces=original_ops(node))
    node = ir.mapped(node, _node)
    if isinstance(node, ir.Sequence):
        for index, (first, second) in enumerate(pairwise(node.children)):
            if (folded := _folded(first, second)) is not None:
                before, after = node.children[:index], node.children[index + 1 :]
                return _node(without(node._replace(children=(*before, folded, *after)), index + 1))
    return node


def _folded(first: ir.Node, second: ir.Node) -> ir.Op | None:
    """The convolution with the norm behind it folded; None where they are no such pair."""
    if not isinstance(first, ir.Op) or not isinstance(second, ir.Op):
        return None
    operator = first.operator
    if not isinstance(operator, Conv | SeparableConv) or operator.activation is not None:
        return None
    if not isinstance(second.operator, BatchNorm) or "eps" in second.symbols:
        return None
    if any(_normed(op) for op in original_ops(first)):
        return None
    replaces = original_ops(first) + original_ops(second)
    return first._replace(operator=changed(operator, bias=True), replaces=replaces)


def _normed(op: ir.Op) -> bool:
    operator = op.operator
    if isinstance(operator, Conv | SeparableConv):
        return operator.norm is not None
    return isinstance(operator, BatchNorm)
