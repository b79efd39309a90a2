"""What repeats, so that a picture draws it once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis

LEAST_ALIKE = 3
"""Two that are alike are drawn both; items of a Repeat are always one."""
MAXIMUM_OPEN = 1_000
"""Where more operators would be drawn, a module is drawn once, and further calls are closed."""


class Run(NamedTuple):
    """Nodes one after the other that are alike, the first of them drawn for all."""

    nodes: tuple[ir.Node, ...]

    @property
    def first(self) -> ir.Node:
        """The one that is drawn."""
        return self.nodes[0]


class Folding(NamedTuple):
    """What of a network is drawn: ``closed`` are calls of which only the name is, by ``id``.

    ``marks`` are what a comparison says, by path: what is marked otherwise is not alike.
    """

    analysis: Analysis
    marks: Mapping[str, str]
    closed: frozenset[int] = frozenset()

    def runs(self, nodes: Sequence[ir.Node], least: int = LEAST_ALIKE) -> Iterator[Run]:
        """The nodes as runs, in order; fewer than ``least`` alike are runs of one each.

        Alike are nodes with the same layers inside, which take and give the same shapes.
        """
        if len(nodes) < least:
            yield from (Run((node,)) for node in nodes)
            return
        for _, group in groupby(nodes, self._alike):
            run = tuple(group)
            if len(run) >= least:
                yield Run(run)
            else:
                yield from (Run((node,)) for node in run)

    def below(self, node: ir.Node) -> Iterator[Run]:
        """What is drawn directly below a node."""
        if id(node) in self.closed:
            return
        if isinstance(node, ir.Repeat):
            yield from self.runs(node.items, 2)
        elif isinstance(node, ir.Sequence):
            yield from self.runs(node.children)
        else:
            yield from (Run((child,)) for child in node.children)

    def _alike(self, node: ir.Node) -> Hashable:
        """The same for two nodes that differ in name and place alone."""
        own: Hashable = type(node).__name__
        if isinstance(node, ir.Op):
            own = node.operator
        elif isinstance(node, ir.Residual):
            own = (node.scale, node.activation, node.shortcut is None)
        elif isinstance(node, ir.Fork):
            own = node.parts
        elif isinstance(node, ir.Call):
            own = node.module, tuple((k, cell.value) for k, cell in node.arguments.items())
        shapes = self.analysis.shapes
        inside = tuple([self._alike(child) for child in node.children])
        said = self.marks.get(node.path)
        return own, said, shapes.inputs[id(node)], shapes.outputs[id(node)], inside


def fold(analysis: Analysis, marks: Mapping[str, str] | None = None) -> Folding:
    """How a network is folded, so that its picture stays within what a reader can look through."""
    folding = Folding(analysis, marks or {})
    heads = tuple(head.body for head in analysis.network.aux)
    closed: set[int] = set()
    seen: set[str] = set()
    count = 0
    stack = [run.first for run in (*folding.runs(analysis.network.rows), *map(_alone, heads))][::-1]
    while stack:
        node = stack.pop()
        count += isinstance(node, ir.Op)
        if isinstance(node, ir.Call):
            if node.module in seen:
                closed.add(id(node))
            seen.add(node.module)
        stack += [run.first for run in folding.below(node)][::-1]
    return folding._replace(closed=frozenset(closed)) if count > MAXIMUM_OPEN else folding


def _alone(node: ir.Node) -> Run:
    return Run((node,))
