"""Fold repeated nodes, so that a picture draws equal nodes once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from archc.analyses import Analysis
from archc.network import ir

MINIMUM_RUN = 3
"""Fewer equal nodes in a row are drawn one by one, except items of a Repeat."""
MAXIMUM_OPEN = 1_000
"""With more operators to draw, each module is drawn once and its other uses are closed.

If the picture is still larger, all items of a Repeat are drawn as one, whatever their shapes.
"""


class Run(NamedTuple):
    """Consecutive equal nodes. The picture shows the first for all of them."""

    nodes: tuple[ir.Node, ...]

    @property
    def first(self) -> ir.Node:
        """The node that is drawn."""
        return self.nodes[0]


class Folding(NamedTuple):
    """The nodes of a network to draw.

    ``classes`` numbers the classes of equal nodes, by ``id`` of the node. ``closed`` are the ids of
    calls drawn without their content. ``coarse``: all items of a Repeat count as equal, even if
    they differ.
    """

    analysis: Analysis
    classes: Mapping[int, int]
    closed: frozenset[int] = frozenset()
    coarse: bool = False

    def runs(self, nodes: Sequence[ir.Node], least: int = MINIMUM_RUN) -> Iterator[Run]:
        """Yield the nodes as runs, in order; fewer than ``least`` equal nodes are not grouped.

        Equal nodes have the same layers, shapes and marks. For example, ``a, a, a, b`` with
        ``least`` 2 gives two runs: three times a, and b.
        """
        if len(nodes) < least:
            yield from (Run((node,)) for node in nodes)
            return
        for _, group in groupby(nodes, lambda node: self.classes[id(node)]):
            run = tuple(group)
            if len(run) >= least:
                yield Run(run)
            else:
                yield from (Run((node,)) for node in run)

    def below(self, node: ir.Node) -> Iterator[Run]:
        """Yield the children of a node to draw, as runs."""
        if id(node) in self.closed:
            return
        if isinstance(node, ir.Repeat):
            yield from [Run(node.items)] if self.coarse else self.runs(node.items, 2)
        elif isinstance(node, ir.Sequence):
            yield from self.runs(node.children)
        else:
            yield from (Run((child,)) for child in node.children)


def fold(
    analysis: Analysis, marks: Mapping[str, str] | None = None, part: ir.Node | None = None
) -> Folding:
    """Return the network folded so that its picture has a readable size.

    ``marks`` are the results of a comparison by path. ``part`` is the node to draw; None for all.
    """
    network = analysis.network
    heads = [head.body for head in network.aux]
    folding = Folding(analysis, _classes(analysis, marks or {}))
    drawn = [*(run.first for run in folding.runs(network.rows)), *heads]
    tops = drawn if part is None else [part]
    count, again = _count(folding, tops)
    if count <= MAXIMUM_OPEN:
        return folding
    folding = folding._replace(closed=again)
    return folding._replace(coarse=_count(folding, tops)[0] > MAXIMUM_OPEN)


def _count(folding: Folding, tops: Sequence[ir.Node]) -> tuple[int, frozenset[int]]:
    """Return the number of operators and closed calls to draw, and the ids of repeated calls."""
    again: set[int] = set()
    seen: set[str] = set()
    count = 0
    stack = [*reversed(tops)]
    while stack:
        node = stack.pop()
        count += isinstance(node, ir.Op) or id(node) in folding.closed
        if isinstance(node, ir.Call):
            if node.module in seen:
                again.add(id(node))
            seen.add(node.module)
        stack += [run.first for run in folding.below(node)][::-1]
    return count, frozenset(again)


def _classes(analysis: Analysis, marks: Mapping[str, str]) -> dict[int, int]:
    """Return a number for each node, by ``id``; nodes equal but for name and position share one."""
    numbers: dict[Hashable, int] = {}
    classes: dict[int, int] = {}
    inputs, outputs = analysis.shapes.node_inputs, analysis.shapes.node_outputs
    for row in analysis.network.rows_and_heads:
        for node in reversed([*ir.walk(row)]):  # children before their parents
            inside = tuple([classes[id(child)] for child in node.children])
            shapes = inputs[id(node)], outputs[id(node)]
            key = (*_own(node), marks.get(node.path), shapes, inside)
            classes[id(node)] = numbers.setdefault(key, len(numbers))
    return classes


def _own(node: ir.Node) -> tuple[Hashable, ...]:
    """Return the properties of a node itself, without its name, position and children."""
    if isinstance(node, ir.Op):
        return (node.operator,)
    if isinstance(node, ir.Residual):
        return "Residual", node.scale, node.activation, node.shortcut is None
    if isinstance(node, ir.Fork):
        return "Fork", node.parts
    if isinstance(node, ir.Call):
        return "Call", node.module, tuple((k, cell.value) for k, cell in node.arguments.items())
    return (type(node).__name__,)
