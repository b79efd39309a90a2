"""Tables as text and Markdown, records as CSV and pandas DataFrames."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.ops.operator import format_shape
from archc.views.markdown import escape
from archc.views.tables.table import Table, TableCell

if TYPE_CHECKING:
    from pandas import DataFrame

Styler = Callable[[str, str], str]
"""Colours a text by its verdict."""


def as_text(table: Table, style: Styler) -> str:
    """Return aligned columns. Headings of several words take several lines."""
    heads = [tuple(map(TableCell, line)) for line in table.heading_lines]
    # The name of a total extends over the empty cells after it, so it does not widen its column.
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
    """Return a table in Markdown."""
    headings = tuple(heading.replace("/ ", "/") for heading in table.headings)
    rows: list[Iterable[str]] = [map(escape, headings), ("---",) * len(headings)]
    rows += [(escape(cell.text) for cell in row) for row in table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def as_list(lines: Iterable[str]) -> str:
    """Return lines as a Markdown list; indented lines become nested lists."""
    items = []
    for line in lines:
        text = line.lstrip(" ")
        items.append(f"{line[: len(line) - len(text)]}- {escape(text)}")
    return "\n".join(items)


def as_csv(records: Iterable[Mapping[str, object]]) -> str:
    """Return records as CSV, with a header; records may lack keys."""
    records = tuple(records)
    out = io.StringIO(newline="\n")
    headings = dict.fromkeys(key for record in records for key in record)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([_plain(record.get(key)) for key in headings] for record in records)
    return out.getvalue()


def as_frame(records: Sequence[Mapping[str, object]]) -> "DataFrame":
    """Return records as a pandas DataFrame with the columns of ``as_csv``.

    Columns are integers, floats or strings; missing values are NA. Needs the extra ``notebook``.
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
    """The nullable pandas dtype of a column."""
    present = [value for value in values if value is not None]
    if not present or any(type(value) not in (int, float) for value in present):
        return "string"
    if any(isinstance(value, float) for value in present):
        return "Float64"
    # Counts may exceed 64 bits.
    fits = all(isinstance(value, int) and -_WIDEST <= value < _WIDEST for value in present)
    return "Int64" if fits else "object"


_WIDEST = 2**63


def _plain(value: object) -> str:
    """Digits without separators, shapes as ``64x112x112``, true or false, empty for None."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return format_shape(tuple(value))
    return "" if value is None else str(value)


def _line(row: tuple[TableCell, ...], widths: list[int], style: Styler) -> str:
    """Join the cells, each at the start of its column, or after a longer cell before it."""
    line, at, begin = "", 0, 0
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            gap = max(begin - at, 2 if at else 0)
            line += " " * gap + style(cell.text, cell.verdict)
            at += gap + len(cell.text)
        begin += width + 2
    return line
