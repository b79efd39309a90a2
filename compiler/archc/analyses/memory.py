"""Activation memory: what layers give, and the most that is alive at once."""

from collections.abc import Mapping
from math import prod

from archc.analyses.shapes import Shapes
from archc.network import ir


def measure_peaks(network: ir.Network, shapes: Shapes) -> tuple[int, ...]:
    """The most elements alive at once while each row runs at inference, for one image.

    Auxiliary heads are left out.

    A layer's input and output are alive while it runs, and the input of a Concat or a Residual
    until its last branch has read it; so is what the shared operator of a Fork gives, whose parts
    are no copies. Nothing is counted as done in place.
    """
    elements = {node: prod(shape) for node, shape in shapes.outputs.items()}
    peaks = []
    held = prod(network.input)
    for row in network.rows:
        peaks.append(_node(row, held, 0, False, elements))
        held = elements[id(row)]
    return tuple(peaks)


def _node(node: ir.Node, size: int, beside: int, keep: bool, elements: Mapping[int, int]) -> int:
    """The peak while the node runs on ``size`` elements, with ``beside`` others alive.

    ``keep``: the input is read again once the node has run.
    """
    if type(node) is ir.Op:
        return beside + size + elements[id(node)]
    if type(node) is ir.Fork:
        return _fork(node, size, beside, keep, elements)
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


def _fork(node: ir.Fork, size: int, beside: int, keep: bool, elements: Mapping[int, int]) -> int:
    whole = elements[id(node.shared)]
    peak = beside + size + whole
    passes_on = [not branch.children and type(branch) is not ir.Op for branch in node.branches]
    done = 0
    for i, (part, branch) in enumerate(zip(node.parts, node.branches, strict=True)):
        later = node.parts[i + 1 :]
        read_again = keep or None in later
        split_again = any(passes_on) or any(later)
        if passes_on[i]:
            continue
        if part is None:
            held = beside + done + (whole if split_again else 0)
            peak = max(peak, _node(branch, size, held, read_again, elements))
        else:
            held = beside + done + (size if read_again else 0)
            peak = max(peak, _node(branch, whole, held, split_again, elements))
        done += elements[id(branch)]
    held = beside + done + (size if keep else 0) + (whole if any(passes_on) else 0)
    return max(peak, held + elements[id(node)])
