"""A table for people: headings, rows of cells, and the verdicts that colour them."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.checks.conformance import CellResult

MARKS = {"match": "✓", "erratum": "e", "mismatch": "✗"}
"""The mark after a computed value that the paper also prints, by verdict."""

_MEANINGS = {
    "match": "as printed",
    "erratum": "before a printed value that is an erratum",
    "mismatch": "before a printed value that differs from the computed one",
}


class TableCell(NamedTuple):
    """A text, and the verdict that colours it, empty for none.

    ``result`` is the comparison with the printed cell, if there is one.
    """

    text: str
    verdict: str = ""
    result: CellResult | None = None


Row = tuple[TableCell, ...]


class Table(NamedTuple):
    """Headings and rows of equal length; ``totals`` are the indices of the rows that are totals.

    The first cell of a total is its name, and may extend over the empty cells after it.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: tuple[int, ...] = ()

    @property
    def heading_lines(self) -> tuple[tuple[str, ...], ...]:
        """The headings as lines with one word per column, aligned at the bottom."""
        words = [heading.split(" ") for heading in self.headings]
        height = max(map(len, words))
        return tuple(zip(*([""] * (height - len(parts)) + parts for parts in words), strict=True))

    @property
    def ruled_rows(self) -> frozenset[int]:
        """The indices of rows with a rule above them: each total, and the row after it."""
        return frozenset(row for total in self.totals for row in (total, total + 1))


def legend(table: Table, marks: Mapping[str, str] = MARKS) -> str:
    """Return the explanation of the marks that occur in the table; empty without marks."""
    verdicts = {cell.verdict for row in table.rows for cell in row if cell.result}
    meanings = [f"{marks[v]} {meaning}" for v, meaning in _MEANINGS.items() if v in verdicts]
    return "; ".join([*meanings, "no mark: not printed"]) if meanings else ""
