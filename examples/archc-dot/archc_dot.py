"""A backend for archc that draws the network for Graphviz, with a node for each layer."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archc import Analysis, Diagnostic
from archc.diagnostics import Code
from archc.driver.backend import Options
from archc.network import ir
from archc.ops.operator import format_shape

_NODE = re.compile(r'^  "(?P<path>[^"]+)" \[label="(?P<label>[^"]+)"\];$', re.MULTILINE)


class Dot:
    """Emits ``<stem>.dot``."""

    comment = "//"
    options: frozenset[str] = frozenset()
    imports: frozenset[str] = frozenset()

    def check(self, analysis: Analysis) -> list[Diagnostic]:
        """Report nothing: every network can be drawn."""
        return []

    def emit(self, analysis: Analysis, options: Options) -> dict[str, bytes] | list[Diagnostic]:
        """Return the drawing; archc adds its header."""
        return {f"{options.stem}.dot": drawing(analysis).encode()}

    def verify(self, analysis: Analysis, file: Path) -> list[Diagnostic] | str:
        """Report each layer whose label in the file differs from the analysis."""
        drawn = dict(_NODE.findall(file.read_text(encoding="utf-8")))
        wrong = [path for path, label in labels(analysis).items() if drawn.get(path) != label]
        diagnostics = [Diagnostic(Code.DIFFERENT, f"{file}: {path} differs") for path in wrong]
        return diagnostics or f"{len(labels(analysis))} layers"

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """Report that a drawing has no weights."""
        return Diagnostic(Code.UNSUPPORTED, f"{file}: a drawing holds no weights")

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """Report that a drawing has no weights."""
        return Diagnostic(Code.UNSUPPORTED, "a drawing holds no weights")

    def materialize(self, analysis: Analysis) -> object:
        """Return the drawing as text."""
        return drawing(analysis)


def drawing(analysis: Analysis) -> str:
    """Return the whole graph; auxiliary heads branch off the rows that they read."""
    network = analysis.network
    lines = [f'  "{path}" [label="{label}"];' for path, label in labels(analysis).items()]
    ends: dict[str, list[str]] = {}
    sources = ["images"]
    for row in network.rows:
        edges, sources = joined(row, sources)
        lines += edges
        ends[row.name] = sources
    for head in network.aux:
        lines += joined(head.body, ends[head.tap])[0]
    return "\n".join([f"digraph {network.name} {{", *lines, "}", ""])


def labels(analysis: Analysis) -> dict[str, str]:
    """Map each layer's path to its label: kind, window and output shape."""
    found = {"images": format_shape(analysis.network.input)}
    for op, shape in zip(analysis.shapes.ops, analysis.shapes.outputs, strict=True):
        window = f" {op.operator.notation}" if op.operator.notation else ""
        found[op.path] = f"{op.path}: {type(op.operator).__name__}{window}, {format_shape(shape)}"
    return found


def joined(node: ir.Node, sources: list[str]) -> tuple[list[str], list[str]]:
    """Return the edges within the node, and its last layers; ``sources`` are its inputs."""
    if isinstance(node, ir.Op):
        return [f'  "{source}" -> "{node.path}";' for source in sources], [node.path]
    if isinstance(node, ir.Concat | ir.Residual):
        # All branches of a Concat or Residual feed the next layer.
        adds_input = isinstance(node, ir.Residual) and node.shortcut is None
        edges, ends = [], list(sources) if adds_input else []
        for branch in node.children:
            inner, end = joined(branch, sources)
            edges += inner
            ends += end
        return edges, list(dict.fromkeys(ends))
    edges = []
    for child in node.children:
        inner, sources = joined(child, sources)
        edges += inner
    return edges, sources


backend = Dot()
