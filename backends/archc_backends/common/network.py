"""What every backend has to know of a network."""

from archc.analyses import Analysis
from archc.diagnostics.wording import counted
from archc.network import ir
from archc.ops.activation import Softmax
from archc.ops.operator import written

MAXIMUM_PARAMS = 2_000_000_000
"""The most parameters of which a backend makes tensors."""


def softmax_behind(network: ir.Network) -> str:
    """The name of a softmax as the last row: no part of forward, which gives logits; else empty."""
    last = network.rows[-1]
    if isinstance(last, ir.Op) and isinstance(last.operator, Softmax) and len(network.rows) > 1:
        return last.name
    return ""


def citation(network: ir.Network) -> str:
    """Where the network comes from, as a sentence; empty where the spec does not say."""
    paper = network.paper
    if paper is None:
        return ""
    table = f", table {paper.table}" if paper.table else ""
    arxiv = f", arXiv:{paper.arxiv}" if paper.arxiv else ""
    return f"{paper.title}, {paper.authors}, {paper.year}{arxiv}{table}."


def size(analysis: Analysis, params: str) -> str:
    """What it is for and how large it is, as a sentence; ``params`` are its parameters in words."""
    network = analysis.network
    return (
        f"For {written(network.input)} images and {network.classes} classes: {params}, "
        f"{analysis.cost.macs:,} multiply-accumulates, {counted(analysis.depth, 'layer')} deep."
    )
