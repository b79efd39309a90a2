"""The limit on sizes: no machine can hold a larger tensor.

Every size is checked when it is computed, so that no spec produces numbers of thousands of digits.
Counts that follow from these sizes, such as MACs, have no limit and are exact.
"""

from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Label
from archc.network import ir
from archc.ops.operator import Cost

MAXIMUM_SIZE = 2**63 - 1
"""Limits a tensor's elements (hence its sides), a receptive field and its stride."""


def too_large(what: str, size: int, node: ir.Node, row: ir.Node | None = None) -> Diagnostic:
    """Return the diagnostic for a size over the limit; ``what`` names the size."""
    inside = row is not None and row.span != node.span
    labels = (Label(row.span, f"in this row, {row.path}"),) if row and inside else ()
    message = f"{what}: {size:,} exceeds the limit of {MAXIMUM_SIZE:,} ({node.path})"
    return Diagnostic(Code.LIMIT, message, node.span, labels)


def find_oversized(
    network: ir.Network, ops: Iterable[ir.Op], costs: Iterable[Cost]
) -> list[Diagnostic]:
    """Return a diagnostic for the first layer with more parameters than the limit, if any.

    Operators that a transform merged are skipped: the originals were checked.
    """
    for op, cost in zip(ops, costs, strict=True):
        if cost.params > MAXIMUM_SIZE and not op.replaces:
            name = op.path.partition(".")[0]
            row = next(row for row in network.rows_and_heads if row.name == name)
            return [too_large("parameters", cost.params, op, row)]
    return []
