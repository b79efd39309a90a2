"""Tables as text and as Markdown."""

from collections.abc import Callable, Iterable

from archc.views.markdown import escape
from archc.views.tables.table import Table, TableCell

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


def _line(row: tuple[TableCell, ...], widths: list[int], style: Styler) -> str:
    """Return the cells on a line, each at the start of its column, or after a longer cell."""
    line, at, begin = "", 0, 0
    for cell, width in zip(row, widths, strict=True):
        if cell.text:
            gap = max(begin - at, 2 if at else 0)
            line += " " * gap + style(cell.text, cell.verdict)
            at += gap + len(cell.text)
        begin += width + 2
    return line
