"""Grids as text and Markdown, records as CSV and as a table of pandas."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.views.markdown import escape
from archc.views.tables.table import Table, TableCell

if TYPE_CHECKING:
    from pandas import DataFrame

Styler = Callable[[str, str], str]
"""Colours a text by its verdict."""


def as_text(table: Table, style: Styler) -> str:
    """Aligned columns; headings of several words stand on several lines."""
    heads = [tuple(map(TableCell, line)) for line in table.heading_lines]
    # A total's first cell runs over the empty ones behind it, and does not widen its column.
    rows = [
        (TableCell(""), *row[1:]) if i in table.totals else row for i, row in enumerate(table.rows)
    ]
    widths = [max(len(cell.text) for cell in column) for column in zip(*heads, *rows, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    lines = [*(_line(head, widths, style) for head in heads), rule]
    for i, row in enumerate(table.rows):
        lines += [rule] if i in table.ruled_rows else []
        lines.append(_line(row, widths, style))
    return "\n".join(lines)


def as_markdown(table: Table) -> str:
    """A pipe table."""
    headings = tuple(heading.replace("/ ", "/") for heading in table.headings)
    rows: list[Iterable[str]] = [map(escape, headings), ("---",) * len(headings)]
    rows += [(escape(cell.text) for cell in row) for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def as_list(lines: Iterable[str]) -> str:
    """Lines as a list of Markdown, indented ones as parts of the one before."""
    items = []
    for line in lines:
        text = line.lstrip(" ")
        items.append(f"{line[: len(line) - len(text)]}- {escape(text)}")
    return "\n".join(items)


def as_csv(records: Iterable[Mapping[str, object]]) -> str:
    """Comma-separated values, a line for the keys first; a record may lack some of them."""
    records = tuple(records)
    out = io.StringIO(newline="\n")
    headings = dict.fromkeys(key for record in records for key in record)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([_plain(record.get(key)) for key in headings] for record in records)
    return out.getvalue()


def as_frame(records: Sequence[Mapping[str, object]]) -> "DataFrame":
    """A table of pandas, with the columns of ``as_csv``: integers, fractions or text, or missing.

    Needs the extra ``notebook``.
    """
    from pandas import DataFrame, Series

    headings = dict.fromkeys(key for record in records for key in record)
    columns = {}
    for key in headings:
        values = [record.get(key) for record in records]
        kind = _kind(values)
        cells = [_plain(v) if kind == "string" and v is not None else v for v in values]
        columns[key] = Series(cells, dtype=kind)
    return DataFrame(columns)


def _kind(values: Iterable[object]) -> str:
    """The type of pandas for a column; each has a value for what is missing."""
    present = [value for value in values if value is not None]
    if not present or any(type(value) not in (int, float) for value in present):
        return "string"
    if any(isinstance(value, float) for value in present):
        return "Float64"
    # Counts of a network may be greater than what 64 bits hold.
    fits = all(isinstance(value, int) and -_WIDEST <= value < _WIDEST for value in present)
    return "Int64" if fits else "object"


_WIDEST = 2**63


def _plain(value: object) -> str:
    """Numbers in digits only, a size or shape as ``64x112x112``, true or false, empty for none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "x".join(str(size) for size in value)
    return "" if value is None else str(value)


def _line(row: tuple[TableCell, ...], widths: list[int], style: Styler) -> str:
    """The cells, each where its column begins or, behind one that runs on, where there is room."""
    line, at, begin = "", 0, 0
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            gap = max(begin - at, 2 if at else 0)
            line += " " * gap + style(cell.text, cell.verdict)
            at += gap + len(cell.text)
        begin += width + 2
    return line
