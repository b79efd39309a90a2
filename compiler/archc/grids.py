"""Grids as text and Markdown, records as CSV and as a table of pandas."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from archc.presentation import Grid, GridCell

if TYPE_CHECKING:
    from pandas import DataFrame

Styler = Callable[[str, str], str]
"""Colours a text by its verdict."""


def as_text(grid: Grid, style: Styler) -> str:
    """Aligned columns; headings of several words stand on several lines."""
    words = [heading.split(" ") if heading else [""] for heading in grid.headings]
    high = max(map(len, words))
    heads = [[""] * (high - len(parts)) + parts for parts in words]
    widths = [
        max([*map(len, head), *(len(row[i].text) for row in grid.rows)])
        for i, head in enumerate(heads)
    ]
    lines = [
        "  ".join(head[i].ljust(width) for head, width in zip(heads, widths, strict=True)).rstrip()
        for i in range(high)
    ]
    lines.append("  ".join("-" * width for width in widths))
    lines += ["  ".join(_cells(row, widths, style)).rstrip() for row in grid.rows]
    return "\n".join(lines)


def as_markdown(grid: Grid) -> str:
    """A pipe table."""
    headings = tuple(heading.replace("/ ", "/") for heading in grid.headings)
    rows = [headings, ("---",) * len(headings)]
    rows += [tuple(cell.text for cell in row) for row in grid.rows]
    return "\n".join(
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in row)} |" for row in rows
    )


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


def _cells(row: tuple[GridCell, ...], widths: list[int], style: Styler) -> list[str]:
    return [
        style(cell.text, cell.verdict) + " " * (width - len(cell.text))
        for cell, width in zip(row, widths, strict=True)
    ]
