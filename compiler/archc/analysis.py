"""All analyses of a network together, by layer and by row."""

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from archc import ir
from archc.analyses.cost import count_cost, total
from archc.analyses.depth import measure_depth
from archc.analyses.memory import measure_peak
from archc.analyses.receptive_field import Field, measure_fields
from archc.analyses.shapes import Shapes, infer_shapes
from archc.diagnostics import Diagnostic
from archc.ops.operator import Cost, Shape


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


class Analysis(NamedTuple):
    """What is known of a network. Auxiliary heads are counted apart: ``cost`` is without them.

    ``memory`` is the number of elements that all layers give, for one image.
    """

    network: ir.Network
    shapes: Shapes
    rows: tuple[RowAnalysis, ...]
    aux: tuple[RowAnalysis, ...]
    cost: Cost
    cost_with_aux: Cost
    depth: int
    field: Field
    memory: int

    @property
    def peak(self) -> int:
        """The most elements alive at once at inference; measured when it is asked for."""
        return measure_peak(self.network, self.shapes)

    def output(self, node: ir.Node) -> Shape:
        """What comes out of the node."""
        return self.shapes.of(node)

    def at(self, path: str) -> RowAnalysis | None:
        """The row, auxiliary head or inner node at ``path``; None where there is none."""
        name = path.partition(".")[0]
        for row in (*self.rows, *self.aux):
            if row.node.name != name:
                continue
            for node in ir.walk(row.node):
                if node.path == path and node.name:
                    return self._inner(node, row)
        return None

    def _inner(self, node: ir.Node, row: RowAnalysis) -> RowAnalysis:
        if node is row.node:
            return row
        inside = {id(inner) for inner in ir.walk(node)}
        layers = tuple(layer for layer in row.layers if id(layer.op) in inside)
        return RowAnalysis(
            node,
            self.shapes.of(node),
            measure_depth(node),
            total(layer.cost for layer in layers),
            layers[-1].field if layers else row.field,
            sum(prod(layer.output) for layer in layers),
            layers,
        )


def analyze(network: ir.Network) -> Analysis | list[Diagnostic]:
    """The network's analysis, or every place where shapes do not fit."""
    shapes = infer_shapes(network)
    if isinstance(shapes, list):
        return shapes
    costs = count_cost(shapes.layers)
    fields = measure_fields(network, shapes)
    layers = tuple(
        [
            LayerAnalysis(op, shape, output, cost, fields[id(op)])
            for (op, shape, output), cost in zip(shapes.layers, costs, strict=True)
        ]
    )
    known = _Known(shapes, layers, costs, fields)
    rows = tuple([_row(node, known) for node in network.rows])
    aux = tuple([_row(head.body, known) for head in network.aux])
    cost = total([row.cost for row in rows])
    return Analysis(
        network,
        shapes,
        rows,
        aux,
        cost,
        total([cost, *[head.cost for head in aux]]),
        sum([row.depth for row in rows]),
        rows[-1].field,
        sum([row.memory for row in rows]),
    )


class _Known(NamedTuple):
    """The results of the single analyses."""

    shapes: Shapes
    layers: tuple[LayerAnalysis, ...]
    costs: tuple[Cost, ...]
    fields: Mapping[int, Field]


def _row(node: ir.Node, known: _Known) -> RowAnalysis:
    shapes, layers, costs, fields = known
    own = shapes.slices[node.name]
    if type(node) is ir.Op:
        layer = layers[own.start]
        _, _, output, cost, field = layer
        depth = node.operator.depth
        return RowAnalysis(node, output, depth, cost, field, prod(output), (layer,))
    key = id(node)
    return RowAnalysis(
        node,
        shapes.outputs[key],
        measure_depth(node),
        total(costs[own]),
        fields[key],
        sum([prod(layer.output) for layer in layers[own]]),
        layers[own],
    )
