"""What repeats, so that a picture draws it once."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis


class Run(NamedTuple):
    """Nodes one after the other that are alike, the first of them drawn for all."""

    nodes: tuple[ir.Node, ...]

    @property
    def first(self) -> ir.Node:
        """The one that is drawn."""
        return self.nodes[0]


def fold(nodes: Sequence[ir.Node], analysis: Analysis, least: int) -> Iterator[Run]:
    """The nodes as runs, in order; fewer than ``least`` alike are runs of one each.

    Alike are nodes with the same layers inside, which take and give the same shapes.
    """
    for _, group in groupby(nodes, lambda node: alike(node, analysis)):
        run = tuple(group)
        if len(run) >= least:
            yield Run(run)
        else:
            yield from (Run((node,)) for node in run)


def alike(node: ir.Node, analysis: Analysis) -> Hashable:
    """The same for two nodes that differ in name and place alone."""
    shapes = analysis.shapes
    inside = tuple([alike(child, analysis) for child in node.children])
    own: Hashable = type(node)
    if isinstance(node, ir.Op):
        own = node.operator
    elif isinstance(node, ir.Residual):
        own = (ir.Residual, node.scale, node.activation, node.shortcut is None)
    elif isinstance(node, ir.Fork):
        own = (ir.Fork, node.parts)
    elif isinstance(node, ir.Call):
        own = (ir.Call, node.module, tuple((k, v.value) for k, v in node.arguments.items()))
    return own, shapes.inputs[id(node)], shapes.outputs[id(node)], inside
