"""The largest number that a size may be: what is larger is no tensor on any machine.

Sizes are bounded where they arise, so that no spec makes numbers of thousands of digits. What is
counted from bounded sizes, such as MACs, is exact however large it becomes.
"""

from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Label
from archc.network import ir
from archc.ops.operator import Cost

MAXIMUM_SIZE = 2**63 - 1
"""Of the elements of a tensor, hence of its sides, and of a receptive field and its stride."""


def too_large(what: str, size: int, node: ir.Node, row: ir.Node | None = None) -> Diagnostic:
    """The finding that a node has ``what`` of that size; ``row`` is the row that it is in."""
    inside = row is not None and row.span != node.span
    labels = (Label(row.span, f"in this row, {row.path}"),) if row and inside else ()
    message = f"{what}: {size:,} is more than the limit of {MAXIMUM_SIZE:,} ({node.path})"
    return Diagnostic(Code.LIMIT, message, node.span, labels)


def find_oversized(
    network: ir.Network, ops: Iterable[ir.Op], costs: Iterable[Cost]
) -> list[Diagnostic]:
    """The first layer that has more parameters than the limit.

    What a transform merged is not judged: its parts were.
    """
    for op, cost in zip(ops, costs, strict=True):
        if cost.params > MAXIMUM_SIZE and not op.replaces:
            heads = (head.body for head in network.aux)
            name = op.path.partition(".")[0]
            row = next(row for row in (*network.rows, *heads) if row.name == name)
            return [too_large("parameters", cost.params, op, row)]
    return []
