"""HTML tables: any ``Table``, and the table of all layers."""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element

from archc.network import ir
from archc.ops.operator import format_shape
from archc.views.drawing.outline import Entry
from archc.views.page.markup import element, table_element
from archc.views.tables.table import Table, TableCell


def html_table(table: Table, caption: str) -> Element:
    """Return a table as HTML, with the reasons for errata below it."""
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
    html = table_element(caption, [head], body)
    reasons = element("ol", *(element("li", note) for note in notes)) if notes else None
    why = element("p", "Errata declared in the spec:") if notes else None
    return element("div", scrolled(html, caption), why, reasons)


def outline_table(entries: Sequence[Entry], prefix: str) -> Element:
    """Return every named node with its numbers. Boxes of the picture refer to its rows by id."""
    head = element("tr", head_cell("layer", False))
    head.extend(head_cell(heading, i in _NUMBERS) for i, (heading, _) in enumerate(_COLUMNS, 1))
    head.append(head_cell("line in the spec", False))
    body = []
    for number, entry in enumerate(entries):
        path = entry.node.path + (f" and {entry.alike:,} more like it" if entry.alike else "")
        row = element("tr", element("th", path, scope="row"), id=f"{prefix}{number}")
        row.extend(element("td", text(entry)) for _, text in _COLUMNS)
        span = entry.node.span
        code = element("code", span.source.line(span.line).strip()[:120])
        row.append(element("td", f"{span.source.name}:{span.line} ", code))
        body.append(row)
    caption = "Rows, branches and layers"
    return scrolled(table_element(caption, [head], body, class_="lines"), caption)


def scrolled(table: Element, name: str) -> Element:
    """Return the table in an element that scrolls if the table is wider than the page."""
    return element("div", table, class_="scroll", role="region", aria_label=name, tabindex=0)


def head_cell(text: str, number: bool) -> Element:
    """Return the heading of a column; headings of numbers are right-aligned."""
    return element("th", text.replace("/ ", "/"), scope="col", class_="number" if number else None)


def _post_ops(entry: Entry) -> str:
    """Return the norm and the activation of a layer."""
    if not isinstance(entry.node, ir.Op):
        return ""
    operator = entry.node.operator
    inner = (getattr(operator, field) for field in operator.layer_fields)
    return ", ".join(type(layer).__name__ for layer in inner if layer is not None)


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _field_size(entry: Entry) -> str:
    return format_shape(entry.receptive_field.size) if entry.receptive_field else ""


def _field_stride(entry: Entry) -> str:
    return format_shape(entry.receptive_field.stride) if entry.receptive_field else ""


_COLUMNS: tuple[tuple[str, Callable[[Entry], str]], ...] = (
    ("kind", lambda entry: entry.kind.replace("_", " ")),
    ("patch/ stride", lambda entry: entry.notation),
    ("then", _post_ops),
    ("input", lambda entry: format_shape(entry.input)),
    ("output", lambda entry: format_shape(entry.output)),
    ("depth", lambda entry: _count(entry.depth)),
    ("params", lambda entry: _count(entry.cost.params)),
    ("weights", lambda entry: _count(entry.cost.weights)),
    ("biases", lambda entry: _count(entry.cost.biases)),
    ("norm", lambda entry: _count(entry.cost.norm_params)),
    ("MACs", lambda entry: _count(entry.cost.macs)),
    ("pool ops", lambda entry: _count(entry.cost.pool_ops)),
    ("norm ops", lambda entry: _count(entry.cost.norm_ops)),
    ("activation ops", lambda entry: _count(entry.cost.activation_ops)),
    ("receptive field", _field_size),
    ("its stride", _field_stride),
)
"""The columns between the path and the line in the spec, as heading and text."""
_NUMBERS = range(6, 15)
"""The columns of numbers. page.css aligns their cells to the right."""


def _numeric(table: Table) -> set[str]:
    """Return the headings of columns that contain only numbers."""
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
