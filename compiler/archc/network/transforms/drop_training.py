"""Remove what only training uses: auxiliary heads, and operators such as Dropout."""

from archc.network import ir
from archc.network.transforms.editing import as_identity, without_child


def drop_training(network: ir.Network) -> ir.Network:
    """Return the network without auxiliary heads and dropout; it computes the same at inference."""
    kept = tuple(row for row in network.rows if not _is_training_only(row))
    if len(kept) < 2:  # otherwise nothing, or only a softmax, may remain
        kept = network.rows
    rows = tuple(map(_drop_dropout, kept))
    names = {row.name for row in rows}
    return network._replace(
        rows=rows,
        aux=(),
        registration=tuple(name for name in network.registration if name in names),
        sections={row: name for row, name in network.sections.items() if row in names},
    )


def _drop_dropout(node: ir.Node) -> ir.Node:
    if isinstance(node, ir.Op):
        return as_identity(node) if _is_training_only(node) else node
    if isinstance(node, ir.Sequence) and len(node.children) > 1:
        for index, child in enumerate(node.children):
            if _is_training_only(child):
                return _drop_dropout(without_child(node, index))
    return ir.map_children(node, _drop_dropout)


def _is_training_only(node: ir.Node) -> bool:
    return isinstance(node, ir.Op) and node.operator.training_only
