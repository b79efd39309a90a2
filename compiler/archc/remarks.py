"""What a lint says of one place of a network."""

from typing import NamedTuple

from archc import ir
from archc.diagnostics import Label
from archc.spans import Span


class Remark(NamedTuple):
    """One remark: on the node at ``path``, shown at ``span``."""

    path: str
    span: Span
    message: str
    hint: str
    labels: tuple[Label, ...] = ()


def remark(node: ir.Node, message: str, hint: str, *labels: Label) -> Remark:
    """A remark that is shown where the node was written."""
    return Remark(node.path, node.span, message, hint, labels)
