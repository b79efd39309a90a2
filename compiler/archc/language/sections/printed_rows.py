"""The rows and totals of a printed table."""

import re
from collections.abc import Container, Mapping
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import pluralize
from archc.language.fields.validation import describe, is_empty
from archc.language.sections.printed_numbers import LETTERS, Convention, parse_number
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, List, Node, Scalar

TOTALS = {"total": ("depth", "params", "ops"), "total_with_aux": ("params", "ops")}
"""The columns that the totals may print: without and with the auxiliary heads."""
SIZES_PATTERN = "[1-9][0-9]*(?:x[1-9][0-9]*)*"

_SIZE = re.compile(SIZES_PATTERN)
_EMPTY_CELL = "use - for an empty cell"


class PrintedCell(NamedTuple):
    """A cell of the table, with its place in the spec."""

    text: str
    span: Span


class PrintedRow(NamedTuple):
    """A row of the table: its cells by column."""

    cells: Mapping[str, PrintedCell]
    span: Span


def parse_rows(
    node: Node,
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
) -> dict[str, PrintedRow]:
    """Return the key ``rows`` of the table, by path, and add diagnostics."""
    if not isinstance(node, nodes.Mapping):
        message = f"rows: expected a mapping of names to lists of cells, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return {}
    rows = {}
    misplaced = [key for key, value in node.entries if _is_erratum(value)]
    if misplaced:
        message = f"erratum {misplaced[0].text} among the rows"
        hint = "move it to errata:, next to rows:"
        span = misplaced[0].span
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, span, hint=hint))
    for key, value in node.entries:
        if _is_erratum(value):
            continue
        cells = _cells(f"row {key.text}", key, value, columns, conventions, diagnostics)
        if cells is not None:
            rows[key.text] = PrintedRow(cells, key.span)
    return rows


def parse_totals(
    entries: Mapping[str, Entry],
    rows: Container[str],
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
) -> dict[str, PrintedRow]:
    """Return the totals of the table, by the names in ``TOTALS``, and add diagnostics."""
    totals = {}
    for name, printable in TOTALS.items():
        if name not in entries:
            continue
        key, value = entries[name]
        if name in rows:
            message = f"{name} is both a row and a total of the table"
            hint = "rename the row in the network"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, key.span, hint=hint))
        cells = _cells(name, key, value, columns, conventions, diagnostics, is_total=True)
        for column in cells or {}:
            if cells and column not in printable:
                message = f"{name} has no {column}, found {cells[column].text}"
                span = cells[column].span
                diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, span, hint=_EMPTY_CELL))
        totals[name] = PrintedRow(cells or {}, key.span)
    return totals


def _cells(
    owner: str,
    key: Scalar,
    value: Node,
    columns: tuple[str, ...],
    conventions: Mapping[str, Convention],
    diagnostics: list[Diagnostic],
    is_total: bool = False,
) -> dict[str, PrintedCell] | None:
    """Return the cells of a row or total by column, or None if they are not a list of cells."""
    if not isinstance(value, List) or len(value.items) > len(columns):
        found = pluralize(len(value.items), "cell") if isinstance(value, List) else describe(value)
        names = ", ".join(columns)
        message = (
            f"{owner}: expected a list of at most {len(columns)} cells ({names}), found {found}"
        )
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, value.span))
        return None
    if joined := next((item for item in value.items if _is_two(item)), None):
        message = f"missing comma in {describe(joined)}"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, joined.span))
        return None
    cells = {}
    for column, item in zip(columns, value.items, strict=False):
        text = item.text if isinstance(item, Scalar) else ""
        if text == "-":
            continue
        if expected := _check_cell(column, text, conventions, is_total):
            message = f"{key.text} {column}: expected {expected}, found {describe(item)}"
            hint = _EMPTY_CELL if is_empty(item) else None
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, item.span, hint=hint))
        else:
            cells[column] = PrintedCell(text, item.span)
    return cells


def _is_two(cell: Node) -> bool:
    return isinstance(cell, Scalar) and bool(re.search(r"[0-9KMG-]\s+[0-9-]", cell.text))


def _is_erratum(node: Node) -> bool:
    return isinstance(node, nodes.Mapping) and node.get("computed") is not None


def _check_cell(
    column: str, text: str, conventions: Mapping[str, Convention], is_total: bool
) -> str | None:
    """Return what is expected instead of an invalid cell, or None if the cell is valid."""
    if column == "output":
        return None if _SIZE.fullmatch(text) else "height x width x channels"
    if column not in conventions:
        return None if text.isascii() and text.isdigit() else "a whole number"
    unit = conventions[column].unit
    letter = LETTERS[unit]
    number = parse_number(text)
    if is_total:
        # A total is much larger than a row, so it often has another letter.
        return None if number else "- or a number, with or without K, M or G"
    if number is None or number.letter != letter:
        form = f"ending in {letter}" if letter else "without a letter"
        return f"- or a number {form} (unit {unit})"
    return None
