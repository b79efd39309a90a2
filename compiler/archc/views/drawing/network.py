"""Lay out a whole network: rows from top to bottom, auxiliary heads beside them."""

from collections.abc import Iterable, Mapping

from archc.analyses import Analysis
from archc.network import ir
from archc.ops.operator import format_shape
from archc.views.drawing.blocks import Block, Box, Part, Placed, Text, Wire
from archc.views.drawing.folding import Folding, Run, fold
from archc.views.drawing.layout import HEADER, PADDING, Layout, deck_of
from archc.views.drawing.text import width_of

_STEP = 11
"""The distance between rows, with room for an arrow."""
_SECTION = 17
_GUTTER = 14
_BETWEEN = 32
"""The distance between networks side by side."""


def draw_network(analysis: Analysis, marks: Mapping[str, str] | None = None) -> Block:
    """Return the block of a whole network.

    ``marks`` are the results of a comparison by path: added, removed, changed or affected.
    """
    network = analysis.network
    layout = Layout(fold(analysis, marks), marks)
    runs = list(layout.folding.runs(network.rows))
    least = max(_row(layout, run, 0).width for run in runs)
    rows = [_row(layout, run, least) for run in runs]
    parts: list[Part] = []
    text = f"input {format_shape(network.input)}"
    width = width_of(text) + 2 * PADDING
    label = (Text(width // 2, 14, text),)
    source = Block(width, HEADER, width // 2, label, Box("", "sum"))
    parts.append(Placed(least // 2 - source.axis, 0, source))
    y = source.height
    leaves: dict[str, int] = {}
    section = ""
    for run, row in zip(runs, rows, strict=True):
        step = _STEP
        name = network.sections.get(run.first.name, "")
        if name != section:
            section, step = name, _SECTION
            parts.append(Text(0, y + step - 4, section, "start", "muted"))
        parts.append(Wire(((least // 2, y), (least // 2, y + step)), arrow=True))
        y += step
        parts.append(Placed(0, y, row))
        y += row.height + deck_of(row)
        leaves |= {node.name: y for node in run.nodes}
    width = least
    beside = _heads(layout, leaves, least, parts)
    if beside is not None:
        width, lowest = beside
        y = max(y, lowest)
    return Block(width, y, least // 2, tuple(parts))


def draw_side_by_side(blocks: Iterable[tuple[str, Block]]) -> Block:
    """Return blocks side by side, each under its name."""
    parts: list[Part] = []
    x = height = 0
    for name, block in blocks:
        width = max(block.width, width_of(name, bold=True))
        parts.append(Text(x, 12, name, "start", "bold"))
        parts.append(Placed(x, HEADER, block))
        x += width + _BETWEEN
        height = max(height, HEADER + block.height)
    return Block(x - _BETWEEN, height, 0, tuple(parts))


def draw_part(
    analysis: Analysis, node: ir.Node, symbolic: bool = False, folding: Folding | None = None
) -> Block:
    """Return the block of one row or named node; ``folding`` is the network's, if known.

    ``symbolic`` shows the names of a module's columns instead of their values.
    """
    layout = Layout(folding or fold(analysis, part=node), symbolic=symbolic)
    return layout.single(node) if isinstance(node, ir.Op) else layout.framed(node)


def _row(layout: Layout, run: Run, width: int) -> Block:
    if isinstance(run.first, ir.Op):
        return layout.single(run.first, run, width)
    return layout.framed(run.first, run, width)


def _heads(
    layout: Layout, leaves: Mapping[str, int], x: int, parts: list[Part]
) -> tuple[int, int] | None:
    """Add the auxiliary heads below their taps; return their right and lower edges, or None."""
    heads = layout.folding.analysis.network.aux
    if not heads:
        return None
    left = x + _GUTTER + 6 * len(heads)
    free = right = 0
    for i, head in enumerate(heads):
        one = isinstance(head.body, ir.Op)
        block = (
            _row(layout, Run((head.body,)), 0)
            if one
            else layout.framed(head.body, show_module=False)
        )
        tap = leaves[head.tap] + 5
        y = max(free, tap + 6)
        lane = x + 6 + 6 * (len(heads) - i)
        entry = y + HEADER // 2
        parts.append(Wire(((x // 2, tap), (lane, tap), (lane, entry), (left, entry)), arrow=True))
        parts.append(Placed(left, y, block))
        free = y + block.height + 12
        right = max(right, left + block.width)
    return right, free - 12
