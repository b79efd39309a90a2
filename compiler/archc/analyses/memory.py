"""Activation memory: what layers give, and the most that is alive at once."""

from math import prod

from archc import ir
from archc.analyses.shapes import Shapes


def measure_peak(network: ir.Network, shapes: Shapes) -> int:
    """The most elements alive at once at inference, for one image, auxiliary heads left out.

    A layer's input and output are alive while it runs, and the input of a Concat or a Residual
    until its last branch has read it. Nothing is counted as done in place.
    """
    peak = 0
    held = prod(network.input)
    for row in network.rows:
        peak = max(peak, _node(row, held, 0, False, shapes))
        held = prod(shapes.of(row))
    return peak


def _node(node: ir.Node, size: int, beside: int, keep: bool, shapes: Shapes) -> int:
    """The peak while the node runs on ``size`` elements, with ``beside`` others alive.

    ``keep``: the input is read again once the node has run.
    """
    output = prod(shapes.of(node))
    kept = size if keep else 0
    if type(node) is ir.Op:
        return beside + size + output
    peak = 0
    if type(node) is ir.Concat or type(node) is ir.Residual:
        added = type(node) is ir.Residual and node.shortcut is None
        parts = ir.children(node)
        done = 0
        for i, part in enumerate(parts):
            again = keep or added or i < len(parts) - 1
            peak = max(peak, _node(part, size, beside + done, again, shapes))
            done += prod(shapes.of(part))
        return max(peak, beside + (size if keep or added else 0) + done + output)
    for i, child in enumerate(ir.children(node)):
        others = beside if i == 0 else beside + kept
        peak = max(peak, _node(child, size, others, keep and i == 0, shapes))
        size = prod(shapes.of(child))
    return peak
