"""Activation memory: the most elements that are alive at once."""

from collections.abc import Mapping
from math import prod

from archc.analyses.shapes import Shapes
from archc.network import ir


def measure_peaks(network: ir.Network, shapes: Shapes) -> tuple[int, ...]:
    """Return the most elements alive at once while each row runs at inference, for one image.

    Auxiliary heads do not run at inference and are not counted.

    A layer's input and output are alive while it runs. The input of a Concat or Residual is alive
    until its last branch has read it, and so is the output of a Fork's shared operator, since
    branches read parts of it without a copy. No operation is counted as done in place.
    """
    elements = {node: prod(shape) for node, shape in shapes.node_outputs.items()}
    peaks = []
    held = prod(network.input)
    for row in network.rows:
        peaks.append(_node(row, held, 0, False, elements))
        held = elements[id(row)]
    return tuple(peaks)


def _node(node: ir.Node, size: int, beside: int, keep: bool, elements: Mapping[int, int]) -> int:
    """Return the peak while the node runs on an input of ``size`` elements.

    ``beside`` is the number of other elements that stay alive while the node runs. ``keep``: the
    input is still needed afterwards.
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
            # The kept input stays alive beside all layers after the first.
            beside, keep = beside + size, False
        size = elements[id(child)]
    return peak


def _fork(node: ir.Fork, size: int, beside: int, keep: bool, elements: Mapping[int, int]) -> int:
    """Return the peak of a Fork, which runs in three steps; the arguments are those of ``_node``.

    1. The shared operator: input + shared output.
    2. Each branch in turn: its own elements + the outputs of the branches before it
       + the input or the shared output, if a later branch or the concatenation reads it.
    3. The concatenation: the outputs of all branches + its own output.

    A branch without layers computes nothing; its part of the shared output is alive until step 3.

    For example, a 1x1 turns 192 channels into 160, with parts (64, 96); the first branch has no
    layers, the second is a 3x3 with 128 filters. Then the steps hold 192 + 160, 160 + 128 and
    128 + 160 + 192 channels.
    """
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
