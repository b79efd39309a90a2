"""A violation: the report of a lint about one place in a network."""

from typing import NamedTuple

from archc.diagnostics import Label
from archc.diagnostics.spans import Span
from archc.network import ir


class Violation(NamedTuple):
    """One place that violates a lint: the node at ``path``, reported at ``span``."""

    path: str
    span: Span
    message: str
    hint: str
    labels: tuple[Label, ...] = ()


def violation(node: ir.Node, message: str, hint: str, *labels: Label) -> Violation:
    """Return a violation reported at the node's place in the spec."""
    return Violation(node.path, node.span, message, hint, labels)
