"""Grids as text, Markdown and CSV."""

import csv
import io
from collections.abc import Callable

from archc.presentation import Grid, GridCell

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
    rows = [grid.headings, ("---",) * len(grid.headings)]
    rows += [tuple(cell.text for cell in row) for row in grid.rows]
    return "\n".join(
        f"| {' | '.join(c.replace('|', chr(92) + '|') for c in row)} |" for row in rows
    )


def as_csv(grid: Grid) -> str:
    """Comma-separated values, a line for the headings first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(grid.headings)
    writer.writerows([cell.text for cell in row] for row in grid.rows)
    return out.getvalue().rstrip("\n")


def _cells(row: tuple[GridCell, ...], widths: list[int], style: Styler) -> list[str]:
    return [
        style(cell.text, cell.verdict) + " " * (width - len(cell.text))
        for cell, width in zip(row, widths, strict=True)
    ]
