"""Which operator directly reads what another one gives."""

from collections.abc import Iterable
from typing import NamedTuple

from archc.network.ir import Concat, Fork, Network, Node, Op, Residual


class Edge(NamedTuple):
    """``second`` reads what ``first`` gives, and nothing else.

    ``is_kept``: what ``first`` gives also goes past ``second``, by the sum of a Residual.
    """

    first: Op
    second: Op
    is_kept: bool = False


class _Ends(NamedTuple):
    """The operators that read a node's input, and the one that gives its output, if it is one.

    ``is_kept``: the input also goes past them.
    """

    readers: tuple[Op, ...]
    giver: Op | None
    is_kept: bool = False


def find_edges(network: Network) -> tuple[Edge, ...]:
    """Every pair in the network and its auxiliary heads.

    What a Concat, a Fork or a Residual gives is nobody's alone, so that no pair leads out of one;
    nor does a branch of a Fork read all that the shared operator gives.
    """
    edges: list[Edge] = []
    givers: dict[str, Op | None] = {}
    giver = None
    for row in network.rows:
        giver = givers[row.name] = _join(giver, _ends(row, edges), edges)
    for head in network.aux:
        _join(givers[head.tap], _ends(head.body, edges), edges)
    return tuple(edges)


def _join(giver: Op | None, ends: _Ends, edges: list[Edge]) -> Op | None:
    if giver is not None:
        edges += [Edge(giver, reader, ends.is_kept) for reader in ends.readers]
    return ends.giver


def _ends(node: Node, edges: list[Edge]) -> _Ends:
    if type(node) is Op:
        return _Ends((node,), node)
    if type(node) is Concat or type(node) is Residual:
        parts = [_ends(part, edges) for part in node.children]
        read = tuple(reader for part in parts for reader in part.readers)
        is_kept = type(node) is Residual and node.shortcut is None
        return _Ends(read, None, is_kept or any(part.is_kept for part in parts))
    if type(node) is Fork:
        branches = zip(node.parts, node.branches, strict=True)
        ends = [(part, _ends(branch, edges)) for part, branch in branches]
        readers = [reader for part, end in ends if part is None for reader in end.readers]
        return _Ends((node.shared, *readers), None)
    return _series(node.children, edges)


def _series(nodes: Iterable[Node], edges: list[Edge]) -> _Ends:
    first = _Ends((), None)
    giver = None
    for place, node in enumerate(nodes):
        ends = _ends(node, edges)
        first = ends if place == 0 else first
        giver = _join(giver, ends, edges)
    return _Ends(first.readers, giver, first.is_kept)
