"""Tables as LaTeX: a ``tabular`` with booktabs rules."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from archc.views.tables.table import Table, TableCell, legend

_PREAMBLE = r"""% Include this file by \input. The preamble needs
%   \usepackage{booktabs}
"""
_CHECK_MARKS = r"%   \usepackage{amssymb} % \checkmark" + "\n"
_MARKS = {"match": r"$\checkmark$", "erratum": r"$\dagger$", "mismatch": r"$\neq$"}
_NUMBER = re.compile(r"[0-9][0-9,.]*[KMG]?")
_SIZE = re.compile(r"(?<![\w.])[0-9]+(?:x[0-9]+)+(?!\w)")
_LIGATURE = re.compile(r"([-',])(?=\1)")
_ESCAPES = str.maketrans(
    {
        **{character: f"\\{character}" for character in "#$%&_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "`": r"\textasciigrave{}",
        '"': r"\symbol{34}",
        # LaTeX's default font encoding prints other characters for these.
        **{character: f"{{${character}$}}" for character in "<>|"},
        # At the start of a row, LaTeX would read these as an argument of the rule or ``\\`` before
        # it.
        **{character: f"{{{character}}}" for character in "[]*"},
        "✓": r"$\checkmark$",
        "✗": r"$\neq$",
    }
)


class _Column(NamedTuple):
    """A column's alignment. One with marks becomes two columns, so that its values are aligned."""

    is_number: bool
    has_marks: bool


def as_latex(table: Table, notes: Iterable[str] = ()) -> str:
    """Return a ``tabular`` with a legend of its marks; ``notes`` become comments before it."""
    columns = [_column(cells) for cells in zip(*table.rows, strict=True)]
    width = sum(1 + column.has_marks for column in columns)
    lines = [
        rf"\begin{{tabular}}{{{''.join(map(_alignment, columns))}}}",
        r"\toprule",
        *(_row(map(_heading, head, columns)) for head in table.heading_lines),
        r"\midrule",
    ]
    for i, row in enumerate(table.rows):
        lines += [r"\midrule"] if i in table.ruled_rows else []
        lines.append(_total(row, columns) if i in table.totals else _row(map(_cell, row, columns)))
    lines.append(r"\bottomrule")
    if meanings := legend(table, _MARKS):
        lines.append(_row([rf"\multicolumn{{{width}}}{{l}}{{\footnotesize {meanings}}}"]))
    lines.append(r"\end{tabular}")
    text = "\n".join(lines)
    preamble = _PREAMBLE + (_CHECK_MARKS if r"\checkmark" in text else "")
    return preamble + "".join(f"% {note}\n" for note in notes) + text + "\n"


def escaped(text: str) -> str:
    """Return the text escaped for LaTeX.

    Sizes such as 3x3 get a multiplication sign, names like ``conv3x3`` do not.
    """
    plain = _LIGATURE.sub(r"\1{}", text.translate(_ESCAPES))
    return _SIZE.sub(lambda size: size[0].replace("x", r"$\times$"), plain)


def _column(cells: tuple[TableCell, ...]) -> _Column:
    values = [cell.result.computed if cell.result else cell.text for cell in cells]
    is_number = any(values) and all(_NUMBER.fullmatch(value) for value in values if value)
    return _Column(is_number, any(cell.result for cell in cells))


def _alignment(column: _Column) -> str:
    return ("r" if column.is_number else "l") + ("@{ }l" if column.has_marks else "")


def _heading(word: str, column: _Column) -> str:
    if not column.has_marks:
        return escaped(word)
    if not word:
        return "&"
    return rf"\multicolumn{{2}}{{{'c' if column.is_number else 'l'}}}{{{escaped(word)}}}"


def _cell(cell: TableCell, column: _Column) -> str:
    if not column.has_marks:
        return escaped(cell.text)
    if cell.result is None:
        return f"{escaped(cell.text)} &"
    computed, printed, verdict, _ = cell.result
    after = "" if verdict == "match" or printed is None else f" {escaped(printed)}"
    return f"{escaped(computed)} & {_MARKS[verdict]}{after}"


def _total(row: tuple[TableCell, ...], columns: list[_Column]) -> str:
    """Return the row of a total; its name extends over the empty cells after it."""
    end = next((i for i, cell in enumerate(row) if i and cell.text), len(row))
    span = sum(1 + column.has_marks for column in columns[:end])
    first = rf"\multicolumn{{{span}}}{{l}}{{{escaped(row[0].text)}}}"
    return _row([first, *map(_cell, row[end:], columns[end:])])


def _row(cells: Iterable[str]) -> str:
    return rf"{' & '.join(cells)} \\"
