"""Shape inference: the input and output shape of every node, or diagnostics.

One walk over the tree passes each node's output shape on as the input of the next. A node that does
not fit adds a diagnostic and returns None, and the nodes after it are skipped:

    [Conv 7x7 on 3x4x4 -> diagnostic, None] -> [Conv skipped] -> [Linear skipped]
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from math import prod
from typing import NamedTuple

from archc.analyses.branch_sizes import Reason, explain_size, format_size
from archc.analyses.limits import MAXIMUM_SIZE, too_large
from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.wording import join_words
from archc.network import ir
from archc.ops.operator import Shape, ShapeMismatch, format_shape

_MOST_BRANCHES = 5
"""Branches of a Concat that a diagnostic explains one by one."""


class _Results(NamedTuple):
    """The fields of Shapes, which is a subclass since a NamedTuple cannot cache properties."""

    ops: tuple[ir.Op, ...]
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    structure: Mapping[int, tuple[Shape, Shape]]
    slices: Mapping[str, slice]


class Shapes(_Results):
    """The shapes of every node, for one image.

    ``ops`` are the operators in the order of execution, ``inputs`` and ``outputs`` their shapes.
    ``structure`` maps the ``id`` of every other node to its input and output shape. ``slices`` maps
    the name of a row or auxiliary head to the range of its operators in ``ops``.
    """

    @cached_property
    def node_inputs(self) -> Mapping[int, Shape]:
        """The input shape of every node, by ``id(node)``, since several nodes may share a path."""
        inputs = {node: shape for node, (shape, _) in self.structure.items()}
        return inputs | dict(zip(map(id, self.ops), self.inputs, strict=True))

    @cached_property
    def node_outputs(self) -> Mapping[int, Shape]:
        """The output shape of every node, by ``id(node)``."""
        outputs = {node: shape for node, (_, shape) in self.structure.items()}
        return outputs | dict(zip(map(id, self.ops), self.outputs, strict=True))

    def input(self, node: ir.Node) -> Shape:
        """Return the input shape of the node."""
        return self.node_inputs[id(node)]

    def output(self, node: ir.Node) -> Shape:
        """Return the output shape of the node."""
        return self.node_outputs[id(node)]


def infer_shapes(network: ir.Network) -> Shapes | list[Diagnostic]:
    """Return all shapes, or a diagnostic for each node that does not fit."""
    inference = _Inference()
    try:
        slices = inference.run(network)
    except TooManyDiagnostics:
        return inference.diagnostics
    if inference.diagnostics:
        return _label_printed_output(network, inference)
    inputs, outputs = tuple(inference.inputs), tuple(inference.outputs)
    return Shapes(tuple(inference.ops), inputs, outputs, inference.structure, slices)


class _End(NamedTuple):
    """The last node of the network or of an auxiliary head, and its output.

    ``decided_by`` is the layer that sets the number of features.
    """

    node: ir.Node
    output: Shape
    decided_by: ir.Node


def _check_outputs(end: _End, heads: list[_End], classes: int) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each head that differs from the network: both feed one loss."""
    whole = f"the network gives {format_shape(end.output)}"
    wrong = [head for head in heads if head.output != end.output or len(end.output) > 1]
    right = [head for head in wrong if head.output == (classes,)]
    if right:
        names = join_words(head.node.name for head in right)
        hint = "end the network with Linear: classes"
        if len(end.output) == 1:
            hint = f"set classes: {end.output[0]}, and end every head with Linear: classes"
        label = Label(right[0].node.span, f"this head gives {classes}, the value of `classes`")
        yield _disagreement(f"{whole}, {names} {classes}", end, label, hint)
    for head in wrong:
        if head not in right:
            name, output = head.node.name, format_shape(head.output)
            gives = f"{name} gives {output}, the network {format_shape(end.output)}"
            label = Label(end.decided_by.span, whole)
            yield _disagreement(gives, head, label, f"end {name} with Linear: classes")


def _disagreement(gives: str, end: _End, label: Label, hint: str) -> Diagnostic:
    message = f"{gives}: the loss needs the same number of features from both"
    return Diagnostic(Code.SHAPE, message, end.decided_by.span, (label,), hint=hint)


def _label_printed_output(network: ir.Network, inference: "_Inference") -> list[Diagnostic]:
    """Return the diagnostics; label the first with the first row that the table contradicts."""
    first, *rest = inference.diagnostics
    printed = network.table.rows if network.table else {}
    errata = network.table.errata if network.table else {}
    for row, shape in inference.valid_rows:
        cell = printed[row].cells.get("output") if row in printed else None
        size = format_shape((*shape[1:], shape[0]))
        if cell and len(shape) == 3 and cell.text != size and (row, "output") not in errata:
            message = f"the table prints {cell.text} for {row}, {size} is computed"
            return [first._replace(labels=(*first.labels, Label(cell.span, message))), *rest]
    return [first, *rest]


class _Inference:
    """The walk over the tree, with the results so far.

    The output of a node that does not fit is None.
    """

    def __init__(self) -> None:
        self.ops: list[ir.Op] = []
        self.inputs: list[Shape] = []
        self.outputs: list[Shape] = []
        self.structure: dict[int, tuple[Shape, Shape]] = {}
        self.diagnostics: list[Diagnostic] = DiagnosticCollector()
        self.calls: list[ir.Call] = []
        self.previous_row: ir.Node | None = None
        self.row_input: Shape | None = None
        self.valid_rows: list[tuple[str, Shape]] = []
        """Each row that fits, with its output."""

    def run(self, network: ir.Network) -> dict[str, slice]:
        """Infer the whole network; return the range of operators of each row and head by name."""
        shape: Shape | None = network.input
        tapped = {head.tap for head in network.aux}
        taps: dict[str, Shape | None] = {}
        slices = {}
        for row in network.rows:
            start = len(self.ops)
            self.row_input = shape
            shape = self.node(row, shape)
            self.previous_row = row
            if shape is not None:
                self.valid_rows.append((row.name, shape))
            if row.name in tapped:
                taps[row.name] = shape
            slices[row.name] = slice(start, len(self.ops))
        last = network.rows[-1]
        end = _End(last, shape, self.last_change(0, last)) if shape is not None else None
        heads = []
        for head in network.aux:
            start = len(self.ops)
            self.row_input = None
            output = self.node(head.body, taps[head.tap])
            slices[head.name] = slice(start, len(self.ops))
            if output is not None:
                heads.append(_End(head.body, output, self.last_change(start, head.body)))
        if end is not None:
            self.diagnostics += _check_outputs(end, heads, network.classes)
        return slices

    def node(self, node: ir.Node, shape: Shape | None) -> Shape | None:
        """Return the node's output for the input ``shape``."""
        if shape is None:
            return None
        if type(node) is ir.Op:
            out = node.operator.output(shape)
            if type(out) is ShapeMismatch:
                notes = (out.note,) if out.note else ()
                self._report(Code.SHAPE, out.message, node, notes, out.hint)
                return None
            if prod(out) > MAXIMUM_SIZE and not node.replaces:  # originals were checked
                self._refuse_size(out, node)
                return None
            self.ops.append(node)
            self.inputs.append(shape)
            self.outputs.append(out)
            return out
        result: Shape | None
        if type(node) is ir.Concat:
            result = self._concat(node, shape)
        elif type(node) is ir.Residual:
            result = self._residual(node, shape)
        elif type(node) is ir.Fork:
            result = self._fork(node, shape)
        elif type(node) is ir.Call:
            self.calls.append(node)
            result = self.node(node.body, shape)
            self.calls.pop()
        else:
            result = shape
            for child in node.children:
                result = self.node(child, result)
        if result is not None:
            self.structure[id(node)] = shape, result
        return result

    def last_change(self, start: int, end: ir.Node) -> ir.Node:
        """Return the last layer after ``start`` that sets the number of features, or ``end``."""
        for at in range(len(self.ops) - 1, start - 1, -1):
            if self.inputs[at] != self.outputs[at]:
                return self.ops[at] if len(self.outputs[at]) == 1 else end
        return end

    def _concat(self, node: ir.Concat, shape: Shape) -> Shape | None:
        # Not inside node(): a comprehension there would slow down its variables for all nodes.
        outputs = [self.node(branch, shape) for branch in node.branches]
        return self._concatenate(node, outputs, shape)

    def _fork(self, node: ir.Fork, shape: Shape) -> Shape | None:
        whole = self.node(node.shared, shape)
        if whole is None:
            return None
        inputs = [(part.channels, *whole[1:]) if part else shape for part in node.parts]
        return self._concatenate(node, list(map(self.node, node.branches, inputs)), shape)

    def _concatenate(
        self, node: ir.Concat | ir.Fork, outputs: list[Shape | None], shape: Shape
    ) -> Shape | None:
        """Return the concatenated shape, or report the branches that differ in size.

        The most frequent size counts as the right one: of 28x28, 28x28 and 26x26, the last branch
        differs.
        """
        known = [output for output in outputs if output is not None]
        if len(known) < len(outputs):
            return None
        sizes = [output[1:] for output in known]
        frequency = Counter(sizes)
        if len(frequency) == 1:
            joined = (sum([output[0] for output in known]), *sizes[0])
            if prod(joined) <= MAXIMUM_SIZE:
                return joined
            self._refuse_size(joined, node)
            return None
        # Of equally frequent sizes, take the input's: those branches did not change the size.
        usual = max(frequency, key=lambda size: (frequency[size], size == shape[1:]))
        fitting = [_branch_name(node, i) for i, size in enumerate(sizes) if size == usual]
        rest = f"{fitting[0]} is" if len(fitting) == 1 else "the others are"
        all_odd = [i for i, size in enumerate(sizes) if size != usual]
        odd = all_odd[:_MOST_BRANCHES]
        differs = [f"{_branch_name(node, i)} is {format_size(sizes[i])}" for i in odd]
        if more := len(all_odd) - len(odd):
            differs.append(f"{more} more differ")
        differ = ", ".join(differs)
        reasons = [self._explain_size(node.branches, i, usual) for i in odd]
        if len(sizes) == 2 and usual != shape[1:]:
            # Both branches changed the size, and either may be the right one: explain both.
            other = self._explain_size(node.branches, 1 - odd[0], sizes[odd[0]])
            reasons.append(other._replace(note=None, hint=None))
        self._report(
            Code.CONCAT,
            f"Concat: {differ}, {rest} {format_size(usual)}",
            node,
            tuple(reason.note for reason in reasons if reason.note),
            "; ".join(reason.hint for reason in reasons if reason.hint) or None,
            tuple(reason.label for reason in reasons if reason.label),
        )
        return None

    def _residual(self, node: ir.Residual, shape: Shape) -> Shape | None:
        body = self.node(node.body, shape)
        shortcut = shape if node.shortcut is None else self.node(node.shortcut, shape)
        if body is None or shortcut is None:
            return None
        if body == shortcut:
            return body
        other = "its input" if node.shortcut is None else "its shortcut"
        message = (
            f"Residual: its layers give {format_shape(body)}, {other} is {format_shape(shortcut)}"
        )
        hint = "project the input to the same shape with shortcut: {Conv: 1x1, out: ...}"
        reason = Reason(None, None, None)
        if body[1:] != shortcut[1:]:
            reason = self._explain_size(node.children, 0, shortcut[1:])
        self._report(
            Code.CONCAT,
            message,
            node,
            (reason.note,) if reason.note else (),
            hint if node.shortcut is None else reason.hint,
            (reason.label,) if reason.label else self._label_previous_row(shape),
        )
        return None

    def _label_previous_row(self, shape: Shape) -> tuple[Label, ...]:
        """Return a label for the previous row if ``shape`` is its output."""
        row = self.previous_row
        if row is None or shape != self.row_input:
            return ()
        return (Label(row.span, f"{row.path} gives {format_shape(shape)}"),)

    def _explain_size(self, branches: tuple[ir.Node, ...], index: int, wanted: Shape) -> Reason:
        """Return why the branch at ``index`` does not have the size ``wanted``.

        ``branches`` are the last nodes of the walk, so their operators are at the end of ``ops``.
        """
        end = len(self.ops) - sum(map(_count_operators, branches[index + 1 :]))
        own = slice(end - _count_operators(branches[index]), end)
        layers = zip(self.ops[own], self.inputs[own], self.outputs[own], strict=True)
        return explain_size(list(layers), wanted)

    def _refuse_size(self, output: Shape, node: ir.Node) -> None:
        row = self.calls[0] if self.calls else None
        what = f"elements of its output, {format_shape(output)}"
        self.diagnostics.append(too_large(what, prod(output), node, row))

    def _report(
        self,
        code: Code,
        message: str,
        node: ir.Node,
        notes: tuple[str, ...] = (),
        hint: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        calls = tuple(Label(call.span, f"in this row, {call.path}") for call in self.calls[:1])
        self.diagnostics.append(
            Diagnostic(
                code,
                f"{message} ({node.path})",
                node.span,
                labels + calls,
                notes,
                hint,
            )
        )


def _count_operators(node: ir.Node) -> int:
    return sum(type(inner) is ir.Op for inner in ir.walk(node))


def _branch_name(node: ir.Concat | ir.Fork, index: int) -> str:
    name = node.branches[index].name
    return name if name and not name.isdecimal() else f"branch {index + 1}"
