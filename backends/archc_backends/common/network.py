"""Facts and sentences about a network that every backend needs."""

from collections.abc import Container, Iterable

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.wording import pluralize
from archc.network import ir
from archc.ops.activation import Softmax
from archc.ops.operator import Operator, format_shape

MAXIMUM_PARAMS = 2_000_000_000
"""The most parameters for which a backend creates tensors."""


def final_softmax(network: ir.Network) -> str:
    """Return the name of the softmax in the last row, which forward leaves out, or ""."""
    last = network.rows[-1]
    if isinstance(last, ir.Op) and isinstance(last.operator, Softmax) and len(network.rows) > 1:
        return last.name
    return ""


def unsupported(
    nodes: Iterable[ir.Node],
    layers: Container[type[Operator]],
    activations: Container[type[Operator]],
    target: str,
) -> list[Diagnostic]:
    """Report each operator that ``target`` does not support.

    ``layers`` are the operators that it supports, ``activations`` those that may end a layer or
    follow a sum.
    """
    diagnostics = []
    for node in (inner for outer in nodes for inner in ir.walk(outer)):
        kinds = []
        holder: object = node
        if isinstance(node, ir.Op):
            holder = node.operator
            kinds = [type(node.operator)] if type(node.operator) not in layers else []
        activation = getattr(holder, "activation", None)
        if activation is not None and type(activation) not in activations:
            kinds.append(type(activation))
        for kind in kinds:
            message = f"{kind.__name__} cannot be expressed in {target} ({node.path})"
            diagnostics.append(Diagnostic(Code.UNSUPPORTED, message, node.span))
    return list(dict.fromkeys(diagnostics))


def citation(network: ir.Network) -> str:
    """Return a sentence that cites the network's paper, or "" if the spec names none."""
    paper = network.paper
    if paper is None:
        return ""
    table = f", table {paper.table}" if paper.table else ""
    arxiv = f", arXiv:{paper.arxiv}" if paper.arxiv else ""
    return f"{paper.title}, {paper.authors}, {paper.year}{arxiv}{table}."


def size(analysis: Analysis, params: str) -> str:
    """Return a sentence with input, classes and cost; ``params`` is its count of parameters."""
    network = analysis.network
    return (
        f"For {format_shape(network.input)} images and {network.classes} classes: {params}, "
        f"{analysis.cost.macs:,} multiply-accumulates, {pluralize(analysis.depth, 'layer')} deep."
    )
