"""The results of all analyses of a network, by layer and by row."""

from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from math import prod
from typing import NamedTuple

from archc.analyses.adjacency import Edge, find_edges
from archc.analyses.cost import count_cost, total
from archc.analyses.depth import measure_depth
from archc.analyses.limits import find_oversized
from archc.analyses.memory import measure_peaks
from archc.analyses.receptive_field import (
    ReceptiveField,
    ReceptiveFields,
    as_receptive_field,
    measure_receptive_fields,
)
from archc.analyses.shapes import Shapes, infer_shapes
from archc.diagnostics import Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.network import ir
from archc.ops.operator import Cost, Shape, format_shape


class LayerAnalysis(NamedTuple):
    """One operator: its shapes and cost for one image, and its receptive field."""

    op: ir.Op
    input: Shape
    output: Shape
    cost: Cost
    receptive_field: ReceptiveField


class RowAnalysis(NamedTuple):
    """A row or another node: its output, and the totals of its layers.

    ``memory`` counts elements, not bytes: those of its layers' outputs, for one image.
    """

    node: ir.Node
    output: Shape
    depth: int
    cost: Cost
    receptive_field: ReceptiveField
    memory: int
    layers: tuple[LayerAnalysis, ...]

    def __repr__(self) -> str:
        cost, output = self.cost, format_shape(self.output)
        path = self.node.path
        return f"<RowAnalysis {path}: {output}, {cost.params:,} params, {cost.macs:,} MACs>"


class _Results(NamedTuple):
    """The fields of Analysis, which is a subclass since a NamedTuple cannot cache properties.

    ``costs`` has one entry for each of ``shapes.ops``.
    """

    network: ir.Network
    shapes: Shapes
    costs: tuple[Cost, ...]
    receptive_fields: ReceptiveFields
    cost: Cost
    cost_with_aux: Cost
    depth: int
    memory: int


class Analysis(_Results):
    """The results of all analyses of a network.

    ``cost``, ``depth`` and ``memory`` do not include auxiliary heads. ``memory`` counts elements,
    not bytes: those of all layers' outputs, for one image. ``layers`` and ``rows`` combine the
    results of the analyses; they are computed at their first use.
    """

    def __repr__(self) -> str:
        name, cost = escape_line(self.network.name), self.cost
        counts = f"{cost.params:,} params, {cost.macs:,} MACs, depth {self.depth}"
        return f"<Analysis {name}: {counts}>"

    @cached_property
    def layers(self) -> tuple[LayerAnalysis, ...]:
        """Every operator in the order of execution, those of auxiliary heads last."""
        shapes = self.shapes
        fields = map(as_receptive_field, self.receptive_fields.layers)
        columns = (shapes.ops, shapes.inputs, shapes.outputs, self.costs, fields)
        return tuple(map(partial(tuple.__new__, LayerAnalysis), zip(*columns, strict=True)))

    @cached_property
    def rows(self) -> tuple[RowAnalysis, ...]:
        """The rows of the network, in the order of execution."""
        return tuple([self._row(node) for node in self.network.rows])

    @cached_property
    def aux(self) -> tuple[RowAnalysis, ...]:
        """The auxiliary heads, in the order of the spec."""
        return tuple([self._row(head.body) for head in self.network.aux])

    @property
    def rows_and_heads(self) -> tuple[RowAnalysis, ...]:
        """The rows, then the auxiliary heads."""
        return (*self.rows, *self.aux)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Pairs of operators where the second directly reads the output of the first."""
        return find_edges(self.network)

    @property
    def receptive_field(self) -> ReceptiveField:
        """The receptive field of the network's output."""
        return self.receptive_fields.of_row(self.network.rows[-1].name)

    @property
    def peak(self) -> int:
        """The most elements (not bytes) alive at once at inference, for one image."""
        return max(measure_peaks(self.network, self.shapes))

    def output(self, node: ir.Node) -> Shape:
        """Return the output shape of the node."""
        return self.shapes.output(node)

    def at(self, path: str) -> RowAnalysis | None:
        """Return the row, auxiliary head or inner node at ``path``; None if there is none."""
        found = self._at.get(path)
        return None if found is None else self._inner(*found)

    @cached_property
    def _at(self) -> Mapping[str, tuple[ir.Node, RowAnalysis, int]]:
        """For each path: its outermost node, the row, and the number of the row's layers before."""
        found: dict[str, tuple[ir.Node, RowAnalysis, int]] = {}
        for row in self.rows_and_heads:
            count = 0
            for node in ir.walk(row.node):
                found.setdefault(node.path, (node, row, count))
                count += type(node) is ir.Op
        return found

    def _row(self, node: ir.Node) -> RowAnalysis:
        own = self.shapes.slices[node.name]
        return RowAnalysis(
            node,
            self.shapes.output(node),
            measure_depth(node),
            total(self.costs[own]),
            self.receptive_fields.of_row(node.name),
            _elements(self.shapes.outputs[own]),
            self.layers[own],
        )

    def _inner(self, node: ir.Node, row: RowAnalysis, start: int) -> RowAnalysis:
        if node is row.node:
            return row
        count = sum(type(inner) is ir.Op for inner in ir.walk(node))
        layers = row.layers[start : start + count]
        return RowAnalysis(
            node,
            self.shapes.output(node),
            measure_depth(node),
            total(layer.cost for layer in layers),
            layers[-1].receptive_field,
            _elements(layer.output for layer in layers),
            layers,
        )


def analyze(network: ir.Network) -> Analysis | list[Diagnostic]:
    """Return the analysis, or diagnostics for shapes that do not fit or exceed the limit."""
    shapes = infer_shapes(network)
    if isinstance(shapes, list):
        return shapes
    fields = measure_receptive_fields(network, shapes)
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
        _elements(shapes.outputs[:end]),
    )


def _elements(shapes: Iterable[Shape]) -> int:
    return sum(map(prod, shapes))
