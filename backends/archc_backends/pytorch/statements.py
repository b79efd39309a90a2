"""The forward pass of one class: its structure as statements, in the order in which they run."""

from collections.abc import Callable
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis
from archc.ops.linear import Linear
from archc_backends.pytorch.expressions import Call, Expression, Group
from archc_backends.pytorch.operators import activated
from archc_backends.pytorch.operators.site import literal


class Statement(NamedTuple):
    """``target = value  # comment``."""

    target: str
    value: Expression
    comment: str = ""


class Statements:
    """Collects the statements that compute a tree of attributes ``self.<name>``."""

    def __init__(
        self,
        analysis: Analysis,
        comment: Callable[[ir.Node], str],
        taken: set[str],
        scale: Callable[[ir.Residual], str],
    ) -> None:
        self.lines: list[Statement] = []
        self._analysis = analysis
        self._comment = comment
        self._taken = {"self", "x", "torch", "nn", "functional", *taken}
        self._scale = scale

    def run(self, node: ir.Node, source: str, target: str) -> None:
        """Statements after which ``target`` holds what the node makes of ``source``."""
        if node.name:
            if flattened(node, self._analysis):
                features = self._analysis.shapes.inputs[id(node)][0]
                self._add(target, f"torch.flatten({source}, 1)", str(features))
                source = target
            self._add(target, f"self.{node.name}({source})", self._comment(node))
        elif isinstance(node, ir.Concat):
            self._concat(node, source, target)
        elif isinstance(node, ir.Residual):
            self._residual(node, source, target)
        else:
            for child in node.children:
                self.run(child, source, target)
                source = target

    def fresh(self, word: str) -> str:
        """A variable's name that nothing else has."""
        name, number = word, 2
        while name in self._taken:
            name, number = f"{word}{number}", number + 1
        self._taken.add(name)
        return name

    def _concat(self, node: ir.Concat, source: str, target: str) -> None:
        parts: list[Expression] = []
        if all(branch.name and not flattened(branch, self._analysis) for branch in node.branches):
            parts += [f"self.{branch.name}({source})" for branch in node.branches]
        else:
            # Every branch gets a statement, so that they run in the order of the spec.
            for i, branch in enumerate(node.branches):
                variable = self.fresh(branch.name or f"branch{i + 1}")
                self.run(branch, source, variable)
                parts.append(variable)
        joined = Call("torch.cat", (Group("()", tuple(parts)), "1"))
        self._add(target, joined, self._comment(node))

    def _residual(self, node: ir.Residual, source: str, target: str) -> None:
        residual = self.fresh("residual")
        self.run(node.body, source, residual)
        straight = source
        if node.shortcut is not None:
            straight = self.fresh("shortcut")
            self.run(node.shortcut, source, straight)
        scale = self._scale(node)
        total = (
            f"{residual} + {straight}" if scale == "1.0" else f"{residual} * {scale} + {straight}"
        )
        value = activated(node.activation, total) if node.activation else total
        self._add(target, value, self._comment(node))

    def _add(self, target: str, value: Expression, comment: str) -> None:
        self.lines.append(Statement(target, value, comment))


def flattened(node: ir.Node, analysis: Analysis) -> bool:
    """Whether the node is a Linear that is given CxHxW, so that its input must be flattened."""
    return (
        isinstance(node, ir.Op)
        and isinstance(node.operator, Linear)
        and len(analysis.shapes.inputs[id(node)]) == 3
    )


def fixed_scale(node: ir.Residual) -> str:
    """The scale as a literal."""
    return literal(float(node.scale))
