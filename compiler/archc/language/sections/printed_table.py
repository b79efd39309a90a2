"""The table that a paper prints: its cells, the convention they are counted by, the errata."""

import re
from collections.abc import Collection, Container, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from archc.diagnostics import Code, Diagnostic, Hint, closest_match, suggest_keyword, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import counted, listed
from archc.language.fields.validation import (
    correct_field_typos,
    correct_typos,
    describe,
    is_empty,
    unknown_key,
    validate,
)
from archc.language.yaml import source
from archc.language.yaml.source import Entry, List, Node, Scalar

COLUMNS = ("output", "depth", "params", "ops")
TOTALS = {"total": ("depth", "params", "ops"), "total_with_aux": ("params", "ops")}
"""What a table may print of the whole network, and of it with its auxiliary heads."""
LETTERS = {
    1: "",
    1000: "K",
    1024: "K",
    1000**2: "M",
    1024**2: "M",
    1000**3: "G",
    1024**3: "G",
}
Rounding = Literal["floor", "nearest", "up"]
Count = Literal["weights", "params", "macs", "flops"]
COUNTS: Mapping[str, tuple[Count, Count]] = {
    "params": ("weights", "params"),
    "ops": ("macs", "flops"),
}
"""What each column with a convention may count."""
SIZES_PATTERN = "[1-9][0-9]*(?:x[1-9][0-9]*)*"


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)


class Convention(_Model):
    """How a column counts: what, in which unit, and how it is rounded to the printed digits."""

    count: Count
    """What is counted: `weights` or `params`, `macs` or `flops`, two to a multiply-accumulate."""
    unit: Annotated[int, Field(ge=1)]
    """Which number the printed letter stands for, such as 1000 or 1024 for K."""
    round: Rounding
    """How the number is rounded to the digits that are printed."""


class ErratumFields(_Model):
    """What an erratum records."""

    computed: Annotated[str, Field(min_length=1, max_length=40)]
    """What is computed instead: the exact number, or as the table would print it."""
    why: Annotated[str, Field(pattern=r"\S")]
    """Why the paper prints something else."""


class PrintedNumber(NamedTuple):
    """A printed quantity, ``2.7K``: the digits without their point, how many follow it, letter."""

    digits: int
    decimals: int
    letter: str


class PrintedCell(NamedTuple):
    """One printed cell."""

    text: str
    span: Span


class PrintedRow(NamedTuple):
    """A row of the table, by the path of what it describes."""

    cells: Mapping[str, PrintedCell]
    span: Span


class Erratum(NamedTuple):
    """A printed cell known to be wrong: what is computed instead, and why."""

    computed: str
    why: str
    span: Span


class PrintedTable(NamedTuple):
    """Everything a spec states of its paper's table; ``totals`` by the names in ``TOTALS``."""

    conventions: Mapping[str, Convention]
    columns: tuple[str, ...]
    rows: Mapping[str, PrintedRow]
    totals: Mapping[str, PrintedRow]
    errata: Mapping[tuple[str, str], Erratum]


_NUMBER = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,6}))?([KMG]?)")
_SIZES = re.compile(SIZES_PATTERN)


def parse_number(text: str) -> PrintedNumber | None:
    """``2.7K`` as a Number; None where the text is none."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    decimals = match[2] or ""
    return PrintedNumber(int(match[1] + decimals), len(decimals), match[3])


def rounded(value: int, unit: int, decimals: int, how: Rounding) -> int:
    """``value`` in units of ``unit`` to ``decimals`` places, as the integer of all its digits.

    Exact: nearest rounds halves up, without floating point.
    """
    scaled: int = value * 10**decimals
    if how == "floor":
        return scaled // unit
    if how == "up":
        return -(-scaled // unit)
    return (2 * scaled + unit) // (2 * unit)


def format_count(value: int, convention: Convention, decimals: int = 0) -> str:
    """``value`` as the convention prints it, such as ``159K``."""
    digits = str(rounded(value, convention.unit, decimals, convention.round))
    if decimals:
        digits = digits.zfill(decimals + 1)
        digits = f"{digits[:-decimals]}.{digits[-decimals:]}"
    return digits + LETTERS[convention.unit]


def with_letter(convention: Convention, letter: str) -> Convention:
    """The convention with the unit that another letter stands for: M is 1024² where K is 1024."""
    power = ("", "K", "M", "G").index(letter)
    binary = convention.unit > 1 and convention.unit % 1024 == 0
    return convention.model_copy(update={"unit": (1024 if binary else 1000) ** power})


def parse_table(
    table: Entry, layers: Collection[str], diagnostics: list[Diagnostic]
) -> PrintedTable | None:
    """The ``table`` section; None, with findings added, where it is not valid.

    ``layers`` are the names of the network's rows and auxiliary heads.
    """
    node = table.value
    if not isinstance(node, source.Mapping):
        message = f"table is a mapping, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return None
    before = len(diagnostics)
    known = ["params", "ops", "columns", "rows", *TOTALS, "errata"]
    node = correct_typos(node, "table", known, diagnostics)
    entries = {entry.key.text: entry for entry in node.entries}
    diagnostics += [
        unknown_key(e.key, "table", known) for name, e in entries.items() if name not in known
    ]
    # A paper may print no more than a total.
    needed = ("columns",) if any(name in entries for name in TOTALS) else ("columns", "rows")
    missing = [name for name in needed if name not in entries]
    if missing:
        message = f"table needs {listed(missing)}"
        diagnostics.append(Diagnostic(Code.MISSING_KEY, message, table.key.span))
    conventions = _conventions(entries, diagnostics)
    if missing:
        return None
    faulty = len(diagnostics) > before
    columns = _columns(entries["columns"].value, entries, diagnostics)
    if faulty or len(diagnostics) > before:
        return None
    at_rows = len(diagnostics)
    rows = {}
    if "rows" in entries:
        rows = _rows(entries["rows"].value, columns, conventions, diagnostics)
    totals = _totals(entries, rows, columns, conventions, diagnostics)
    errata = {}
    if "errata" in entries and len(diagnostics) == at_rows:
        errata = _errata(entries["errata"].value, {**rows, **totals}, layers, diagnostics)
    if len(diagnostics) > before:
        return None
    return PrintedTable(conventions, columns, rows, totals, errata)


def _conventions(
    entries: Mapping[str, Entry], diagnostics: list[Diagnostic]
) -> dict[str, Convention]:
    conventions = {}
    for column, counts in COUNTS.items():
        if column not in entries:
            continue
        entry = entries[column]
        if not isinstance(entry.value, source.Mapping):
            example = f"{{count: {counts[0]}, unit: 1000, round: nearest}}"
            message = f"{column} is a convention, such as {example}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
            continue
        fields = {field.key.text: field for field in entry.value.entries}
        convention = validate(Convention, column, fields, entry.key.span, diagnostics)
        if convention is None:
            continue
        if convention.count not in counts:
            message = f"{column} counts {' or '.join(counts)}, not {convention.count}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, fields["count"].value.span))
        elif convention.unit not in LETTERS:
            message = f"unit is one of {', '.join(map(str, LETTERS))}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, fields["unit"].value.span))
        else:
            conventions[column] = convention
    return conventions


def _columns(node: Node, stated: Container[str], diagnostics: list[Diagnostic]) -> tuple[str, ...]:
    if not isinstance(node, List) or not node.items:
        message = f"columns is a list of {', '.join(COLUMNS)}, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return ()
    names: list[str] = []
    for item in node.items:
        name = item.text if isinstance(item, Scalar) else ""
        if name not in COLUMNS:
            hint: Hint | None = suggest_keyword(name, COLUMNS)
            message = f"a column of the table is {', '.join(COLUMNS)}, found {describe(item)}"
            diagnostics.append(Diagnostic(Code.UNKNOWN_KEY, message, item.span, hint=hint))
        elif name in names:
            message = f"the column {name} stands twice"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, item.span))
        elif name in ("params", "ops") and name not in stated:
            message = f"the column {name} needs the convention it is counted by"
            hint = f"{name}: {{count: ..., unit: ..., round: ...}} in the table"
            diagnostics.append(Diagnostic(Code.MISSING_KEY, message, item.span, hint=hint))
        names.append(name)
    return tuple(names)


def _rows(
    node: Node,
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
) -> dict[str, PrintedRow]:
    if not isinstance(node, source.Mapping):
        message = f"rows is a mapping of names to lists of cells, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return {}
    rows = {}
    astray = [key for key, value in node.entries if _is_erratum(value)]
    if astray:
        message = f"{astray[0].text} is an erratum among the rows"
        beside = "errata stand under errata:, beside rows:"
        span = astray[0].span
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, span, hint=beside))
    for key, value in node.entries:
        if _is_erratum(value):
            continue
        cells = _cells(f"row {key.text}", key, value, columns, conventions, diagnostics)
        if cells is not None:
            rows[key.text] = PrintedRow(cells, key.span)
    return rows


def _totals(
    entries: Mapping[str, Entry],
    rows: Container[str],
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
) -> dict[str, PrintedRow]:
    totals = {}
    for name, counted_in in TOTALS.items():
        if name not in entries:
            continue
        key, value = entries[name]
        if name in rows:
            message = f"{name} is a row of the table and its total: the two have one name"
            hint = "rename the row in the network"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, key.span, hint=hint))
        cells = _cells(name, key, value, columns, conventions, diagnostics, is_total=True)
        for column in cells or {}:
            if cells and column not in counted_in:
                message = f"{name} has no {column}, found {cells[column].text}"
                span = cells[column].span
                hint = "a cell that prints nothing is -"
                diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, span, hint=hint))
        totals[name] = PrintedRow(cells or {}, key.span)
    return totals


def _cells(
    what: str,
    key: Scalar,
    value: Node,
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
    is_total: bool = False,
) -> dict[str, PrintedCell] | None:
    """The printed cells of a row or total by their columns; None where it has no such list."""
    if not isinstance(value, List) or len(value.items) > len(columns):
        cells_of = counted(len(value.items), "cell") if isinstance(value, List) else describe(value)
        message = (
            f"{what} is a list of at most {len(columns)} cells, {', '.join(columns)}, "
            f"found {cells_of}"
        )
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, value.span))
        return None
    if glued := next((item for item in value.items if _is_two(item)), None):
        message = f"{describe(glued)} is one cell: a comma is missing in it"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, glued.span))
        return None
    cells = {}
    for column, item in zip(columns, value.items, strict=False):
        text = item.text if isinstance(item, Scalar) else ""
        if text == "-":
            continue
        if wrong := _wrong_cell(column, text, conventions, is_total):
            message = f"{key.text} {column}: {wrong}, found {describe(item)}"
            hint = "a cell that prints nothing is -" if is_empty(item) else None
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, item.span, hint=hint))
        else:
            cells[column] = PrintedCell(text, item.span)
    return cells


def _is_two(cell: Node) -> bool:
    return isinstance(cell, Scalar) and bool(re.search(r"[0-9KMG-]\s+[0-9-]", cell.text))


def _is_erratum(node: Node) -> bool:
    return isinstance(node, source.Mapping) and node.get("computed") is not None


def unknown_row(name: str, span: Span, hint: Hint | None) -> Diagnostic:
    """The table prints a row that is none of the network's."""
    message = f"the table has a row {name}, the network has none"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, span, hint=hint)


def _wrong_cell(
    column: str, text: str, conventions: Mapping[str, Convention], is_total: bool
) -> str | None:
    if column == "output":
        return None if _SIZES.fullmatch(text) else "a size is height x width x channels"
    if column not in conventions:
        return None if text.isascii() and text.isdigit() else "a depth is a whole number"
    letter = LETTERS[conventions[column].unit]
    number = parse_number(text)
    if is_total:
        # A total is so much more than a row that it has often another letter.
        return None if number else "a number, with K, M, G or no letter behind it, or -"
    if number is None or number.letter != letter:
        return f"a number with {letter or 'no letter'} behind it, as its unit says, or -"
    return None


def _errata(
    node: Node,
    rows: Mapping[str, PrintedRow],
    layers: Collection[str],
    diagnostics: list[Diagnostic],
) -> dict[tuple[str, str], Erratum]:
    if not isinstance(node, source.Mapping):
        message = f"errata is a mapping of row.column to what is computed, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return {}
    printed = [f"{row}.{column}" for row, cells in rows.items() for column in cells.cells]
    errata = {}
    for key, value in node.entries:
        row, _, column = key.text.rpartition(".")
        if key.text not in printed:
            astray = [name for name in rows if name.partition(".")[0] not in layers]
            if row in layers and row not in rows and (misspelt := closest_match(row, astray)):
                diagnostics.append(
                    unknown_row(misspelt, rows[misspelt].span, suggest_name(misspelt, [row]))
                )
                continue
            message = f"no cell {key.text} is printed"
            hint = suggest_name(key.text, printed) or "an erratum is named by its cell, row.column"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint))
            continue
        if not isinstance(value, source.Mapping):
            message = f"erratum {key.text} is a mapping, found {describe(value)}"
            hint = "{computed: ..., why: ...}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint))
            continue
        written_fields = {entry.key.text: entry for entry in value.entries}
        fields = correct_field_typos(
            written_fields, f"erratum {key.text}", ErratumFields, diagnostics
        )
        # What is computed is a number here and a size there: it is compared as it is written.
        texts = {name: e.value.text for name, e in fields.items() if isinstance(e.value, Scalar)}
        written = validate(
            ErratumFields, f"erratum {key.text}", fields, key.span, diagnostics, texts
        )
        if written is not None:
            span = fields["computed"].value.span
            errata[row, column] = Erratum(written.computed, written.why, span)
    return errata
