"""The section ``table``: the table that the paper prints, its conventions and errata."""

from collections.abc import Collection, Container, Mapping
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from archc.diagnostics import Code, Diagnostic, Hint, closest_match, suggest_keyword, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import join_words
from archc.language.fields.validation import (
    correct_field_typos,
    correct_typos,
    describe,
    unknown_key,
    validate,
)
from archc.language.sections.printed_numbers import COUNTS, LETTERS, Convention
from archc.language.sections.printed_rows import TOTALS, PrintedRow, parse_rows, parse_totals
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, List, Node, Scalar

COLUMNS = ("output", "depth", "params", "ops")


class ErratumFields(BaseModel):
    """The fields of an erratum."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    computed: Annotated[str, Field(min_length=1, max_length=40)]
    """The computed value: the exact number, or as the table would print it."""
    why: Annotated[str, Field(pattern=r"\S")]
    """Why the paper prints another value."""


class Erratum(NamedTuple):
    """A printed cell that is known to be wrong: the computed value, and the reason."""

    computed: str
    why: str
    span: Span


class PrintedTable(NamedTuple):
    """The section ``table``. Rows are by path, ``totals`` by the names in ``TOTALS``."""

    conventions: Mapping[str, Convention]
    columns: tuple[str, ...]
    rows: Mapping[str, PrintedRow]
    totals: Mapping[str, PrintedRow]
    errata: Mapping[tuple[str, str], Erratum]


def parse_table(
    table: Entry, layers: Collection[str], diagnostics: list[Diagnostic]
) -> PrintedTable | None:
    """Return the section ``table``, or add diagnostics and return None.

    ``layers`` are the names of the network's rows and auxiliary heads.
    """
    node = table.value
    if not isinstance(node, nodes.Mapping):
        message = f"table: expected a mapping, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return None
    before = len(diagnostics)
    known = ["params", "ops", "columns", "rows", *TOTALS, "errata"]
    node = correct_typos(node, "table", known, diagnostics)
    entries = {entry.key.text: entry for entry in node.entries}
    diagnostics += [
        unknown_key(e.key, "table", known) for name, e in entries.items() if name not in known
    ]
    # A paper may print only a total.
    required = ("columns",) if any(name in entries for name in TOTALS) else ("columns", "rows")
    missing = [name for name in required if name not in entries]
    if missing:
        message = f"table needs {join_words(missing)}"
        diagnostics.append(Diagnostic(Code.MISSING_KEY, message, table.key.span))
    conventions = _conventions(entries, diagnostics)
    if missing:
        return None
    has_errors = len(diagnostics) > before
    columns = _columns(entries["columns"].value, entries, diagnostics)
    if has_errors or len(diagnostics) > before:
        return None
    before_rows = len(diagnostics)
    rows = {}
    if "rows" in entries:
        rows = parse_rows(entries["rows"].value, columns, conventions, diagnostics)
    totals = parse_totals(entries, rows, columns, conventions, diagnostics)
    errata = {}
    if "errata" in entries and len(diagnostics) == before_rows:
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
        if not isinstance(entry.value, nodes.Mapping):
            example = f"{{count: {counts[0]}, unit: 1000, round: nearest}}"
            message = f"{column}: expected a convention such as {example}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
            continue
        fields = {field.key.text: field for field in entry.value.entries}
        convention = validate(Convention, column, fields, entry.key.span, diagnostics)
        if convention is None:
            continue
        if convention.count not in counts:
            message = f"{column} count: expected {' or '.join(counts)}, found {convention.count}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, fields["count"].value.span))
        elif convention.unit not in LETTERS:
            message = f"unit: expected one of {', '.join(map(str, LETTERS))}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, fields["unit"].value.span))
        else:
            conventions[column] = convention
    return conventions


def _columns(node: Node, stated: Container[str], diagnostics: list[Diagnostic]) -> tuple[str, ...]:
    if not isinstance(node, List) or not node.items:
        message = f"columns: expected a list of {', '.join(COLUMNS)}, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return ()
    names: list[str] = []
    for item in node.items:
        name = item.text if isinstance(item, Scalar) else ""
        if name not in COLUMNS:
            hint: Hint | None = suggest_keyword(name, COLUMNS)
            expected = f"expected {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}"
            message = f"unknown column: {expected}, found {describe(item)}"
            diagnostics.append(Diagnostic(Code.UNKNOWN_KEY, message, item.span, hint=hint))
        elif name in names:
            message = f"duplicate column {name}"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, item.span))
        elif name in ("params", "ops") and name not in stated:
            message = f"missing convention for the column {name}"
            hint = f"add {name}: {{count: ..., unit: ..., round: ...}} to the table"
            diagnostics.append(Diagnostic(Code.MISSING_KEY, message, item.span, hint=hint))
        names.append(name)
    return tuple(names)


def unknown_row(name: str, span: Span, hint: Hint | None) -> Diagnostic:
    """Return the diagnostic for a row of the table that the network does not have."""
    message = f"the table has a row {name}, which is not in the network"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, span, hint=hint)


def _errata(
    node: Node,
    rows: Mapping[str, PrintedRow],
    layers: Collection[str],
    diagnostics: list[Diagnostic],
) -> dict[tuple[str, str], Erratum]:
    if not isinstance(node, nodes.Mapping):
        message = f"errata: expected a mapping of cells (row.column), found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return {}
    printed = [f"{row}.{column}" for row, cells in rows.items() for column in cells.cells]
    errata = {}
    for key, value in node.entries:
        row, _, column = key.text.rpartition(".")
        if key.text not in printed:
            unknown = [name for name in rows if name.partition(".")[0] not in layers]
            if row in layers and row not in rows and (misspelt := closest_match(row, unknown)):
                diagnostics.append(
                    unknown_row(misspelt, rows[misspelt].span, suggest_name(misspelt, [row]))
                )
                continue
            message = f"the table has no cell {key.text}"
            hint = suggest_name(key.text, printed) or "name an erratum after its cell: row.column"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint))
            continue
        if not isinstance(value, nodes.Mapping):
            message = f"erratum {key.text}: expected a mapping, found {describe(value)}"
            hint = "use {computed: ..., why: ...}"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint))
            continue
        what = f"erratum {key.text}"
        entries = {entry.key.text: entry for entry in value.entries}
        fields = correct_field_typos(entries, what, ErratumFields, diagnostics)
        # The computed value may be a number or a size: compare its text.
        texts = {name: e.value.text for name, e in fields.items() if isinstance(e.value, Scalar)}
        erratum = validate(ErratumFields, what, fields, key.span, diagnostics, texts)
        if erratum is not None:
            span = fields["computed"].value.span
            errata[row, column] = Erratum(erratum.computed, erratum.why, span)
    return errata
