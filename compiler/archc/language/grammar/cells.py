"""A row of a module: its cells by column, as a list in their order or by their names."""

import re
from collections.abc import Iterable, Mapping, Sequence

from archc.diagnostics import Code, Diagnostic, Label, Replacement, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import counted
from archc.language.fields.validation import describe, is_empty, unknown_key
from archc.language.fields.value_hints import value_hint
from archc.language.yaml import source
from archc.language.yaml.source import Entry, List, Node, Scalar


def read_row(
    kind: Scalar,
    value: Node | None,
    rest: Mapping[str, Entry],
    columns: Sequence[str],
    diagnostics: list[Diagnostic],
) -> Mapping[str, Entry] | None:
    """The cells of a row of the module ``kind``; None, with findings added, where it is not whole.

    ``rest`` are the keys that stand beside the module's name.
    """
    for entry in rest.values():
        diagnostics.append(_beside(entry.key, kind, columns))
    if rest:
        return None
    if value is None and not columns:
        return {}
    if value is None:
        message = f"{kind.text} needs a value for each of its columns: {', '.join(columns)}"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, kind.span))
        return None
    if not columns:
        message = f"{kind.text} has no columns, so it takes no row"
        hint = f"use the bare word {kind.text}"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, value.span, hint=hint))
        return None
    before = len(diagnostics)
    cells: dict[str, Entry] = {}
    if isinstance(value, List):
        if diagnostic := _wrong_length(value, kind, columns):
            diagnostics.append(diagnostic)
        else:
            pairs = zip(columns, value.items, strict=True)
            cells = {column: Entry(kind, item) for column, item in pairs}
    elif isinstance(value, source.Mapping):
        cells = {entry.key.text: entry for entry in value.entries}
        diagnostics += _wrong_names(value, kind, columns)
    else:
        message = f"a row of {kind.text} is a list or a mapping, found {describe(value)}"
        hint = f"its cells are [{', '.join(columns)}]"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, value.span, hint=hint))
    if len(diagnostics) > before:
        return None
    for column, (_, cell) in cells.items():
        if not isinstance(cell, Scalar) or is_empty(cell) or isinstance(cell.value, bool):
            diagnostics.append(wrong_cell(column, kind.text, cell))
    return None if len(diagnostics) > before else {column: cells[column] for column in columns}


def _beside(key: Scalar, kind: Scalar, columns: Sequence[str]) -> Diagnostic:
    diagnostic = unknown_key(key, f"a row of {kind.text}", [])
    if key.text not in columns:
        return diagnostic
    row = f"{kind.text}: [{', '.join(columns)}]"
    return diagnostic._replace(hint=f"cells stand behind the module's name, {row}")


def _wrong_length(row: List, kind: Scalar, columns: Sequence[str]) -> Diagnostic | None:
    """Why a list is no row: most often a comma is missing, or one too many."""
    needed = len(columns)
    if len(row.items) == needed:
        return None
    for item in row.items:
        words = item.text.split() if isinstance(item, Scalar) else ()
        if len(words) > 1 and all(word.isdecimal() for word in words):
            cells = ", ".join(words)
            fits = len(row.items) + len(words) - 1 == needed
            mended = Replacement(cells, f"write {cells}, with a comma", safe=fits)
            message = f"{' and '.join(words)} are one cell: a comma is missing between them"
            return Diagnostic(Code.WRONG_COLUMNS, message, item.span, hint=mended)
    line = row.span.source.line(row.span.end_line)[: row.span.end_column - 2]
    if line.rstrip().endswith((",", "[")) and len(row.items) + 1 == needed:
        end = row.span.end_column - 1
        place = row.span._replace(line=row.span.end_line, column=end, end_column=end)
        hint = f"the row needs {counted(needed, 'cell')}"
        return Diagnostic(Code.WRONG_COLUMNS, "the row's last cell is empty", place, hint=hint)
    hint = f"the columns are {', '.join(columns)}"
    if any(isinstance(item, Scalar) and re.search(r"[\s;]", item.text) for item in row.items):
        hint += ": put commas between the cells"
    has, given = counted(needed, "column"), counted(len(row.items), "cell")
    message = f"{kind.text} has {has}, this row {given}"
    return Diagnostic(Code.WRONG_COLUMNS, message, row.span, hint=hint)


def _wrong_names(row: source.Mapping, kind: Scalar, columns: Sequence[str]) -> list[Diagnostic]:
    """The keys that are no columns; where there are none, the columns that are missing."""
    unknown = []
    for key, _ in row.entries:
        if key.text in columns:
            continue
        diagnostic = unknown_key(key, f"a row of {kind.text}", list(columns))
        if isinstance(diagnostic.hint, Replacement):
            # The module's columns may be what is misspelt.
            diagnostic = diagnostic._replace(hint=diagnostic.hint._replace(safe=False))
        unknown.append(diagnostic)
    missing = [column for column in columns if row.get(column) is None]
    if not missing or unknown:
        return unknown
    message = f"{kind.text} needs its columns {', '.join(missing)}"
    if (commented := _comment(missing, row)) is None:
        return [Diagnostic(Code.WRONG_COLUMNS, message, kind.span)]
    quoted = f'"{commented.text}"'
    hint = Replacement(quoted, f"`#` starts a comment: write {quoted} with quotes", safe=False)
    label = Label(kind.span, "in this row")
    return [Diagnostic(Code.WRONG_COLUMNS, message, commented, (label,), hint=hint)]


def _comment(columns: list[str], row: source.Mapping) -> Span | None:
    """The column that is missing because its ``#`` starts a comment."""
    for number in range(row.span.line - 1, row.span.end_line + 2):
        written = row.span.source.line(number)
        start = len(written) - len(written.lstrip()) + 1
        for column in columns:
            if column.startswith("#") and written.startswith(f"{column}:", start - 1):
                return Span(row.span.source, number, start, number, start + len(column))
    return None


def wrong_cell(column: str, module: str, cell: Node, known: Iterable[str] = ()) -> Diagnostic:
    """A cell that is neither a number nor, inside a module, one of its ``known`` columns."""
    message = f"{column} of {module}: a number is needed, found {describe(cell)}"
    close = suggest_name(cell.text, known) if isinstance(cell, Scalar) else None
    hint = value_hint(cell, "a number") or close
    return Diagnostic(Code.WRONG_COLUMNS, message, cell.span, hint=hint)
