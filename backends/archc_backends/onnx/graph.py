"""IR → a graph of named values and nodes as plain data: the network at inference.

A layer's node is named after the layer's path, and so is the layer's output. If a layer needs
several nodes, their names extend the path.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from archc.analyses import Analysis
from archc.diagnostics import Diagnostic
from archc.network import ir
from archc.ops.operator import Shape
from archc_backends.common.network import final_softmax, unsupported
from archc_backends.onnx.operators import activation_steps, emitters, steps_of
from archc_backends.onnx.steps import (
    ABSENT,
    INPUT,
    PREVIOUS,
    Attribute,
    Constant,
    Operand,
    Placeholder,
    State,
    Step,
)

IMAGES, LOGITS, PROBABILITIES = "images", "logits", "probabilities"


class Node(NamedTuple):
    """A node: its inputs and outputs by name, and the shapes of its outputs for one image."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: Mapping[str, Shape]
    attributes: Mapping[str, Attribute] = MappingProxyType({})


class Graph(NamedTuple):
    """Nodes in the order in which they run.

    ``state``: keys of the weights that they read. ``constants``: other fixed numbers by name.
    ``outputs``: shapes of the outputs for one image.
    """

    nodes: tuple[Node, ...]
    state: tuple[str, ...]
    constants: Mapping[str, Constant]
    outputs: Mapping[str, Shape]


def check_operators(network: ir.Network) -> list[Diagnostic]:
    """Report each operator and activation without an emitter."""
    return unsupported(network.rows, emitters(), emitters(), "ONNX")


def build_graph(analysis: Analysis) -> Graph:
    """Build the graph of a network that ``check_operators`` accepts."""
    network = analysis.network
    builder = _GraphBuilder(analysis)
    softmax = final_softmax(network)
    value = IMAGES
    for row in network.rows:
        if row.name == softmax:
            value = builder.rename(value, LOGITS)
        value = builder.emit(row, value)
    builder.rename(value, PROBABILITIES if softmax else LOGITS)
    state = dict.fromkeys(
        key for node in builder.nodes for key in node.inputs if key in builder.keys
    )
    return Graph(tuple(builder.nodes), tuple(state), builder.constants, builder.outputs)


class _GraphBuilder:
    """Collects the nodes of a network."""

    def __init__(self, analysis: Analysis) -> None:
        self.nodes: list[Node] = []
        self.keys: set[str] = set()
        self.constants: dict[str, Constant] = {}
        self.outputs: dict[str, Shape] = {}
        self._shapes = analysis.shapes
        self._taken = {IMAGES, LOGITS, PROBABILITIES, *(op.path for op in analysis.shapes.ops)}
        self._shape: dict[str, Shape] = {IMAGES: analysis.network.input}

    def emit(self, node: ir.Node, source: str) -> str:
        """Add the node with the input ``source``, and return the name of its output."""
        if isinstance(node, ir.Op):
            shapes = self._shapes.input(node), self._shapes.output(node)
            return self._layer(node, steps_of(node.operator, *shapes), source)
        if isinstance(node, ir.Concat):
            return self._concat(node, [source] * len(node.branches))
        if isinstance(node, ir.Fork):
            return self._concat(node, self._split(node, source))
        if isinstance(node, ir.Residual):
            return self._residual(node, source)
        for child in node.children:
            source = self.emit(child, source)
        return source

    def rename(self, value: str, output: str) -> str:
        """Rename the value to the name of an output."""
        self.outputs[output] = shape = self._shape[value]
        if value == IMAGES:
            return self._add("Identity", self._fresh("identity"), (value,), output, shape)
        for i, node in enumerate(self.nodes):
            inputs = tuple(output if name == value else name for name in node.inputs)
            outputs = {output if name == value else name: s for name, s in node.outputs.items()}
            self.nodes[i] = node._replace(inputs=inputs, outputs=outputs)
        self._shape[output] = shape
        return output

    def _layer(self, op: ir.Op, chains: Iterable[list[Step]], source: str) -> str:
        path, value = op.path, source
        steps = [(step, chain) for chain in chains for step in chain]
        for i, (step, chain) in enumerate(steps):
            if step is chain[0]:
                source = value
            name = path if len(steps) == 1 else f"{path}.{step.name}"
            output = f"{path}.{step.name}" if i < len(steps) - 1 else path
            if output in (IMAGES, LOGITS, PROBABILITIES):
                output = self._fresh(output)
            inputs = tuple(self._operand(path, operand, source, value) for operand in step.inputs)
            value = self._add(step.kind, name, inputs, output, step.shape, step.attributes)
        return value

    def _operand(self, path: str, operand: Operand, source: str, value: str) -> str:
        """Return the name of a step's input: ``source`` is the chain's input."""
        if isinstance(operand, Placeholder):
            return {PREVIOUS: value, INPUT: source, ABSENT: ""}[operand]
        name = f"{path}.{operand.name}"
        if isinstance(operand, State):
            self.keys.add(name)
        else:
            self.constants[name] = operand
        return name

    def _concat(self, node: ir.Concat | ir.Fork, sources: list[str]) -> str:
        """Add the branches, each with its input, and join their outputs."""
        values = tuple(map(self.emit, node.branches, sources))
        return self._join("Concat", node, "concat", values, {"axis": 1})

    def _split(self, node: ir.Fork, source: str) -> list[str]:
        """Return the input of each branch: part of the shared output, or the source."""
        whole = self.emit(node.shared, source)
        size = self._shape[whole][1:]
        name = self._fresh(f"{node.path}.split")
        sources = [source] * len(node.parts)
        outputs: dict[str, Shape] = {}
        for branch, part in enumerate(node.parts):
            if part is not None:
                sources[branch] = value = self._fresh(f"{name}.{branch}")
                outputs[value] = part.channels, *size
        channels = tuple(part.channels for part in node.parts if part is not None)
        inputs = (whole, self._constant(node, Constant("parts", channels, "int64")))
        self._put(Node("Split", name, inputs, outputs, {"axis": 1}))
        return sources

    def _residual(self, node: ir.Residual, source: str) -> str:
        value = self.emit(node.body, source)
        straight = source if node.shortcut is None else self.emit(node.shortcut, source)
        if node.scale != 1:
            factor = self._constant(node, Constant("factor", float(node.scale)))
            value = self._join("Mul", node, "scale", (value, factor))
        value = self._join("Add", node, "add", (value, straight))
        steps = (
            activation_steps(node.activation, self._shapes.output(node)) if node.activation else []
        )
        total = value
        for step in steps:
            inputs = tuple(
                self._constant(node, operand)
                if isinstance(operand, Constant)
                else self._operand(node.path, operand, total, value)
                for operand in step.inputs
            )
            value = self._join(step.kind, node, step.name, inputs, step.attributes)
        return value

    def _join(
        self,
        kind: str,
        node: ir.Node,
        suffix: str,
        inputs: tuple[str, ...],
        attributes: Mapping[str, Attribute] = MappingProxyType({}),
    ) -> str:
        """Add a node for a structure, with a new name below its path."""
        name = self._fresh(f"{node.path}.{suffix}")
        return self._add(kind, name, inputs, name, self._shapes.output(node), attributes)

    def _constant(self, node: ir.Node, constant: Constant) -> str:
        """Add a constant for a structure, and return its name below the path."""
        name = self._fresh(f"{node.path}.{constant.name}")
        self.constants[name] = constant
        return name

    def _add(
        self,
        kind: str,
        name: str,
        inputs: tuple[str, ...],
        output: str,
        shape: Shape,
        attributes: Mapping[str, Attribute] = MappingProxyType({}),
    ) -> str:
        """Add a node with one output, and return the output's name."""
        self._put(Node(kind, name, inputs, {output: shape}, attributes))
        return output

    def _put(self, node: Node) -> None:
        self.nodes.append(node)
        self._shape.update(node.outputs)

    def _fresh(self, wanted: str) -> str:
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name
