"""The outline of a network: every named node (row, branch or layer) with its numbers."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archc.analyses import Analysis
from archc.analyses.cost import total
from archc.analyses.depth import measure_depth
from archc.analyses.receptive_field import ReceptiveField
from archc.network import ir
from archc.ops.operator import Cost, Shape, format_shape
from archc.views.drawing.folding import Folding, Run, fold
from archc.views.tables.network import kind_and_notation, snake_case


class Entry(NamedTuple):
    """A node with its kind, shapes and costs.

    ``alike`` counts the equal nodes after it that the entry also represents. ``level`` is the
    nesting depth, 0 for a row.
    """

    node: ir.Node
    level: int
    alike: int
    kind: str
    notation: str
    input: Shape
    output: Shape
    depth: int
    cost: Cost
    receptive_field: ReceptiveField | None


def describe_entry(entry: Entry, mark: str = "") -> str:
    """Return a description for tooltips and screen readers; ``mark`` is a comparison's result."""
    kind = entry.kind.replace("_", " ")
    parts = [f"{entry.node.path}: {kind} {entry.notation}".rstrip()]
    parts.append(f"{format_shape(entry.input)} to {format_shape(entry.output)}")
    if entry.cost.params:
        parts.append(f"{entry.cost.params:,} parameters")
    if entry.cost.macs:
        parts.append(f"{entry.cost.macs:,} MACs")
    if entry.alike:
        parts.append(f"and {entry.alike:,} more like it")
    if mark:
        parts.append(mark)
    return ", ".join(parts)


class _Counter:
    """The number of operators before the current node."""

    def __init__(self) -> None:
        self.passed = 0


def outline(analysis: Analysis, marks: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """Yield an entry for each row and each named node in it, auxiliary heads last.

    Equal nodes that a picture draws once have one entry. ``marks`` are the results of a comparison
    by path; equal nodes with different marks are separate entries.
    """
    folding = fold(analysis, marks)
    counter = _Counter()
    heads = (Run((head.body,)) for head in analysis.network.aux)
    for run in (*folding.runs(analysis.network.rows), *heads):
        yield from _entries(folding, run, 0, counter)


def _entries(folding: Folding, run: Run, level: int, counter: _Counter) -> Iterator[Entry]:
    node = run.first
    start = counter.passed
    below = level + 1 if node.name else level
    runs = folding.below(node)
    inner = [entry for one in runs for entry in _entries(folding, one, below, counter)]
    if isinstance(node, ir.Op):
        counter.passed += 1
    elif id(node) in folding.closed:
        counter.passed += sum(isinstance(one, ir.Op) for one in ir.walk(node))
    stop = counter.passed
    if node.name or isinstance(node, ir.Op):
        yield _entry(folding.analysis, run, level, slice(start, stop))
    yield from inner
    counter.passed += (stop - start) * (len(run.nodes) - 1)


def _entry(analysis: Analysis, run: Run, level: int, own: slice) -> Entry:
    node = run.first
    shapes = analysis.shapes
    kind, notation = snake_case(type(node).__name__), ""
    if isinstance(node, ir.Op | ir.Call):
        kind, notation = kind_and_notation(node)
    field = None
    if level == 0:
        field = analysis.receptive_fields.of_row(node.name)
    elif isinstance(node, ir.Op):
        field = analysis.layers[own.start].receptive_field
    elif isinstance(node, ir.Sequence) and isinstance((None, *node.children)[-1], ir.Op):
        field = analysis.layers[own.stop - 1].receptive_field
    return Entry(
        node,
        level,
        len(run.nodes) - 1,
        kind,
        notation,
        shapes.input(node),
        shapes.output(node),
        measure_depth(node),
        total(analysis.costs[own]),
        field,
    )
