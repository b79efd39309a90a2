"""The shape of every layer: a fold over the tree that collects what does not fit."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from math import prod
from typing import NamedTuple

from archc.analyses.limits import MAXIMUM_SIZE, too_large
from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.wording import listed
from archc.network import ir
from archc.ops.operator import Operator, Pair, Shape, Unfit, format_shape
from archc.ops.window import Window, arithmetic

_MOST_BRANCHES = 5
"""Of a Concat that are told apart; one with many more is one slip, not many."""


class _Inferred(NamedTuple):
    ops: tuple[ir.Op, ...]
    given: tuple[Shape, ...]
    made: tuple[Shape, ...]
    structure: Mapping[int, tuple[Shape, Shape]]
    slices: Mapping[str, slice]


class Shapes(_Inferred):
    """Every operator in the order in which it runs, and what goes in and out of every node.

    ``given`` and ``made`` are what goes in and out of each of ``ops``, for one image;
    ``structure`` holds both for the nodes that are no operators, by ``id(node)``.
    ``slices`` tells which operators belong to a row or an auxiliary head, by its name.
    """

    @cached_property
    def inputs(self) -> Mapping[int, Shape]:
        """What goes into every node, by ``id(node)``: a path may be that of several nodes."""
        inputs = {node: shape for node, (shape, _) in self.structure.items()}
        return inputs | dict(zip(map(id, self.ops), self.given, strict=True))

    @cached_property
    def outputs(self) -> Mapping[int, Shape]:
        """What comes out of every node, by ``id(node)``."""
        outputs = {node: shape for node, (_, shape) in self.structure.items()}
        return outputs | dict(zip(map(id, self.ops), self.made, strict=True))

    def of(self, node: ir.Node) -> Shape:
        """What comes out of the node."""
        return self.outputs[id(node)]


def infer_shapes(network: ir.Network) -> Shapes | list[Diagnostic]:
    """All shapes, or everything that does not fit, without what follows from it alone."""
    inference = _Inference()
    try:
        slices = inference.run(network)
    except TooManyDiagnostics:
        return inference.diagnostics
    if inference.diagnostics:
        return _with_table(network, inference)
    given, made = tuple(inference.given), tuple(inference.made)
    return Shapes(tuple(inference.ops), given, made, inference.structure, slices)


class _End(NamedTuple):
    """Where the network or an auxiliary head ends, what it gives, and the layer that decides it."""

    node: ir.Node
    output: Shape
    decided: ir.Node


def _disagreements(end: _End, heads: list[_End], classes: int) -> Iterator[Diagnostic]:
    """One loss takes the outputs of all heads: they must be as many features each."""
    whole = f"the network gives {format_shape(end.output)}"
    wrong = [head for head in heads if head.output != end.output or len(end.output) > 1]
    right = [head for head in wrong if head.output == (classes,)]
    if right:
        names = listed(head.node.name for head in right)
        hint = "end the network with Linear: classes"
        if len(end.output) == 1:
            hint = f"set classes: {end.output[0]}, and end every head with Linear: classes"
        label = Label(right[0].node.span, f"this head gives {classes}, as `classes` says")
        yield _disagreement(f"{whole}, {names} {classes}", end, label, hint)
    for head in wrong:
        if head not in right:
            name, output = head.node.name, format_shape(head.output)
            gives = f"{name} gives {output}, the network {format_shape(end.output)}"
            label = Label(end.decided.span, whole)
            yield _disagreement(gives, head, label, f"end {name} with Linear: classes")


def _disagreement(gives: str, end: _End, label: Label, hint: str) -> Diagnostic:
    message = f"{gives}: one loss needs as many features of both"
    return Diagnostic(Code.SHAPE, message, end.decided.span, (label,), hint=hint)


def _with_table(network: ir.Network, inference: "_Inference") -> list[Diagnostic]:
    """The findings; the first has the first row that the table prints otherwise beside it."""
    first, *rest = inference.diagnostics
    printed = network.table.rows if network.table else {}
    errata = network.table.errata if network.table else {}
    for row, shape in inference.passed:
        cell = printed[row].cells.get("output") if row in printed else None
        size = "x".join(str(side) for side in (*shape[1:], shape[0]))
        if cell and len(shape) == 3 and cell.text != size and (row, "output") not in errata:
            message = f"the table prints {cell.text} for {row}, {size} is computed"
            return [first._replace(labels=(*first.labels, Label(cell.span, message))), *rest]
    return [first, *rest]


class _Reason(NamedTuple):
    """Why a branch has its size: the layer that made it so, its sum, and what would fit."""

    label: Label | None
    note: str | None
    hint: str | None


class _Inference:
    """None stands for a shape that a fault already reported made unknown.

    Operators are collected in three lists, ``structure`` holds the other nodes.
    """

    def __init__(self) -> None:
        self.ops: list[ir.Op] = []
        self.given: list[Shape] = []
        self.made: list[Shape] = []
        self.structure: dict[int, tuple[Shape, Shape]] = {}
        self.diagnostics: list[Diagnostic] = DiagnosticCollector()
        self.calls: list[ir.Call] = []
        self.behind: ir.Node | None = None
        """The row before the one that is looked at, which is given ``entered``."""
        self.entered: Shape | None = None
        self.passed: list[tuple[str, Shape]] = []
        """Each row that fits, with what it gives."""

    def run(self, network: ir.Network) -> dict[str, slice]:
        """All of the network; which operators are those of a row or a head, by its name."""
        shape: Shape | None = network.input
        tapped = {head.tap for head in network.aux}
        taps: dict[str, Shape | None] = {}
        slices = {}
        for row in network.rows:
            start = len(self.ops)
            self.entered = shape
            shape = self.node(row, shape)
            self.behind = row
            if shape is not None:
                self.passed.append((row.name, shape))
            if row.name in tapped:
                taps[row.name] = shape
            slices[row.name] = slice(start, len(self.ops))
        last = network.rows[-1]
        end = _End(last, shape, self.last_change(0, last)) if shape is not None else None
        heads = []
        for head in network.aux:
            start = len(self.ops)
            self.entered = None
            output = self.node(head.body, taps[head.tap])
            slices[head.body.name] = slice(start, len(self.ops))
            if output is not None:
                heads.append(_End(head.body, output, self.last_change(start, head.body)))
        if end is not None:
            self.diagnostics += _disagreements(end, heads, network.classes)
        return slices

    def node(self, node: ir.Node, shape: Shape | None) -> Shape | None:
        """What comes out of the node when ``shape`` goes in."""
        if shape is None:
            return None
        if type(node) is ir.Op:
            out = node.operator.output(shape)
            if type(out) is Unfit:
                notes = (out.note,) if out.note else ()
                self._report(Code.SHAPE, out.message, node, notes, out.hint)
                return None
            if prod(out) > MAXIMUM_SIZE and not node.replaces:  # the parts of a merger were judged
                self._refuse_size(out, node)
                return None
            self.ops.append(node)
            self.given.append(shape)
            self.made.append(out)
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
        """The last layer from ``start`` on that changes the number of features, or ``end``."""
        for at in range(len(self.ops) - 1, start - 1, -1):
            if self.given[at] != self.made[at]:
                return self.ops[at] if len(self.made[at]) == 1 else end
        return end

    def _fork(self, node: ir.Fork, shape: Shape) -> Shape | None:
        whole = self.node(node.shared, shape)
        if whole is None:
            return None
        given = [(part.channels, *whole[1:]) if part else shape for part in node.parts]
        return self._joined(node, list(map(self.node, node.branches, given)), shape)

    def _concat(self, node: ir.Concat, shape: Shape) -> Shape | None:
        return self._joined(node, [self.node(branch, shape) for branch in node.branches], shape)

    def _joined(
        self, node: ir.Concat | ir.Fork, outputs: list[Shape | None], shape: Shape
    ) -> Shape | None:
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
        # Of sizes that are equally frequent, the input's is the one that no branch has changed.
        usual = max(frequency, key=lambda size: (frequency[size], size == shape[1:]))
        fitting = [_branch_name(node, i) for i, size in enumerate(sizes) if size == usual]
        rest = f"{fitting[0]} is" if len(fitting) == 1 else "the others are"
        all_odd = [i for i, size in enumerate(sizes) if size != usual]
        odd = all_odd[:_MOST_BRANCHES]
        differs = [f"{_branch_name(node, i)} is {_size(sizes[i])}" for i in odd]
        if more := len(all_odd) - len(odd):
            differs.append(f"{more} more differ")
        differ = ", ".join(differs)
        reasons = [self._why(node.branches, i, usual) for i in odd]
        if len(sizes) == 2 and usual != shape[1:]:
            # Of two that both differ from the input either may be meant.
            other = self._why(node.branches, 1 - odd[0], sizes[odd[0]])
            reasons.append(other._replace(note=None, hint=None))
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
        message = (
            f"Residual: its layers give {format_shape(body)}, {other} is {format_shape(shortcut)}"
        )
        hint = "project the input to the same shape, shortcut: {Conv: 1x1, out: ...}"
        reason = _Reason(None, None, None)
        if body[1:] != shortcut[1:]:
            reason = self._why(node.children, 0, shortcut[1:])
        self._report(
            Code.CONCAT,
            message,
            node,
            (reason.note,) if reason.note else (),
            hint if node.shortcut is None else reason.hint,
            (reason.label,) if reason.label else self._given(shape),
        )
        return None

    def _given(self, shape: Shape) -> tuple[Label, ...]:
        """The row before, where what it gives is this shape."""
        if self.behind is None or shape != self.entered:
            return ()
        return (Label(self.behind.span, f"{self.behind.path} gives {format_shape(shape)}"),)

    def _why(self, branches: tuple[ir.Node, ...], index: int, wanted: Shape) -> "_Reason":
        """The layer of a branch that last changed the size, its arithmetic, and what would fit.

        The branches are those that were looked at last.
        """
        end = len(self.ops) - sum(map(_operators, branches[index + 1 :]))
        for i in reversed(range(end - _operators(branches[index]), end)):
            op, before, after = self.ops[i], self.given[i], self.made[i]
            if before[1:] == after[1:]:
                continue
            operator = op.operator
            label = Label(op.span, f"from {_size(before[1:])} to {_size(after[1:])} here")
            note = _sum(operator, before, after)
            return _Reason(label, note, _fitting(operator, before, wanted))
        return _Reason(None, "no layer of this branch changes the size", None)

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


def _fitting(operator: Operator, before: Shape, wanted: Shape) -> str | None:
    """A change of one field that gives the wanted size, if there is one."""
    changes: list[tuple[dict[str, object], str]] = []
    window = getattr(operator, "window", None)
    ceil = getattr(operator, "ceil", None)
    if isinstance(window, Window) and ceil is not None:
        changes.append(({"ceil": not ceil}, f"ceil: {'false' if ceil else 'true'} gives"))
    if isinstance(window, Window):
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
    if not isinstance(window, Window):
        return None
    axis = 0 if before[1] != after[1] else 1
    pads: Pair = getattr(operator, "pads", (0, 0))
    step = (window.stride or (1, 1))[axis]
    ceil = bool(getattr(operator, "ceil", False))
    total = arithmetic(before[1 + axis], window.kernel[axis], step, pads[axis], ceil)
    return f"{type(operator).__name__} gives {total}"


def _operators(node: ir.Node) -> int:
    return sum(type(inner) is ir.Op for inner in ir.walk(node))


def _branch_name(node: ir.Concat | ir.Fork, index: int) -> str:
    name = node.branches[index].name
    return name if name and not name.isdecimal() else f"branch {index + 1}"


def _size(size: Shape) -> str:
    return format_shape(size) if size else "flat"
