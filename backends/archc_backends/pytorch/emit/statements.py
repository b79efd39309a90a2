"""The forward pass of one class as statements, in the order in which they run."""

import re
from itertools import takewhile
from typing import Protocol

from archc.diagnostics.wording import join_words, pluralize
from archc.network import ir
from archc.network.names import is_name
from archc.ops.normalization import BatchNorm
from archc_backends.pytorch.emit.definitions import Statement
from archc_backends.pytorch.emit.expressions import (
    WIDTH,
    Call,
    Expression,
    Group,
    flat,
    format_expression,
)
from archc_backends.pytorch.emit.operators import apply_activation

IMPORTS = frozenset({"torch", "nn", "functional"})
"""Imported names, which no argument and no variable may have."""


def format_statement(statement: Statement, indent: int) -> str:
    """Format the statement, without its comment if the line would be too long."""
    before = f"{statement.target} = "
    comment = f"  # {statement.comment}" if statement.comment else ""
    width = indent + len(before) + len(flat(statement.value))
    if width <= WIDTH < width + len(comment):
        comment = ""
    return format_expression(statement.value, indent, before, comment)


class NodeInfo(Protocol):
    """Facts about the nodes of a class that its statements depend on."""

    def comment(self, node: ir.Node) -> str:
        """Return the node's output shape as text."""

    def flattens(self, node: ir.Node) -> bool:
        """Whether the node takes features but its input may be channels x 1 x 1."""

    def features(self, node: ir.Node) -> str:
        """Return the node's input features as text."""

    def scale(self, node: ir.Residual) -> str:
        """Return the scale of a residual as an expression."""


class Statements:
    """Collects the statements that compute a tree of attributes ``self.<name>``."""

    def __init__(self, nodes: NodeInfo, taken: set[str]) -> None:
        self.lines: list[Statement] = []
        self._nodes = nodes
        self._taken = {"self", "x", *IMPORTS, *taken}

    def emit(self, node: ir.Node, source: str, target: str) -> None:
        """Add statements that store the node's output for ``source`` in ``target``."""
        if node.name:
            if self._nodes.flattens(node):
                flattened = Call("torch.flatten", (source, "1"))
                self._add(target, flattened, self._nodes.features(node))
                source = target
            self._add(target, Call(attribute(node.name), (source,)), self._nodes.comment(node))
        elif isinstance(node, ir.Concat):
            self._concat(node, source, target)
        elif isinstance(node, ir.Fork):
            self._fork(node, source, target)
        elif isinstance(node, ir.Residual):
            self._residual(node, source, target)
        else:
            for child in node.children:
                self.emit(child, source, target)
                source = target

    def fresh(self, word: str) -> str:
        """Return a new variable, named after the word."""
        name, number = word, 2
        while name in self._taken:
            name, number = f"{word}_{number}", number + 1
        self._taken.add(name)
        return name

    def _concat(self, node: ir.Concat, source: str, target: str) -> None:
        parts: list[Expression] = []
        if all(branch.name and not self._nodes.flattens(branch) for branch in node.branches):
            parts += [Call(attribute(branch.name), (source,)) for branch in node.branches]
        else:
            # Every branch gets a statement, so that branches run in the order of the spec.
            for i, branch in enumerate(node.branches):
                variable = self.fresh(_variable(branch, i))
                self.emit(branch, source, variable)
                parts.append(variable)
        joined = Call("torch.cat", (Group("()", tuple(parts)), "1"))
        self._add(target, joined, self._nodes.comment(node))

    def _fork(self, node: ir.Fork, source: str, target: str) -> None:
        words = part_variables(node)
        variables = [self.fresh(word) if word else source for word in words]
        read = ", ".join(name for name, part in zip(variables, node.parts, strict=True) if part)
        shared = Call(attribute(node.shared.name), (source,))
        parts = attribute(parts_attribute(node))
        self._add(read, Call("torch.split", (shared, parts, "1")), "")
        joined: list[Expression] = []
        inline = not any(
            (not branch.name and branch.children) or self._nodes.flattens(branch)
            for branch in node.branches
        )
        for i, (branch, variable) in enumerate(zip(node.branches, variables, strict=True)):
            if inline:
                called = Call(attribute(branch.name), (variable,))
                joined.append(called if branch.name else variable)
                continue
            result = variable if node.parts[i] else self.fresh(_variable(branch, i))
            self.emit(branch, variable, result)
            joined.append(result)
        value = Call("torch.cat", (Group("()", tuple(joined)), "1"))
        self._add(target, value, self._nodes.comment(node))

    def _residual(self, node: ir.Residual, source: str, target: str) -> None:
        residual = self.fresh("residual")
        self.emit(node.body, source, residual)
        straight = source
        if node.shortcut is not None:
            straight = self.fresh("shortcut")
            self.emit(node.shortcut, source, straight)
        scale = self._nodes.scale(node)
        total = (
            f"{residual} + {straight}" if scale == "1.0" else f"{residual} * {scale} + {straight}"
        )
        value = apply_activation(node.activation, total) if node.activation else total
        self._add(target, value, self._nodes.comment(node))

    def _add(self, target: str, value: Expression, comment: str) -> None:
        self.lines.append(Statement(target, value, comment))


def describe(body: ir.Node) -> str:
    """Describe a module that has no description by listing its layers."""
    names = [node.name or type(node).__name__ for node in body.children]
    if isinstance(body, ir.Concat | ir.Fork):
        words = part_variables(body) if isinstance(body, ir.Fork) else ("",) * len(body.branches)
        branches = enumerate(zip(body.branches, words, strict=True))
        names = [branch.name or word or _variable(branch, i) for i, (branch, word) in branches]
    elif isinstance(body, ir.Residual):
        names = [node.name or type(node).__name__ for node in body.body.children]
        names += [] if body.shortcut is None else ["shortcut"]
    kind = "Concat" if isinstance(body, ir.Fork) else type(body).__name__
    text = f"{kind} of {join_words(names)}."
    short = len(text) <= WIDTH - 10 and not any(name.isdigit() for name in names)
    return text if short else f"{kind} of {pluralize(len(names), 'layer')}."


def snake_case(name: str) -> str:
    """Return the name in snake case: ``AuxLogits`` becomes ``aux_logits``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def parts_attribute(node: ir.Fork) -> str:
    """Return the attribute with the sizes of the parts of the shared output."""
    return f"{node.shared.name}_parts"


def part_variables(node: ir.Fork) -> list[str]:
    """Return a variable for each branch that reads a part, and "" for other branches."""
    merged = (op.name for op in node.shared.replaces if not isinstance(op.operator, BatchNorm))
    return [
        _variable(branch, i, next(merged)) if part else ""
        for i, (branch, part) in enumerate(zip(node.branches, node.parts, strict=True))
    ]


def _variable(branch: ir.Node, position: int, before: str = "") -> str:
    """Return a variable for a branch: its name, or a common prefix or suffix of its layers.

    ``before`` is the name of a layer that was in front of them before the optimisation.

    branch5x5_1 and branch5x5_2 give branch5x5; pool and branch_pool give pool. Without a common
    part, the branch is numbered.
    """
    names = [branch.name] if branch.name else [layer.name for layer in ir.named_children(branch)]
    if before and not branch.name:
        names.insert(0, before)
    start = _common_prefix(names)
    if len(names) > 1:
        start = start.rstrip("_") if start.endswith("_") else start.rstrip("0123456789")
    end = _common_prefix([name[::-1] for name in names])[::-1].lstrip("_0123456789")
    words = (snake_case(word) for word in (start, end) if len(word) > 2 or len(names) == 1)
    return next((word for word in words if is_name(word)), f"branch{position + 1}")


def _common_prefix(names: list[str]) -> str:
    """Return the common prefix of the names."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)


def attribute(name: str) -> str:
    """Return the layer as an expression: an attribute, or an item of a list."""
    return f"self[{name}]" if name.isdigit() else f"self.{name}"
