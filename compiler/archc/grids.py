"""Grids as text and Markdown, records as CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping

from archc.presentation import Grid, GridCell

Styler = Callable[[str, str], str]
"""Colours a text by its verdict."""


def as_text(grid: Grid, style: Styler) -> str:
    """Aligned columns; headings of several words stand on several lines."""
    heads = [tuple(map(GridCell, line)) for line in grid.heads]
    # A total's first cell runs over the empty ones behind it, and does not widen its column.
    rows = [
        (GridCell(""), *row[1:]) if i in grid.totals else row for i, row in enumerate(grid.rows)
    ]
    widths = [max(len(cell.text) for cell in column) for column in zip(*heads, *rows, strict=True)]
    rule = "  ".join("-" * width for width in widths)
    lines = [*(_line(head, widths, style) for head in heads), rule]
    for i, row in enumerate(grid.rows):
        lines += [rule] if i in grid.ruled else []
        lines.append(_line(row, widths, style))
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


def _plain(value: object) -> str:
    """Numbers in digits only, a size or shape as ``64x112x112``, true or false, empty for none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "x".join(str(size) for size in value)
    return "" if value is None else str(value)


def _line(row: tuple[GridCell, ...], widths: list[int], style: Styler) -> str:
    """The cells, each where its column begins or, behind one that runs on, where there is room."""
    line, at, begin = "", 0, 0
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            gap = max(begin - at, 2 if at else 0)
            line += " " * gap + style(cell.text, cell.verdict)
            at += gap + len(cell.text)
        begin += width + 2
    return line
