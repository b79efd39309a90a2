"""Which layers with weights reach others with nothing non-linear on the way."""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from archc.analyses.adjacency import Edge
from archc.network.ir import Concat, Fork, Network, Node, Op, Residual
from archc.ops.activation import Activation


class _Ahead(NamedTuple):
    """What the ways from a place lead to: a layer with weights first, or anything else on some."""

    layer: Op | None
    is_elsewhere: bool


_ELSEWHERE = _Ahead(None, True)
"""An activation, or the network's end."""


def find_linear_ways(network: Network) -> tuple[Edge, ...]:
    """Each layer without an activation from which every way leads to a layer with weights.

    The ways go through Concat, norms, pools and dropouts, round the layers of a Residual, and into
    auxiliary heads. A layer that some way leaves through an activation is no pair.
    """
    edges: list[Edge] = []
    ahead = _ELSEWHERE
    heads: dict[str, list[_Ahead]] = {}
    for head in network.aux:
        heads.setdefault(head.tap, []).append(_enter(head.body, _ELSEWHERE, edges))
    for row in reversed(network.rows):
        ahead = _enter(row, _joined([ahead, *heads.get(row.name, ())]), edges)
    return tuple(edges)


def _enter(node: Node, behind: _Ahead, edges: list[Edge]) -> _Ahead:
    """What is ahead of the node's input, where ``behind`` is ahead of its output."""
    if isinstance(node, Op):
        return _enter_operator(node, behind, edges)
    if isinstance(node, Concat):
        return _joined(_enter(branch, behind, edges) for branch in node.branches)
    if isinstance(node, Residual):
        # What is added is meant to be linear; the input itself goes on through the sum.
        body = _enter(node.body, _ELSEWHERE, edges)
        if node.shortcut is not None:
            return _joined([body, _enter(node.shortcut, _ELSEWHERE, edges)])
        return _joined([body, behind if node.activation is None else _ELSEWHERE])
    if isinstance(node, Fork):
        branches = _joined(_enter(branch, behind, edges) for branch in node.branches)
        return _joined([_enter(node.shared, branches, edges), branches])
    for child in reversed(node.children):
        behind = _enter(child, behind, edges)
    return behind


def _enter_operator(op: Op, behind: _Ahead, edges: list[Edge]) -> _Ahead:
    operator = op.operator
    if isinstance(operator, Activation):
        return _ELSEWHERE
    if not operator.depth:
        return behind
    activation = getattr(operator, "activation", None)
    if activation is None and behind.layer is not None and not behind.is_elsewhere:
        edges.append(Edge(op, behind.layer))
    return _Ahead(op, False)


def _joined(ways: Iterable[_Ahead]) -> _Ahead:
    return reduce(
        lambda one, other: _Ahead(one.layer or other.layer, one.is_elsewhere or other.is_elsewhere),
        ways,
    )
