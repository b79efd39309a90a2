"""Pairs of layers with weights that no activation separates.

In ``[Conv a, AvgPool, Conv b, ReLU, Conv c]``, where no Conv has an activation of its own, (a, b)
is such a pair and (b, c) is not.

The analysis runs backwards from the output. For each place it knows what the paths from there reach
first: layers with weights, anything else (an activation or the end of the network), or both.
"""

from collections.abc import Iterable
from functools import reduce
from typing import NamedTuple

from archc.analyses.adjacency import Edge
from archc.network.ir import Concat, Fork, Network, Node, Op, Residual
from archc.ops.activation import Activation


class _Reached(NamedTuple):
    """The first things that the paths from a place reach.

    ``layer`` is the first layer with weights on one of the paths, None if there is none.
    ``reaches_other``: some path reaches an activation or the end of the network first.
    """

    layer: Op | None
    reaches_other: bool


_OTHER = _Reached(None, True)


def find_linear_paths(network: Network) -> tuple[Edge, ...]:
    """Return the pairs in the network and its auxiliary heads, at most one for each first layer.

    Paths continue through Concat, norms, pools and dropouts, through the sum of a Residual, and
    into auxiliary heads. A layer is the first of a pair only if every path from it reaches a layer
    with weights before an activation.
    """
    edges: list[Edge] = []
    reached = _OTHER
    heads: dict[str, list[_Reached]] = {}
    for head in network.aux:
        heads.setdefault(head.tap, []).append(_enter(head.body, _OTHER, edges))
    for row in reversed(network.rows):
        reached = _enter(row, _union([reached, *heads.get(row.name, ())]), edges)
    return tuple(edges)


def _enter(node: Node, after: _Reached, edges: list[Edge]) -> _Reached:
    """Return what is reached from the node's input; ``after`` is reached from its output."""
    if isinstance(node, Op):
        return _enter_operator(node, after, edges)
    if isinstance(node, Concat):
        return _union(_enter(branch, after, edges) for branch in node.branches)
    if isinstance(node, Residual):
        # The layers of a Residual are linear on purpose. The input itself continues past the sum.
        body = _enter(node.body, _OTHER, edges)
        if node.shortcut is not None:
            return _union([body, _enter(node.shortcut, _OTHER, edges)])
        return _union([body, after if node.activation is None else _OTHER])
    if isinstance(node, Fork):
        branches = _union(_enter(branch, after, edges) for branch in node.branches)
        return _union([_enter(node.shared, branches, edges), branches])
    for child in reversed(node.children):
        after = _enter(child, after, edges)
    return after


def _enter_operator(op: Op, after: _Reached, edges: list[Edge]) -> _Reached:
    operator = op.operator
    if isinstance(operator, Activation):
        return _OTHER
    if not operator.depth:
        return after
    activation = getattr(operator, "activation", None)
    if activation is None and after.layer is not None and not after.reaches_other:
        edges.append(Edge(op, after.layer))
    return _Reached(op, False)


def _union(paths: Iterable[_Reached]) -> _Reached:
    return reduce(
        lambda a, b: _Reached(a.layer or b.layer, a.reaches_other or b.reaches_other), paths
    )
