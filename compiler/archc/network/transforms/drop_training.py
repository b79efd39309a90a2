"""Without what is there for training alone: auxiliary heads and dropout."""

from archc.network import ir
from archc.network.transforms.editing import idle, without
from archc.ops.plain import Dropout


def drop_training(network: ir.Network) -> ir.Network:
    """The network as it runs at inference; what it computes there stays as it is."""
    kept = tuple(row for row in network.rows if not _is_dropout(row))
    if len(kept) < 2:  # not nothing, and not a softmax alone, which stands behind the logits
        kept = network.rows
    rows = tuple(map(_node, kept))
    names = {row.name for row in rows}
    return network._replace(
        rows=rows,
        aux=(),
        registration=tuple(name for name in network.registration if name in names),
        sections={row: name for row, name in network.sections.items() if row in names},
    )


def _node(node: ir.Node) -> ir.Node:
    if isinstance(node, ir.Op):
        return idle(node) if _is_dropout(node) else node
    if isinstance(node, ir.Sequence) and len(node.children) > 1:
        for index, child in enumerate(node.children):
            if _is_dropout(child):
                return _node(without(node, index))
    return ir.mapped(node, _node)


def _is_dropout(node: ir.Node) -> bool:
    return isinstance(node, ir.Op) and isinstance(node.operator, Dropout)
