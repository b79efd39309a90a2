"""What repeats, so that a picture draws it once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from archc.analyses import Analysis
from archc.network import ir

LEAST_ALIKE = 3
"""Two that are alike are drawn both; items of a Repeat are always one."""
MAXIMUM_OPEN = 1_000
"""Where more operators would be drawn, a module is drawn once, and further calls are closed.

Where that is not enough, closed calls counted, items of a Repeat are alike whatever their shapes.
"""


class Run(NamedTuple):
    """Nodes one after the other that are alike, the first of them drawn for all."""

    nodes: tuple[ir.Node, ...]

    @property
    def first(self) -> ir.Node:
        """The one that is drawn."""
        return self.nodes[0]


class Folding(NamedTuple):
    """What of a network is drawn: ``closed`` are calls of which only the name is, by ``id``.

    ``kinds`` says of each node which others are alike, by ``id``. With ``coarse`` all items of a
    Repeat are.
    """

    analysis: Analysis
    kinds: Mapping[int, int]
    closed: frozenset[int] = frozenset()
    coarse: bool = False

    def runs(self, nodes: Sequence[ir.Node], least: int = LEAST_ALIKE) -> Iterator[Run]:
        """The nodes as runs, in order; fewer than ``least`` alike are runs of one each.

        Alike are nodes with the same layers inside, which take and give the same shapes, and are
        marked alike.
        """
        if len(nodes) < least:
            yield from (Run((node,)) for node in nodes)
            return
        for _, group in groupby(nodes, lambda node: self.kinds[id(node)]):
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
            yield from [Run(node.items)] if self.coarse else self.runs(node.items, 2)
        elif isinstance(node, ir.Sequence):
            yield from self.runs(node.children)
        else:
            yield from (Run((child,)) for child in node.children)


def fold(
    analysis: Analysis, marks: Mapping[str, str] | None = None, part: ir.Node | None = None
) -> Folding:
    """How a network is folded, so that its picture stays within what a reader can look through.

    ``marks`` are what a comparison says, by path; ``part`` is what is drawn of it, if not all.
    """
    network = analysis.network
    heads = [head.body for head in network.aux]
    folding = Folding(analysis, _kinds(analysis, marks or {}))
    drawn = [*(run.first for run in folding.runs(network.rows)), *heads]
    tops = drawn if part is None else [part]
    count, again = _count(folding, tops)
    if count <= MAXIMUM_OPEN:
        return folding
    folding = folding._replace(closed=again)
    return folding._replace(coarse=_count(folding, tops)[0] > MAXIMUM_OPEN)


def _count(folding: Folding, tops: Sequence[ir.Node]) -> tuple[int, frozenset[int]]:
    """How many operators and closed calls are drawn; which calls are of a module drawn before."""
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


def _kinds(analysis: Analysis, marks: Mapping[str, str]) -> dict[int, int]:
    """A number for each node, the same for two that differ in name and place alone."""
    numbers: dict[Hashable, int] = {}
    kinds: dict[int, int] = {}
    inputs, outputs = analysis.shapes.node_inputs, analysis.shapes.node_outputs
    for row in analysis.network.rows_and_heads:
        for node in reversed([*ir.walk(row)]):  # what is inside a node stands behind it
            inside = tuple([kinds[id(child)] for child in node.children])
            shapes = inputs[id(node)], outputs[id(node)]
            key = (*_own(node), marks.get(node.path), shapes, inside)
            kinds[id(node)] = numbers.setdefault(key, len(numbers))
    return kinds


def _own(node: ir.Node) -> tuple[Hashable, ...]:
    """What a node says of itself."""
    if isinstance(node, ir.Op):
        return (node.operator,)
    if isinstance(node, ir.Residual):
        return "Residual", node.scale, node.activation, node.shortcut is None
    if isinstance(node, ir.Fork):
        return "Fork", node.parts
    if isinstance(node, ir.Call):
        return "Call", node.module, tuple((k, cell.value) for k, cell in node.arguments.items())
    return (type(node).__name__,)
