"""Edges: pairs of operators where the second directly reads the output of the first."""

from collections.abc import Iterable
from typing import NamedTuple

from archc.network.ir import Concat, Fork, Network, Node, Op, Residual


class Edge(NamedTuple):
    """``second`` reads the output of ``first`` and nothing else.

    ``is_kept``: a Residual also adds the output of ``first`` to that of its layers, which begin
    with ``second``.
    """

    first: Op
    second: Op
    is_kept: bool = False


class _Ends(NamedTuple):
    """The operators that read a node's input, and the one that computes its output.

    ``producer`` is None if several operators compute the output.

    ``is_kept``: a Residual also adds the input to its layers' output.
    """

    readers: tuple[Op, ...]
    producer: Op | None
    is_kept: bool = False


def find_edges(network: Network) -> tuple[Edge, ...]:
    """Return every edge in the network and its auxiliary heads.

    For example, ``[a, Concat: [b, c], d]`` has the edges (a, b) and (a, c), and none to d.

    No edge starts at a Concat, a Fork or a Residual, since several operators compute its output, or
    at the shared operator of a Fork, since a branch reads only a part of its output.
    """
    edges: list[Edge] = []
    producers: dict[str, Op | None] = {}
    producer = None
    for row in network.rows:
        producer = producers[row.name] = _connect(producer, _ends(row, edges), edges)
    for head in network.aux:
        _connect(producers[head.tap], _ends(head.body, edges), edges)
    return tuple(edges)


def _connect(producer: Op | None, ends: _Ends, edges: list[Edge]) -> Op | None:
    """Add the edges from ``producer`` to the readers of a node; return the node's producer."""
    if producer is not None:
        edges += [Edge(producer, reader, ends.is_kept) for reader in ends.readers]
    return ends.producer


def _ends(node: Node, edges: list[Edge]) -> _Ends:
    """Return the ends of the node, and add the edges inside it."""
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
    producer = None
    for place, node in enumerate(nodes):
        ends = _ends(node, edges)
        first = ends if place == 0 else first
        producer = _connect(producer, ends, edges)
    return _Ends(first.readers, producer, first.is_kept)
