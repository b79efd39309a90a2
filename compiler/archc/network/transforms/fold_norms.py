"""Fold batch normalisation into the convolution before it, for inference.

With the running statistics, a norm scales and shifts each channel c:

    norm(y)[c] = s[c] * (y[c] - mean[c]) + beta[c],  where s = gamma / sqrt(var + eps)

After a convolution with weights W and bias b, this is a convolution with the weights s[c] * W[c]
and the bias s[c] * (b[c] - mean[c]) + beta[c].
"""

from itertools import pairwise

from archc.network import ir
from archc.network.transforms.editing import original_ops, with_fields, without_child
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.normalization import BatchNorm


def fold_norms(network: ir.Network) -> ir.Network:
    """Return the network with each convolution's norm folded into the convolution.

    The norm may be in the field ``norm``, or a BatchNorm right after the convolution. A convolution
    takes in one norm at most. A norm after an activation remains, and so does one whose eps comes
    from a column, since it differs from row to row.
    """
    tapped = {head.tap for head in network.aux}
    rows: list[ir.Node] = []
    for row in map(_fold, network.rows):
        if rows and rows[-1].name not in tapped and row.name not in tapped:
            folded = _fold_pair(rows[-1], row)
            if folded is not None:
                rows[-1] = folded
                continue
        rows.append(row)
    names = {row.name for row in rows} | {head.name for head in network.aux}
    return network._replace(
        rows=tuple(rows),
        aux=tuple(head._replace(body=_fold(head.body)) for head in network.aux),
        registration=tuple(name for name in network.registration if name in names),
        sections={row: name for row, name in network.sections.items() if row in names},
    )


def _fold(node: ir.Node) -> ir.Node:
    if isinstance(node, ir.Op):
        operator = node.operator
        if not isinstance(operator, Conv | SeparableConv) or operator.norm is None:
            return node
        biased = with_fields(operator, norm=None, bias=True)
        return node._replace(operator=biased, replaces=original_ops(node))
    node = ir.map_children(node, _fold)
    if isinstance(node, ir.Sequence):
        for index, (first, second) in enumerate(pairwise(node.children)):
            if (folded := _fold_pair(first, second)) is not None:
                before, after = node.children[:index], node.children[index + 1 :]
                return _fold(
                    without_child(node._replace(children=(*before, folded, *after)), index + 1)
                )
    return node


def _fold_pair(first: ir.Node, second: ir.Node) -> ir.Op | None:
    """Return the convolution with the following norm folded in; None for any other pair."""
    if not isinstance(first, ir.Op) or not isinstance(second, ir.Op):
        return None
    operator = first.operator
    if not isinstance(operator, Conv | SeparableConv) or operator.activation is not None:
        return None
    if not isinstance(second.operator, BatchNorm) or "eps" in second.symbols:
        return None
    if any(_has_norm(op) for op in original_ops(first)):
        return None
    replaces = original_ops(first) + original_ops(second)
    return first._replace(operator=with_fields(operator, bias=True), replaces=replaces)


def _has_norm(op: ir.Op) -> bool:
    operator = op.operator
    if isinstance(operator, Conv | SeparableConv):
        return operator.norm is not None
    return isinstance(operator, BatchNorm)
