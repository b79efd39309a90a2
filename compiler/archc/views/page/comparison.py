"""Tables that compare several networks with the first."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from archc.analyses import Analysis, RowAnalysis
from archc.analyses.differences import CountChange, Difference
from archc.ops.operator import format_shape
from archc.views.drawing.marks import display_names
from archc.views.page.markup import element, table_element
from archc.views.page.tables import html_table, scrolled
from archc.views.tables.difference import difference_lines, difference_table, shown_percent

MAXIMUM_LINES = 12
"""A longer list of changes is collapsed."""


def compared_totals(analyses: Sequence[Analysis]) -> Element:
    """Return the totals of every network."""
    lines = {
        "input": [format_shape(a.network.input) for a in analyses],
        "parameters": _counts([a.cost.params for a in analyses]),
        "with auxiliary heads": _counts([a.cost_with_aux.params for a in analyses]),
        "MACs": _counts([a.cost.macs for a in analyses]),
        "depth": _counts([a.depth for a in analyses]),
        "receptive field": [format_shape(a.receptive_field.size) for a in analyses],
        "activations": _counts([a.memory for a in analyses]),
        "peak activation memory": _counts([a.peak for a in analyses]),
    }
    rows = [
        element("tr", element("th", name, scope="row"), *_marked(texts))
        for name, texts in lines.items()
    ]
    names = [element("th", n, scope="col", class_="number") for n in display_names(analyses)]
    head = element("tr", element("td"), *names)
    caption = "Totals; differences from the first network are marked"
    return scrolled(table_element(caption, [head], rows), "Totals side by side")


def compared_rows(analyses: Sequence[Analysis], differences: Sequence[Difference]) -> Element:
    """Return the rows of all networks; a row and its counterpart, even if renamed, share a line."""
    former = [{row.name: row.was for row in (*d.rows, *d.aux) if row.was} for d in differences]
    found: list[dict[str, RowAnalysis]] = []
    names: dict[str, dict[str, None]] = {}
    for analysis, was in zip(analyses, ({}, *former), strict=True):
        rows = {was.get(row.node.name, row.node.name): row for row in analysis.rows_and_heads}
        found.append(rows)
        for name, row in rows.items():
            names.setdefault(name, {})[row.node.name] = None
    order = _merged([list(rows) for rows in found])
    body = []
    for name in order:
        cells = [_row_cells(rows.get(name)) for rows in found]
        columns = [_marked(texts) for texts in zip(*cells, strict=True)]
        flat = [column[i] for i in range(len(analyses)) for column in columns]
        body.append(element("tr", element("th", " / ".join(names[name]), scope="row"), *flat))
    heads = [element("th", n, scope="colgroup", colspan=3) for n in display_names(analyses)]
    kinds = ("output", "params", "MACs")
    under = [element("th", kind, scope="col", class_="number") for _ in analyses for kind in kinds]
    head = [
        element("tr", element("td"), *heads),
        element("tr", element("th", "row", scope="col"), *under),
    ]
    caption = "Row by row; differences from the first network are marked"
    return scrolled(table_element(caption, head, body), "Rows side by side")


def changes(analyses: Sequence[Analysis], differences: Sequence[Difference]) -> Element:
    """Return the changes from the first network to each of the others."""
    parts: list[Element] = []
    first, *others = display_names(analyses)
    for other, difference in zip(others, differences, strict=True):
        title = f"From {first} to {other}"
        parts.append(element("h3", title))
        lines = difference_lines(difference)
        if not (lines or difference.rows or difference.aux):
            parts.append(element("p", "No difference in the architecture."))
            continue
        parts.append(html_table(difference_table(difference), "Rows that differ"))
        items = element("ul", *(element("li", line) for line in lines))
        if len(lines) > MAXIMUM_LINES:
            summary = element("summary", f"{len(lines):,} changes")
            parts.append(element("details", summary, items))
        elif lines:
            parts.append(items)
    return element("div", *parts)


def _row_cells(row: RowAnalysis | None) -> tuple[str, str, str]:
    if row is None:
        return ("none", "", "")
    params, macs = (f"{n:,}" if n else "" for n in (row.cost.params, row.cost.macs))
    return (format_shape(row.output), params, macs)


def _marked(texts: Sequence[str]) -> list[Element]:
    """Return the texts as cells; those that differ from the first are marked."""
    first = texts[0]
    return [
        element("td", text if text == first else element("mark", text or "none"), class_="number")
        for text in texts
    ]


def _counts(numbers: Sequence[int]) -> list[str]:
    """Return each number with its difference from the first in percent."""
    first = numbers[0]
    percents = [shown_percent(CountChange(first, number)) for number in numbers]
    return [
        f"{number:,} ({percent})" if percent else f"{number:,}"
        for number, percent in zip(numbers, percents, strict=True)
    ]


def _merged(orders: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of all networks in one order; each new name comes after its predecessor."""
    merged = list(orders[0])
    known = set(merged)
    for order in orders[1:]:
        at = 0
        for name in order:
            if name in known:
                at = merged.index(name) + 1
                continue
            merged.insert(at, name)
            known.add(name)
            at += 1
    return merged
