"""HTML tables: any ``Table``, and the table of all layers."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.conformance import Conformance
from archc.network import ir
from archc.ops.operator import format_shape
from archc.views.drawing.lines import Line
from archc.views.page.markup import element
from archc.views.tables.network import rows_table
from archc.views.tables.table import Table, TableCell


def html_table(table: Table, caption: str) -> Element:
    """Return a table as HTML, with the reasons of errata below it."""
    notes: list[str] = []
    numeric = _numeric(table)
    head = element("tr", *(head_cell(text, text in numeric) for text in table.headings))
    body = []
    for i, (first, *rest) in enumerate(table.rows):
        # The name of a total extends over the empty cells after it.
        empty = next((n for n, cell in enumerate(rest) if cell.text), 0) if i in table.totals else 0
        cells = [element("th", first.text, scope="row", colspan=empty + 1 if empty else None)]
        for cell, heading in zip(rest[empty:], table.headings[empty + 1 :], strict=True):
            cells.append(_cell(cell, heading in numeric, f"{first.text}.{heading}", notes))
        body.append(element("tr", *cells, class_="ruled" if i in table.ruled_rows else None))
    whole = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *body)
    )
    reasons = element("ol", *(element("li", note) for note in notes)) if notes else None
    why = element("p", "Errata declared in the spec:") if notes else None
    return element("div", scrolled(whole, caption), why, reasons)


def paper_table(analysis: Analysis, conformance: Conformance) -> Element:
    """Return the table of ``archc table``, with the reasons of errata."""
    caption = "Computed values. Sizes are height x width x channels, as in papers"
    return html_table(rows_table(analysis, conformance), caption)


def lines_table(lines: Sequence[Line], prefix: str) -> Element:
    """Return every named node with its numbers. Boxes of the picture refer to its rows by id."""
    headings = (
        *("layer", "kind", "patch/ stride", "then", "input", "output", "depth", "params"),
        *("weights", "biases", "norm", "MACs", "pool ops", "norm ops", "activation ops"),
        *("receptive field", "its stride", "line in the spec"),
    )
    body = []
    for number, line in enumerate(lines):
        cost = line.cost
        counts = (cost.params, cost.weights, cost.biases, cost.norm, cost.macs)
        others = (cost.pool_ops, cost.norm_ops, cost.activation_ops)
        path = line.node.path + (f" and {line.alike:,} more like it" if line.alike else "")
        span = line.node.span
        field = line.receptive_field
        place = element("td", f"{span.source.name}:{span.line} ", element("code", _stated(line)))
        body.append(
            element(
                "tr",
                element("th", path, scope="row"),
                element("td", line.kind.replace("_", " ")),
                *(element("td", text) for text in (line.notation, _followed_by(line.node))),
                *(element("td", format_shape(shape)) for shape in (line.input, line.output)),
                *(element("td", f"{n:,}" if n else "") for n in (line.depth, *counts, *others)),
                element("td", format_shape(field.size) if field else ""),
                element("td", format_shape(field.stride) if field else ""),
                place,
                id=f"{prefix}{number}",
            )
        )
    head = element("tr", *(head_cell(text, 6 <= i < 15) for i, text in enumerate(headings)))
    table = element(
        "table",
        element("caption", "Rows, branches and layers"),
        element("thead", head),
        element("tbody", *body),
        class_="lines",
    )
    return scrolled(table, "Rows, branches and layers")


def scrolled(table: Element, name: str) -> Element:
    """Return the table in an element that scrolls if the table is wider than the page."""
    return element("div", table, class_="scroll", role="region", aria_label=name, tabindex=0)


def head_cell(text: str, number: bool) -> Element:
    """Return the heading of a column; headings of numbers are right-aligned."""
    return element("th", text.replace("/ ", "/"), scope="col", class_="number" if number else None)


def _followed_by(node: ir.Node) -> str:
    """The norm and the activation of a layer."""
    if not isinstance(node, ir.Op):
        return ""
    inner = (getattr(node.operator, field) for field in node.operator.layer_fields)
    return ", ".join(type(layer).__name__ for layer in inner if layer is not None)


def _stated(line: Line) -> str:
    span = line.node.span
    return span.source.line(span.line).strip()[:120]


def _numeric(table: Table) -> set[str]:
    """The headings of columns that contain only numbers."""
    found = set()
    for i, heading in enumerate(table.headings):
        texts = [row[i].text for row in table.rows if row[i].text]
        digits = (text.lstrip("+-")[:1].isdigit() and "x" not in text for text in texts)
        if i and texts and all(digits):
            found.add(heading)
    return found


def _cell(cell: TableCell, number: bool, place: str, notes: list[str]) -> Element:
    kind = " ".join([*(["number"] if number else []), *([cell.verdict] if cell.verdict else [])])
    result = cell.result
    if result is None:
        return element("td", cell.text, class_=kind or None)
    if cell.verdict == "match":
        tick = element("span", "✓", title="as printed", role="img", aria_label="as printed")
        return element("td", f"{result.computed} ", tick, class_=kind)
    note = None
    if result.why is not None:
        notes.append(f"{place}: {result.why}")
        note = element("sup", f" [{len(notes)}]")
    word = "erratum: printed " if cell.verdict == "erratum" else "mismatch: printed "
    hidden = element("span", word, class_="spoken")
    printed = element("span", hidden, element("s", result.printed), note, class_="printed")
    return element("td", f"{result.computed} ", printed, class_=kind)
