"""How long layers would take on a machine that does nothing but multiply, read and write.

S. Williams, A. Waterman, D. Patterson, Roofline: an insightful visual performance model, 2009: a
layer takes at least as long as its operations take, and at least as long as its bytes take.
"""

from math import prod
from typing import Literal, NamedTuple

from archc.analyses import Analysis
from archc.network import ir

JOINS = ("Concat", "Fork", "Residual")
"""Kinds of what is no layer and moves bytes all the same."""


class Machine(NamedTuple):
    """What a machine does in a second: floating-point operations in matrix products, bytes."""

    flops: float
    bandwidth: float


class Bound(NamedTuple):
    """The least time of a layer: its work in operations and bytes, and which of both decides."""

    path: str
    kind: str
    flops: int
    bytes: int
    seconds: float
    by: Literal["compute", "memory"]


def predict(
    analysis: Analysis, machine: Machine, batch: int = 1, size: int = 4
) -> tuple[Bound, ...]:
    """The bounds of all that runs at inference, in order; numbers are of ``size`` bytes.

    Each layer reads its input and its parameters once and writes its output once, with its norm and
    activation on the way. What is joined or added is read and written once more.
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
