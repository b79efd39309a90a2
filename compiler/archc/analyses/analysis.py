"""All analyses of a network together, by layer and by row."""

from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from math import prod
from typing import NamedTuple

from archc.analyses.adjacency import Edge, find_edges
from archc.analyses.cost import count_cost, total
from archc.analyses.depth import measure_depth
from archc.analyses.limits import find_oversized
from archc.analyses.memory import measure_peaks
from archc.analyses.receptive_field import Field, Fields, as_field, measure_fields
from archc.analyses.shapes import Shapes, infer_shapes
from archc.diagnostics import Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.network import ir
from archc.ops.operator import Cost, Shape, format_shape


class LayerAnalysis(NamedTuple):
    """One operator: shapes and cost for one image, receptive field in input elements."""

    op: ir.Op
    input: Shape
    output: Shape
    cost: Cost
    field: Field


class RowAnalysis(NamedTuple):
    """A row, or any node with a name: what it gives and all it costs.

    ``memory`` is the number of elements that its layers give, for one image.
    """

    node: ir.Node
    output: Shape
    depth: int
    cost: Cost
    field: Field
    memory: int
    layers: tuple[LayerAnalysis, ...]

    def __repr__(self) -> str:
        cost, output = self.cost, format_shape(self.output)
        path = self.node.path
        return f"<RowAnalysis {path}: {output}, {cost.params:,} params, {cost.macs:,} MACs>"


class _Known(NamedTuple):
    """The results of the single analyses, by layer, and the totals."""

    network: ir.Network
    shapes: Shapes
    costs: tuple[Cost, ...]
    fields: Fields
    cost: Cost
    cost_with_aux: Cost
    depth: int
    memory: int


class Analysis(_Known):
    """What is known of a network. Auxiliary heads are counted apart: ``cost`` is without them.

    ``memory`` is the number of elements that all layers give, for one image. Layers and rows, which
    put the results side by side, are made once they are asked for.
    """

    def __repr__(self) -> str:
        name, cost = escape_line(self.network.name), self.cost
        counts = f"{cost.params:,} params, {cost.macs:,} MACs, depth {self.depth}"
        return f"<Analysis {name}: {counts}>"

    @cached_property
    def layers(self) -> tuple[LayerAnalysis, ...]:
        """Every operator in the order in which it runs, those of auxiliary heads last."""
        shapes = self.shapes
        fields = map(as_field, self.fields.layers)
        columns = (shapes.ops, shapes.given, shapes.made, self.costs, fields)
        return tuple(map(partial(tuple.__new__, LayerAnalysis), zip(*columns, strict=True)))

    @cached_property
    def rows(self) -> tuple[RowAnalysis, ...]:
        """The network's rows, in the order in which they run."""
        return tuple([self._row(node) for node in self.network.rows])

    @cached_property
    def aux(self) -> tuple[RowAnalysis, ...]:
        """The auxiliary heads, in the order of the spec."""
        return tuple([self._row(head.body) for head in self.network.aux])

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Operators of which one directly reads what the other gives."""
        return find_edges(self.network)

    @property
    def field(self) -> Field:
        """What an element of the output sees."""
        return self.fields.of(self.network.rows[-1].name)

    @property
    def peak(self) -> int:
        """The most elements alive at once at inference; measured when it is asked for."""
        return max(measure_peaks(self.network, self.shapes))

    def output(self, node: ir.Node) -> Shape:
        """What comes out of the node."""
        return self.shapes.of(node)

    def at(self, path: str) -> RowAnalysis | None:
        """The row, auxiliary head or inner node at ``path``; None where there is none."""
        found = self._at.get(path)
        return None if found is None else self._inner(*found)

    @cached_property
    def _at(self) -> Mapping[str, tuple[ir.Node, RowAnalysis, int]]:
        """The outermost node of each path, its row, and how many of the row's layers run before."""
        found: dict[str, tuple[ir.Node, RowAnalysis, int]] = {}
        for row in (*self.rows, *self.aux):
            passed = 0
            for node in ir.walk(row.node):
                found.setdefault(node.path, (node, row, passed))
                passed += type(node) is ir.Op
        return found

    def _row(self, node: ir.Node) -> RowAnalysis:
        own = self.shapes.slices[node.name]
        return RowAnalysis(
            node,
            self.shapes.of(node),
            measure_depth(node),
            total(self.costs[own]),
            self.fields.of(node.name),
            _elements(self.shapes.made[own]),
            self.layers[own],
        )

    def _inner(self, node: ir.Node, row: RowAnalysis, start: int) -> RowAnalysis:
        if node is row.node:
            return row
        count = sum(type(inner) is ir.Op for inner in ir.walk(node))
        layers = row.layers[start : start + count]
        return RowAnalysis(
            node,
            self.shapes.of(node),
            measure_depth(node),
            total(layer.cost for layer in layers),
            layers[-1].field,
            _elements(layer.output for layer in layers),
            layers,
        )


def analyze(network: ir.Network) -> Analysis | list[Diagnostic]:
    """The network's analysis, or every place where shapes do not fit or are beyond the limits."""
    shapes = infer_shapes(network)
    if isinstance(shapes, list):
        return shapes
    fields = measure_fields(network, shapes)
    if isinstance(fields, Diagnostic):
        return [fields]
    costs = count_cost(shapes)
    if oversized := find_oversized(network, shapes.ops, costs):
        return oversized
    end = shapes.slices[network.rows[-1].name].stop
    cost = total(costs[:end])
    return Analysis(
        network,
        shapes,
        costs,
        fields,
        cost,
        total([cost, *costs[end:]]),
        sum([measure_depth(row) for row in network.rows]),
        _elements(shapes.made[:end]),
    )


def _elements(shapes: Iterable[Shape]) -> int:
    return sum(map(prod, shapes))
