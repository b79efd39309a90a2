"""The shape of every layer: a fold over the tree that collects what does not fit."""

from collections.abc import Mapping
from typing import NamedTuple

from archc import ir
from archc.diagnostics import Code, Diagnostic, Label
from archc.ops.operator import Operator, Pair, Shape, Unfit, written
from archc.ops.pooling import AvgPool, MaxPool
from archc.ops.window import Window, arithmetic


class Layer(NamedTuple):
    """One operator with what goes in and what comes out, per image."""

    op: ir.Op
    input: Shape
    output: Shape


class Shapes(NamedTuple):
    """Every operator in the order in which it runs, and what goes in and out of every node.

    ``inputs`` and ``outputs`` are keyed by ``id(node)``: unnamed structure shares its path with
    what holds it.
    ``slices`` tells which layers belong to a row or an auxiliary head, by its name.
    """

    layers: tuple[Layer, ...]
    inputs: Mapping[int, Shape]
    outputs: Mapping[int, Shape]
    slices: Mapping[str, slice]

    def of(self, node: ir.Node) -> Shape:
        """What comes out of the node."""
        return self.outputs[id(node)]


def infer_shapes(network: ir.Network) -> Shapes | list[Diagnostic]:
    """All shapes, or everything that does not fit, without what follows from it alone."""
    inference = _Inference()
    shape: Shape | None = network.input
    taps: dict[str, Shape | None] = {}
    slices = {}
    layers = inference.layers
    for row in network.rows:
        start = len(layers)
        shape = taps[row.name] = inference.node(row, shape)
        slices[row.name] = slice(start, len(layers))
    for head in network.aux:
        start = len(layers)
        inference.node(head.body, taps[head.tap])
        slices[head.body.name] = slice(start, len(layers))
    if not inference.findings:
        _heads_agree(network, inference)
    if inference.findings:
        return inference.findings
    return Shapes(tuple(layers), inference.inputs, inference.outputs, slices)


def _heads_agree(network: ir.Network, inference: "_Inference") -> None:
    """One loss takes the outputs of all heads: they must be as many features each."""
    last = network.rows[-1]
    logits = inference.outputs[id(last)]
    for head in network.aux:
        output = inference.outputs[id(head.body)]
        if output == logits and len(logits) == 1:
            continue
        inference.findings.append(
            Diagnostic(
                Code.SHAPE,
                f"{head.body.name} gives {written(output)}, the network {written(logits)}: "
                "one loss needs as many features of both",
                head.body.span,
                (Label(last.span, "the network ends here"),),
                hint="end both with Linear: classes, or flatten what is CxHxW",
            )
        )


class _Reason(NamedTuple):
    """Why a branch has its size: the layer that made it so, its sum, and what would fit."""

    label: Label | None
    note: str | None
    hint: str | None


class _Inference:
    """None stands for a shape that a fault already reported made unknown."""

    def __init__(self) -> None:
        self.layers: list[Layer] = []
        self.inputs: dict[int, Shape] = {}
        self.outputs: dict[int, Shape] = {}
        self.findings: list[Diagnostic] = []
        self.calls: list[ir.Call] = []

    def node(self, node: ir.Node, shape: Shape | None) -> Shape | None:
        """What comes out of the node when ``shape`` goes in."""
        if shape is None:
            return None
        self.inputs[id(node)] = shape
        result: Shape | None
        if type(node) is ir.Op:
            out = node.operator.output(shape)
            if isinstance(out, Unfit):
                notes = (out.note,) if out.note else ()
                self._report(Code.SHAPE, out.message, node, notes, out.hint)
                return None
            self.layers.append(Layer(node, shape, out))
            result = out
        elif type(node) is ir.Concat:
            result = self._concat(node, shape)
        elif type(node) is ir.Residual:
            result = self._residual(node, shape)
        elif type(node) is ir.Call:
            self.calls.append(node)
            result = self.node(node.body, shape)
            self.calls.pop()
        else:
            result = shape
            for child in node.children:
                result = self.node(child, result)
        if result is not None:
            self.outputs[id(node)] = result
        return result

    def _concat(self, node: ir.Concat, shape: Shape) -> Shape | None:
        outputs = [self.node(branch, shape) for branch in node.branches]
        known = [output for output in outputs if output is not None]
        if len(known) < len(outputs):
            return None
        sizes = [output[1:] for output in known]
        if sizes.count(sizes[0]) == len(sizes):
            return (sum([output[0] for output in known]), *sizes[0])
        # Of sizes that are equally frequent, the input's is the one that no branch has changed.
        usual = max(sizes, key=lambda size: (sizes.count(size), size == shape[1:]))
        odd = [i for i, size in enumerate(sizes) if size != usual]
        fitting = [_branch_name(node, i) for i in range(len(sizes)) if i not in odd]
        rest = f"{fitting[0]} is" if len(fitting) == 1 else "the others are"
        differ = ", ".join(f"{_branch_name(node, i)} is {_size(sizes[i])}" for i in odd)
        reasons = [self._why(node.branches[i], usual) for i in odd]
        self._report(
            Code.CONCAT,
            f"Concat: {differ}, {rest} {_size(usual)}",
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
        message = f"Residual: its layers give {written(body)}, {other} is {written(shortcut)}"
        hint = "project the input to the same shape, shortcut: {Conv: 1x1, out: ...}"
        reason = _Reason(None, None, None)
        if body[1:] != shortcut[1:]:
            reason = self._why(node.body, shortcut[1:])
        self._report(
            Code.CONCAT,
            message,
            node,
            (reason.note,) if reason.note else (),
            hint if node.shortcut is None else reason.hint,
            (reason.label,) if reason.label else (),
        )
        return None

    def _why(self, branch: ir.Node, wanted: Shape) -> "_Reason":
        """The layer of a branch that last changed the size, its arithmetic, and what would fit."""
        inside = {id(node) for node in ir.walk(branch)}
        layers = [layer for layer in self.layers if id(layer.op) in inside]
        for op, before, after in reversed(layers):
            if before[1:] == after[1:]:
                continue
            operator = op.operator
            label = Label(op.span, f"from {_size(before[1:])} to {_size(after[1:])} here")
            note = _sum(operator, before, after)
            return _Reason(label, note, _fitting(operator, before, wanted))
        return _Reason(None, "no layer of this branch changes the size", None)

    def _report(
        self,
        code: Code,
        message: str,
        node: ir.Node,
        notes: tuple[str, ...] = (),
        hint: str | None = None,
        labels: tuple[Label, ...] = (),
    ) -> None:
        where = "".join(f" ({node.path})" if node.path else "")
        calls = tuple(Label(call.span, f"in this row, {call.path}") for call in self.calls[:1])
        self.findings.append(
            Diagnostic(
                code,
                message + where,
                node.span,
                labels + calls,
                notes,
                hint,
            )
        )


def _fitting(operator: Operator, before: Shape, wanted: Shape) -> str | None:
    """A change of one field that gives the wanted size, if there is one."""
    changes: list[tuple[dict[str, object], str]] = []
    window = getattr(operator, "window", None)
    if isinstance(window, Window) and isinstance(operator, MaxPool | AvgPool):
        word = "false" if operator.ceil else "true"
        changes.append(({"ceil": not operator.ceil}, f"ceil: {word} gives"))
    if isinstance(window, Window) and getattr(operator, "padding", None) is None:
        mode = "valid" if any(getattr(operator, "pads", ())) else "same"
        changes.append(({"window": window._replace(mode=mode)}, f"{window} {mode} gives"))
    for change, words in changes:
        fields = {name: getattr(operator, name) for name in type(operator).model_fields} | change
        try:
            changed = type(operator)(**fields)
        except ValueError:
            continue
        if changed.output(before)[1:] == wanted:
            return f"{words} {_size(wanted)}"
    return None


def _sum(operator: Operator, before: Shape, after: Shape) -> str | None:
    """The sum that gives the size, of the first side that changed; None where it is no sum."""
    window = getattr(operator, "window", None)
    if not isinstance(window, Window) or len(after) != 3:
        return None
    axis = 0 if before[1] != after[1] else 1
    pads: Pair = getattr(operator, "pads", (0, 0))
    step = (window.stride or (1, 1))[axis]
    ceil = bool(getattr(operator, "ceil", False))
    total = arithmetic(before[1 + axis], window.kernel[axis], step, pads[axis], ceil)
    return f"{type(operator).__name__} gives {total}"


def _branch_name(node: ir.Concat, index: int) -> str:
    name = node.branches[index].name
    return name if name and not name.isdecimal() else f"branch {index + 1}"


def _size(size: Shape) -> str:
    return written(size) if size else "flat"
