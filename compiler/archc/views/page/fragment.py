"""Networks, analyses and differences as HTML fragments for notebooks.

A notebook may be light or dark, and removes scripts and style sheets of untrusted output. So each
element has its own ``style``; texts inherit their colour, background colours are transparent, and
pictures are images with their own background.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import TypeVar
from xml.etree.ElementTree import Element, tostring

from archc.analyses import Analysis, analyze
from archc.analyses.differences import Difference
from archc.checks.conformance import check_conformance
from archc.network import ir
from archc.ops.operator import format_shape
from archc.views.drawing.export import write_picture
from archc.views.drawing.network import draw_network
from archc.views.page.counting import facts
from archc.views.page.figures import READING
from archc.views.page.markup import Child, definitions, element
from archc.views.page.tables import html_table
from archc.views.page.words import citation, verdicts
from archc.views.tables.difference import difference_lines, difference_table, totals_table
from archc.views.tables.network import rows_table
from archc.views.tables.table import Table, TableCell

Item = TypeVar("Item")

MAXIMUM_ROWS = 100
MAXIMUM_COLUMNS = 40
MAXIMUM_LINES = 40
MAXIMUM_CHARACTERS = 600
"""Longer texts are cut in the middle."""
MAXIMUM_PICTURE = 150_000
"""In bytes: a saved notebook contains all its outputs."""
MAXIMUM_OPEN_HEIGHT = 2_500
"""In pixels: a taller picture is collapsed at first."""

_CELL = (
    "text-align:left;white-space:nowrap;vertical-align:top;padding:2px 3px;border:none;"
    "max-width:none"
)
_TIGHT = "margin:4px 0 4px 0;line-height:1.4"
_QUIET = "opacity:0.75"
# These override the notebook's own styles of tables, lists and headings. In untrusted output,
# JupyterLab allows only some properties and values; flex gaps, for example, are removed.
_STYLES: Mapping[str, str] = {
    "h3": "margin:0 0 4px 0;padding:0;font-size:120%;font-weight:bold;line-height:1.4",
    "p": f"{_TIGHT};text-align:left;max-width:60em",
    "table": "border-collapse:collapse;table-layout:auto;margin:4px 0 4px 0;width:auto;"
    "max-width:none;border:none;font-size:85%;line-height:1.3",
    "caption": f"caption-side:top;text-align:left;padding:2px 0;{_QUIET}",
    "th": f"{_CELL};font-weight:bold",
    "row": "white-space:normal",
    "col": "white-space:normal;vertical-align:bottom",
    "td": _CELL,
    "sup": "font-size:75%;line-height:0",
    "dl": _TIGHT,
    "fact": "display:inline-block;margin:0 24px 4px 0;vertical-align:top;text-align:left",
    "dt": f"font-size:85%;{_QUIET}",
    "dd": "font-size:110%",
    "ol": _TIGHT,
    "ul": _TIGHT,
    "summary": "display:list-item;cursor:pointer;font-weight:bold;padding:2px 0",
    "img": "max-width:100%;height:auto",
    "scroll": "overflow-x:auto;max-width:100%",
    "muted": _QUIET,
    "number": "text-align:right",
    "ruled": "border-top:1px solid",
    "match": "background-color:rgba(46,160,67,0.16)",
    "erratum": "background-color:rgba(224,162,0,0.26)",
    "mismatch": "background-color:rgba(229,72,62,0.30);font-weight:bold",
    "printed": "position:relative",
    "spoken": "position:absolute;width:1px;height:1px;overflow:hidden;clip:rect(0,0,0,0)",
}
_PLAIN = frozenset({"dl", "dt", "dd"})
"""Elements with layout rules in notebooks; each becomes a ``div``."""


def network_fragment(network: ir.Network) -> str:
    """Return the header of a network's spec, and its picture."""
    pairs = [
        ("input", format_shape(network.input)),
        ("classes", f"{network.classes:,}"),
        ("rows", f"{len(network.rows):,}"),
    ]
    if network.aux:
        heads = [f"{head.name} from {head.tap}" for head in network.aux]
        pairs.append(("auxiliary heads", ", ".join(heads)))
    if network.modules:
        pairs.append(("modules", ", ".join(network.modules)))
    analysis = analyze(network)
    if isinstance(analysis, Analysis):
        picture = _picture(analysis, is_open=True)
    else:
        picture = element("p", "Its shapes do not fit; archc.analyze(network) shows where.")
    return _markup(*_heading(network), definitions(pairs, "facts"), picture)


def analysis_fragment(analysis: Analysis) -> str:
    """Return the totals, the table with its verdicts, and a collapsed picture."""
    conformance = check_conformance(analysis)
    return _markup(
        *_heading(analysis.network),
        facts(analysis),
        verdicts(analysis, conformance),
        *_table(rows_table(analysis, conformance), "Computed values"),
        _picture(analysis, is_open=False),
    )


def difference_fragment(difference: Difference) -> str:
    """Return the rows that differ, and their changes."""
    rows = (*difference.rows, *difference.aux)
    lines = difference_lines(difference)
    if not (rows or lines):
        return _markup(element("p", "No difference in the architecture."))
    more = len(lines) - MAXIMUM_LINES
    shown = [*lines[:MAXIMUM_LINES], *([f"… and {more:,} more changes"] if more > 0 else [])]
    items = [element("li", line) for line in shown]
    kinds = dict.fromkeys(row.change for row in rows)
    counts = [f"{sum(row.change == kind for row in rows):,} {kind}" for kind in kinds]
    caption = f"{', '.join(counts) or 'No row differs'}; numbers are differences, after - before"
    return _markup(
        *_table(difference_table(difference), caption),
        *_table(totals_table(difference.totals), "Totals before and after"),
        element("ul", *items) if items else None,
    )


def picture_fragment(svg: str, title: str) -> str:
    """Return a picture only."""
    return _markup(_image(svg.encode(), title))


def _heading(network: ir.Network) -> tuple[Child, ...]:
    about = element("p", network.about) if network.about else None
    return element("h3", network.name), about, citation(network)


def _table(table: Table, caption: str) -> tuple[Child, ...]:
    """Return a table as HTML; of a large one, the first and last rows and a note about the rest."""
    headings = _ends(table.headings, MAXIMUM_COLUMNS, "…")
    rows = [_ends(row, MAXIMUM_COLUMNS, TableCell("…")) for row in table.rows]
    gap = (TableCell("…"), *[TableCell("")] * (len(headings) - 1))
    shown = _ends(rows, MAXIMUM_ROWS, gap)
    places = _ends(range(len(rows)), MAXIMUM_ROWS, -1)
    totals = tuple(i for i, place in enumerate(places) if place in table.totals)
    html = html_table(Table(headings, shown, totals), caption)
    omitted = {"rows": len(rows) - MAXIMUM_ROWS, "columns": len(table.headings) - MAXIMUM_COLUMNS}
    words = " and ".join(f"{number:,} {what}" for what, number in omitted.items() if number > 0)
    note = f"{words} are omitted; archc.to_pandas returns all." if words else None
    return html, element("p", note) if note else None


def _ends(items: Sequence[Item], most: int, gap: Item) -> tuple[Item, ...]:
    """Return the items; if there are more than ``most``, the first and last ones around ``gap``."""
    if len(items) <= most:
        return tuple(items)
    last = most // 5
    return (*items[: most - last], gap, *items[-last:])


def _picture(analysis: Analysis, is_open: bool) -> Element:
    """Return the picture in a collapsible element, unless it is too large."""
    name = analysis.network.name
    block = draw_network(analysis)
    svg = write_picture(block, name, {})
    if len(svg) > MAXIMUM_PICTURE:
        return element("p", "The picture is too large for a notebook; archc.draw returns it.")
    return element(
        "details",
        element("summary", "Picture of the network"),
        element("p", READING, class_="muted"),
        _image(svg, f"{name}, from input to head"),
        open="" if is_open and block.height <= MAXIMUM_OPEN_HEIGHT else None,
    )


def _image(svg: bytes, title: str) -> Element:
    data = b64encode(svg).decode()
    return element("img", src=f"data:image/svg+xml;base64,{data}", alt=_shortened(title))


def _markup(*children: Child) -> str:
    """Return the HTML of a fragment, with ``style`` attributes instead of classes."""
    root = element("div", *children)
    for node in root.iter():
        if node.tag == "dl":
            for pair in node:
                pair.set("class", "fact")
        names = (node.tag, node.get("scope", ""), *node.attrib.pop("class", "").split())
        style = ";".join(_STYLES[name] for name in names if name in _STYLES)
        if style:
            node.set("style", style)
        node.tag = "div" if node.tag in _PLAIN else node.tag
        node.text = _shortened(node.text)
        node.tail = _shortened(node.tail)
    # Keep MathJax from reading dollar signs in a spec as formulas.
    root.set("class", "tex2jax_ignore mathjax_ignore")
    content: str = tostring(root, encoding="unicode", method="html")
    return content


def _shortened(text: str | None) -> str | None:
    if text is None or len(text) <= MAXIMUM_CHARACTERS:
        return text
    half = MAXIMUM_CHARACTERS // 2
    return f"{text[:half]} … {text[-half:]}"
