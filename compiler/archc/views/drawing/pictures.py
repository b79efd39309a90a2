"""Pictures of a network, a part of it, or several networks side by side."""

from collections.abc import Iterable, Iterator, Sequence

from archc.analyses import Analysis
from archc.diagnostics import suggest_name
from archc.network import ir
from archc.views.drawing.export import write_picture
from archc.views.drawing.marks import differences_to_first, display_names, mark_all
from archc.views.drawing.network import draw_network, draw_part, draw_side_by_side
from archc.views.drawing.outline import describe_entry, outline
from archc.views.drawing.svg import Theme


def find_part(network: ir.Network, path: str | None, module: str | None) -> ir.Node | None:
    """Return the node at ``path``, or the first use of ``module``; None if there is none."""
    for node in _nodes(network):
        calls = isinstance(node, ir.Call) and node.module == module
        if calls if module is not None else node.path == path:
            return node
    return None


def unknown_part(network: ir.Network, path: str | None, module: str | None) -> str:
    """Return the message about an unknown part, with the most similar name."""
    known: Iterable[str] = network.modules
    what, name = "module", module or ""
    if module is None:
        known = [node.path for node in _nodes(network)]
        what, name = "row or layer", path or ""
    hint = suggest_name(name, known)
    return f"{network.name} has no {what} {name}{f'; {hint}' if hint else ''}"


def picture_part(
    analysis: Analysis, part: ir.Node, symbolic: bool, theme: Theme = "auto", stamp: str = ""
) -> bytes:
    """Return one row or named node as SVG; with ``symbolic``, as its module defines it."""
    name = part.module if isinstance(part, ir.Call) and symbolic else part.path
    block = draw_part(analysis, part, symbolic)
    title = f"{name} of {analysis.network.name}"
    return write_picture(block, title, {} if symbolic else _captions(analysis), theme, stamp)


def picture(analyses: Sequence[Analysis], theme: Theme = "auto", stamp: str = "") -> bytes:
    """Return a network as SVG, or several side by side, compared with the first."""
    names = display_names(analyses)
    if len(analyses) == 1:
        (analysis,) = analyses
        captions = _captions(analysis)
        return write_picture(draw_network(analysis), names[0], captions, theme, stamp)
    marks = mark_all(analyses, differences_to_first(analyses))
    blocks = [draw_network(*pair) for pair in zip(analyses, marks, strict=True)]
    block = draw_side_by_side(zip(names, blocks, strict=True))
    return write_picture(block, ", ".join(names), {}, theme, stamp)


def _nodes(network: ir.Network) -> Iterator[ir.Node]:
    """Yield every node, those of auxiliary heads last."""
    for row in network.rows_and_heads:
        yield from ir.walk(row)


def _captions(analysis: Analysis) -> dict[str, str]:
    return {entry.node.path: describe_entry(entry) for entry in outline(analysis)}
