"""Activation memory: what layers give, and the most that is alive at once."""

from collections.abc import Mapping
from math import prod

from archc import ir
from archc.analyses.shapes import Shapes


def measure_peak(network: ir.Network, shapes: Shapes) -> int:
    """The most elements alive at once at inference, for one image, auxiliary heads left out.

    A layer's input and output are alive while it runs, and the input of a Concat or a Residual
    until its last branch has read it. Nothing is counted as done in place.
    """
    elements = {node: prod(shape) for node, shape in shapes.outputs.items()}
    peak = 0
    held = prod(network.input)
    for row in network.rows:
        peak = max(peak, _node(row, held, 0, False, elements))
        held = elements[id(row)]
    return peak


def _node(node: ir.Node, size: int, beside: int, keep: bool, elements: Mapping[int, int]) -> int:
    """The peak while the node runs on ``size`` elements, with ``beside`` others alive.

    ``keep``: the input is read again once the node has run.
    """
    if type(node) is ir.Op:
        return beside + size + elements[id(node)]
    peak = 0
    if type(node) is ir.Concat or type(node) is ir.Residual:
        added = type(node) is ir.Residual and node.shortcut is None
        parts = node.children
        done = 0
        for i, part in enumerate(parts):
            again = keep or added or i < len(parts) - 1
            peak = max(peak, _node(part, size, beside + done, again, elements))
            done += elements[id(part)]
        return max(peak, beside + (size if keep or added else 0) + done + elements[id(node)])
    for child in node.children:
        peak = max(peak, _node(child, size, beside, keep, elements))
        if keep:
            # What is read again stays beside everything that follows the first layer.
            beside, keep = beside + size, False
        size = elements[id(child)]
    return peak
