"""What a lint says of one place of a network."""

from typing import NamedTuple

from archc.diagnostics import Label
from archc.diagnostics.spans import Span
from archc.network import ir


class Violation(NamedTuple):
    """One remark: on the node at ``path``, shown at ``span``."""

    path: str
    span: Span
    message: str
    hint: str
    labels: tuple[Label, ...] = ()


def violation(node: ir.Node, message: str, hint: str, *labels: Label) -> Violation:
    """A remark that is shown where the node was written."""
    return Violation(node.path, node.span, message, hint, labels)
