"""What repeats, so that a picture draws it once."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis

NO_MARKS: Mapping[str, str] = {}


class Run(NamedTuple):
    """Nodes one after the other that are alike, the first of them drawn for all."""

    nodes: tuple[ir.Node, ...]

    @property
    def first(self) -> ir.Node:
        """The one that is drawn."""
        return self.nodes[0]


def fold(
    nodes: Sequence[ir.Node], analysis: Analysis, least: int, marks: Mapping[str, str] = NO_MARKS
) -> Iterator[Run]:
    """The nodes as runs, in order; fewer than ``least`` alike are runs of one each.

    Alike are nodes with the same layers inside, which take and give the same shapes and of which
    a comparison says the same.
    """
    if len(nodes) < least:
        yield from (Run((node,)) for node in nodes)
        return
    for _, group in groupby(nodes, lambda node: alike(node, analysis, marks)):
        run = tuple(group)
        if len(run) >= least:
            yield Run(run)
        else:
            yield from (Run((node,)) for node in run)


def alike(node: ir.Node, analysis: Analysis, marks: Mapping[str, str] = NO_MARKS) -> Hashable:
    """The same for two nodes that differ in name and place alone."""
    shapes = analysis.shapes
    inside = tuple([alike(child, analysis, marks) for child in node.children])
    own: Hashable = type(node).__name__
    if isinstance(node, ir.Op):
        own = node.operator
    elif isinstance(node, ir.Residual):
        own = (node.scale, node.activation, node.shortcut is None)
    elif isinstance(node, ir.Fork):
        own = node.parts
    elif isinstance(node, ir.Call):
        own = node.module, tuple((k, cell.value) for k, cell in node.arguments.items())
    said = marks.get(node.path)
    return own, said, shapes.inputs[id(node)], shapes.outputs[id(node)], inside
