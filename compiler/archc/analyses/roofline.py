"""The roofline model: the least time that each layer can take on a machine.

    seconds = max(operations / operations per second, bytes / bytes per second)

S. Williams, A. Waterman, D. Patterson, Roofline: an insightful visual performance model, 2009.
"""

from math import prod
from typing import Literal, NamedTuple

from archc.analyses import Analysis
from archc.network import ir

JOINS = ("Concat", "Fork", "Residual")
"""Structures that move bytes, though they are not layers."""


class Machine(NamedTuple):
    """Operations (in matrix products) and bytes of memory traffic per second."""

    flops: float
    bandwidth: float


class Bound(NamedTuple):
    """The least time of a layer: its operations and bytes, and which of them limits it."""

    path: str
    kind: str
    flops: int
    bytes: int
    seconds: float
    by: Literal["compute", "memory"]


def predict(
    analysis: Analysis, machine: Machine, batch: int = 1, size: int = 4
) -> tuple[Bound, ...]:
    """Return the bounds of everything that runs at inference, for numbers of ``size`` bytes.

    Each layer reads its input and its parameters once and writes its output once, with its norm and
    activation applied. A concatenation or sum reads its inputs and writes its output once more.
    """
    bounds = []
    for row in analysis.rows:
        for layer in row.layers:
            operator, cost = layer.op.operator, layer.cost
            elements = batch * (prod(layer.input) + prod(layer.output)) + cost.params
            moved = 0 if operator.is_view else size * elements
            kind = type(operator).__name__
            bounds.append(_bound(layer.op.path, kind, 2 * cost.macs * batch, moved, machine))
        for node in ir.walk(row.node):
            if isinstance(node, ir.Concat | ir.Fork | ir.Residual):
                made = batch * prod(analysis.output(node))
                read = 2 if isinstance(node, ir.Residual) else 1
                kind = type(node).__name__
                bounds.append(_bound(node.path, kind, 0, size * (read + 1) * made, machine))
    return tuple(bounds)


def _bound(path: str, kind: str, flops: int, moved: int, machine: Machine) -> Bound:
    computing, moving = flops / machine.flops, moved / machine.bandwidth
    by: Literal["compute", "memory"] = "compute" if computing > moving else "memory"
    return Bound(path, kind, flops, moved, max(computing, moving), by)
