"""Lay out a node as a block: sequences from top to bottom, branches side by side."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archc.network import ir
from archc.ops.operator import format_shape
from archc.views.drawing.blocks import DECK, JOIN, Block, Box, Join, Part, Placed, Text, Wire
from archc.views.drawing.folding import Folding, Run
from archc.views.drawing.labels import MAXIMUM_LABEL, is_implied, label
from archc.views.drawing.text import shorten, width_of

HEIGHT = 18
"""The height of a box with one line of text."""
HEADER = 20
GAP = 8
"""The vertical distance in a sequence."""
BRANCH_GAP = 8
"""The horizontal distance between branches."""
PADDING = 8
_BASELINE = 13
_SIGNS = {"added": "+ ", "removed": "- ", "changed": "~ "}


class Layout(NamedTuple):
    """The layout of a network's nodes.

    ``marks`` are the results of a comparison by path; with them, unmarked nodes have no colour.
    ``symbolic`` shows the names of a module's columns instead of their values.
    """

    folding: Folding
    marks: Mapping[str, str] | None = None
    symbolic: bool = False

    def node(self, node: ir.Node) -> Block:
        """Return the block of any node."""
        if isinstance(node, ir.Op):
            return self.operator(node)
        if isinstance(node, ir.Concat):
            return self._branches([self.node(branch) for branch in node.branches])
        if isinstance(node, ir.Fork):
            return self._fork(node)
        if isinstance(node, ir.Residual):
            return self._residual(node)
        if isinstance(node, ir.Call) and self.symbolic:
            return self._inner_call(node)
        if isinstance(node, ir.Call | ir.Repeat):
            return self.framed(node)
        return _stacked([self._run(run) for run in self.folding.below(node)])

    def operator(self, op: ir.Op, alike: int = 1) -> Block:
        """Return an operator's box with its label; it represents ``alike`` equal operators."""
        text = self._sign(op) + label(op, self.symbolic)
        text = f"{alike:,} x {text}" if alike > 1 else text
        width = width_of(text) + 2 * PADDING
        return Block(
            *(width + (2 * DECK if alike > 1 else 0), HEIGHT, width // 2),
            (Text(width // 2, _BASELINE, text),),
            self.box(op, op.operator.family.name, alike > 1),
        )

    def box(self, node: ir.Node, family: str, deck: bool = False) -> Box:
        """Return the frame of a node; a node without a name has no path of its own."""
        path = node.path if node.name or isinstance(node, ir.Op) else ""
        if self.marks is None:
            return Box(path, family, deck)
        mark = self.marks.get(path, "")
        return Box(path, "frame" if family == "frame" else "plain", deck, mark)

    def _inner_call(self, call: ir.Call) -> Block:
        """Return a call of another module inside a module, with its cells."""
        cells = (cell.symbol or str(cell.value) for cell in call.arguments.values())
        text = shorten(f"{call.module} {', '.join(cells)}", MAXIMUM_LABEL)
        width = width_of(text) + 2 * PADDING
        parts = (Text(width // 2, _BASELINE, text),)
        return Block(width, HEIGHT, width // 2, parts, self.box(call, "frame"))

    def _sign(self, node: ir.Node) -> str:
        """Return the sign of a mark, for readers who cannot see its colour."""
        return _SIGNS.get((self.marks or {}).get(node.path, ""), "")

    def framed(
        self, node: ir.Node, run: Run | None = None, width: int = 0, show_module: bool = True
    ) -> Block:
        """Return a node in a frame, under its name and output shape.

        ``run`` has the equal nodes that the node, its first, represents. ``show_module`` shows the
        node's module after its name.
        """
        runs = tuple(self.folding.below(node)) if isinstance(node, ir.Repeat) else ()
        repeated = run is not None and len(run.nodes) > 1
        repeated = repeated or (len(runs) == 1 and len(runs[0].nodes) > 1)
        name, note, output = self._heading(node, run)
        note = note if show_module else ""
        words = width_of(name, bold=True) + (6 + width_of(note) if note else 0)
        edge = PADDING + repeated * 2 * DECK
        line = words + (16 + width_of(output) if output else 0) + PADDING + edge
        inner = self._inside(node)
        width = max(width, line, inner.width + PADDING + edge)
        left = (width - inner.width) // 2
        parts: list[Part] = [
            Text(PADDING, _BASELINE + 1, name, "start", "bold"),
            Text(width - edge, _BASELINE + 1, output, "end", "muted"),
        ]
        if note:
            start = PADDING + width_of(name, bold=True) + 6
            parts.append(Text(start, _BASELINE + 1, note, "start", "muted"))
        parts.append(Placed(left, HEADER, inner))
        height = HEADER + (inner.height + PADDING if inner.height else 0)
        return Block(
            *(width, height, width // 2),
            tuple(part for part in parts if not isinstance(part, Text) or part.text),
            self.box(node, "frame", repeated),
        )

    def single(self, op: ir.Op, run: Run | None = None, width: int = 0) -> Block:
        """Return a row of one operator: its name, label and output shape in one line."""
        name, note, output = self._heading(op, run)
        text = label(op, self.symbolic)
        text = f"{note}, {text}" if note else text
        repeated = run is not None and len(run.nodes) > 1
        edge = PADDING + repeated * 2 * DECK
        sides = max(width_of(name, bold=True), width_of(output))
        least = 2 * sides + width_of(text) + 2 * edge + 24
        width = max(width, least)
        middle = width // 2
        return Block(
            *(width, HEADER, middle),
            (
                Text(PADDING, _BASELINE + 1, name, "start", "bold"),
                Text(middle, _BASELINE + 1, text),
                Text(width - edge, _BASELINE + 1, output, "end", "muted"),
            ),
            self.box(op, op.operator.family.name, repeated),
        )

    def _heading(self, node: ir.Node, run: Run | None) -> tuple[str, str, str]:
        """Return the name, a note about it, and the output shape."""
        kind = node.module if isinstance(node, ir.Call) else ""
        name = kind if self.symbolic and kind else shorten(node.name or kind, MAXIMUM_LABEL)
        note = "" if not kind or is_implied(kind, name) else kind
        if run is not None and len(run.nodes) > 1:
            name = shorten(f"{name} … {run.nodes[-1].name}", 2 * MAXIMUM_LABEL)
            note = _times(len(run.nodes), node)
        elif isinstance(node, ir.Repeat):
            note = _times(len(node.items), node.items[0])
        if note and node.name.isdigit():
            name = ""  # a number is a position, not a name
        name = self._sign(node) + name
        output = "" if self.symbolic else format_shape(self.folding.analysis.output(node))
        return name, shorten(note, MAXIMUM_LABEL), output

    def _inside(self, node: ir.Node) -> Block:
        """Return the content of a frame; of repeated nodes, the content of the first."""
        if isinstance(node, ir.Op):
            return self.operator(node)
        if id(node) in self.folding.closed:
            return Block(0, 0, 0)
        if isinstance(node, ir.Call):
            return self.node(node.body)
        if isinstance(node, ir.Repeat):
            runs = tuple(self.folding.below(node))
            if len(runs) == 1:
                first = runs[0].first
                return self.node(first) if isinstance(first, ir.Repeat) else self._inside(first)
            return _stacked([self._run(run) for run in runs])
        return self.node(node)

    def _run(self, run: Run) -> Block:
        """Return a run inside a frame, with the number of its nodes if there are several."""
        if len(run.nodes) == 1:
            return self.node(run.first)
        if isinstance(run.first, ir.Op):
            return self.operator(run.first, len(run.nodes))
        return self.framed(run.first, run)

    def _branches(self, blocks: Sequence[Block]) -> Block:
        """Return blocks that read the same input, and a bar that concatenates their outputs."""
        width = sum(block.width for block in blocks) + BRANCH_GAP * (len(blocks) - 1)
        height = max(block.height for block in blocks)
        axis = width // 2
        parts: list[Part] = []
        axes = []
        x = 0
        for block in blocks:
            middle = x + block.axis
            axes.append(middle)
            if block.height:
                parts.append(Wire(((middle, 0), (middle, GAP))))
                parts.append(Placed(x, GAP, block))
            bottom = GAP + block.height if block.height else 0
            parts.append(Wire(((middle, bottom), (middle, GAP + height + GAP))))
            x += block.width + BRANCH_GAP
        left, right = min(*axes, axis), max(*axes, axis)
        parts.insert(0, Wire(((left, 0), (right, 0))))
        parts.append(Join(left - 6, GAP + height + GAP, right - left + 12))
        return Block(width, GAP + height + GAP + JOIN, axis, tuple(parts))

    def _fork(self, fork: ir.Fork) -> Block:
        """Return the shared operator above the branches that read its parts, beside the others."""
        pairs = list(zip(fork.parts, fork.branches, strict=True))
        split = self._branches([self.node(branch) for part, branch in pairs if part])
        shared = _stacked([self.operator(fork.shared), split])
        others = [self.node(branch) for part, branch in pairs if not part]
        return self._branches([shared, *others]) if others else shared

    def _residual(self, node: ir.Residual) -> Block:
        """Return the body, the shortcut around it, and their sum."""
        body = self.node(node.body)
        shortcut = Block(0, 0, 0) if node.shortcut is None else self.node(node.shortcut)
        mark = (self.marks or {}).get(f"{node.path} residual", "")
        text = _SIGNS.get(mark, "") + _sum(node)
        half = width_of(text) // 2 + PADDING
        left = max(body.axis, half)
        around = max(left - body.axis + body.width + 12, left + half + 12) + shortcut.axis
        height = max(body.height, shortcut.height)
        end = GAP + height + GAP
        middle = end + HEIGHT // 2
        parts: list[Part] = [
            Wire(((left, 0), (around, 0), (around, GAP))),
            Wire(((left, 0), (left, GAP))),
            Placed(left - body.axis, GAP, body),
            Wire(((left, GAP + body.height), (left, end))),
        ]
        if shortcut.height:
            parts.append(Placed(around - shortcut.axis, GAP, shortcut))
        start = GAP + shortcut.height if shortcut.height else GAP
        parts.append(Wire(((around, start), (around, middle), (left + half, middle)), arrow=True))
        join = Block(
            *(2 * half, HEIGHT, half), (Text(half, _BASELINE, text),), Box("", "sum", False, mark)
        )
        parts.append(Placed(left - half, end, join))
        width = max(around - shortcut.axis + shortcut.width, around) + 2
        return Block(width, end + HEIGHT, left, tuple(parts))


def _times(count: int, node: ir.Node) -> str:
    """Return how often a node repeats."""
    if isinstance(node, ir.Call):
        return f"{count:,} x {node.module}"
    return "once" if count == 1 else f"{count:,} times"


def _sum(node: ir.Residual) -> str:
    """Return the label of a residual's sum, such as ``x 0.2 + ReLU``."""
    text = "+" if node.scale == 1 else f"x {node.scale:g} +"
    return text if node.activation is None else f"{text} {type(node.activation).__name__}"


def _stacked(blocks: Sequence[Block]) -> Block:
    """Return blocks from top to bottom on one axis, connected by wires."""
    if not blocks:
        return Block(12, 0, 6)
    axis = max(block.axis for block in blocks)
    width = axis + max(block.width - block.axis for block in blocks)
    parts: list[Part] = []
    y = 0
    for i, block in enumerate(blocks):
        if i:
            parts.append(Wire(((axis, y), (axis, y + GAP))))
            y += GAP
        parts.append(Placed(axis - block.axis, y, block))
        y += block.height + deck_of(block)
    return Block(width, y, axis, tuple(parts))


def deck_of(block: Block) -> int:
    """Return the height by which the cards of a stack extend below a block."""
    return 0 if block.box is None or not block.box.deck else 2 * DECK
