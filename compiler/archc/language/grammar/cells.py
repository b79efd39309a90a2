"""Parse a row of a module: its cells, as a list in the order of the columns or by column."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from archc.diagnostics import Code, Diagnostic, Hint, Label, Replacement, suggest_name
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import pluralize
from archc.language.fields.validation import describe, is_empty, unknown_key
from archc.language.fields.value_hints import value_hint
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, List, Node, Scalar


def parse_row(
    kind: Scalar,
    value: Node | None,
    rest: Mapping[str, Entry],
    columns: Sequence[str],
    diagnostics: list[Diagnostic],
) -> Mapping[str, Entry] | None:
    """Return the cells of a row of the module ``kind``; None if the row is invalid.

    ``rest`` are the other keys of the layer; a row has none.
    """
    for entry in rest.values():
        diagnostics.append(_key_beside_module(entry.key, kind, columns))
    if rest:
        return None
    if value is None and not columns:
        return {}
    if value is None:
        message = f"{kind.text} needs a value for each column: {', '.join(columns)}"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, kind.span))
        return None
    if not columns:
        message = f"{kind.text} has no columns and takes no cells"
        hint = f"use {kind.text} alone"
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
    elif isinstance(value, nodes.Mapping):
        cells = {entry.key.text: entry for entry in value.entries}
        diagnostics += _wrong_names(value, kind, columns)
    else:
        message = f"row of {kind.text}: expected a list or a mapping, found {describe(value)}"
        hint = f"its cells are [{', '.join(columns)}]"
        diagnostics.append(Diagnostic(Code.WRONG_COLUMNS, message, value.span, hint=hint))
    if len(diagnostics) > before:
        return None
    for column, (_, cell) in cells.items():
        if not isinstance(cell, Scalar) or is_empty(cell) or isinstance(cell.value, bool):
            diagnostics.append(wrong_cell(column, kind.text, cell))
    return None if len(diagnostics) > before else {column: cells[column] for column in columns}


def is_row(node: List, is_kind: Callable[[str], bool]) -> bool:
    """Return whether the list holds cells instead of layers: scalars, at least one a number."""
    cells = [item for item in node.items if isinstance(item, Scalar)]
    has_number = any(isinstance(cell.value, int | float) for cell in cells)
    has_kind = any(isinstance(cell.value, str) and is_kind(cell.text) for cell in cells)
    return has_number and len(cells) == len(node.items) and not has_kind


def fitting_modules(
    row: List | nodes.Mapping, columns: Mapping[str, tuple[str, ...] | None]
) -> list[str]:
    """Return the modules whose columns fit the cells of ``row``."""
    if isinstance(row, List):
        return [name for name, own in columns.items() if len(own or ()) == len(row.items)]
    keys = {entry.key.text for entry in row.entries}
    return [name for name, own in columns.items() if keys and keys <= {*(own or ())}]


def row_without_module(
    name: str,
    row: List | nodes.Mapping,
    columns: Mapping[str, tuple[str, ...] | None],
    called: Iterable[str],
) -> Diagnostic:
    """Return the diagnostic for cells without a module; the hint names a module that they fit.

    ``called`` are the modules that layers use, in order: the last one is the most likely.
    """
    fitting = fitting_modules(row, columns)
    fitting = list(dict.fromkeys([*(m for m in reversed([*called]) if m in fitting), *fitting]))
    cells = row.items if isinstance(row, List) else row.entries
    message = f"{name or 'this row'} has {pluralize(len(cells), 'cell')} but no module"
    hint: Hint | None = None
    if fitting and row.span.line == row.span.end_line:
        text = f"{{{fitting[0]}: {row.span.text}}}"
        # A variant may change only some cells of a row.
        is_whole = len(cells) == len(columns[fitting[0]] or ())
        hint = Replacement(text, f"write {text}", safe=len(fitting) == 1 and is_whole)
    elif fitting:
        hint = f"it is a row of {fitting[0]}: indent it below {fitting[0]}:"
    elif needs := [f"{module} has {len(own)}" for module, own in columns.items() if own]:
        hint = f"number of columns: {', '.join(needs)}"
    return Diagnostic(Code.INVALID_LAYER, message, row.span, hint=hint)


def _key_beside_module(key: Scalar, kind: Scalar, columns: Sequence[str]) -> Diagnostic:
    diagnostic = unknown_key(key, f"a row of {kind.text}", [])
    if key.text not in columns:
        return diagnostic
    row = f"{kind.text}: [{', '.join(columns)}]"
    return diagnostic._replace(hint=f"put the cells after the module's name: {row}")


def _wrong_length(row: List, kind: Scalar, columns: Sequence[str]) -> Diagnostic | None:
    """Return the diagnostic for a list of the wrong length; usually a comma is missing or extra."""
    needed = len(columns)
    if len(row.items) == needed:
        return None
    for item in row.items:
        words = item.text.split() if isinstance(item, Scalar) else ()
        if len(words) > 1 and all(word.isdecimal() for word in words):
            cells = ", ".join(words)
            fits = len(row.items) + len(words) - 1 == needed
            fix = Replacement(cells, f"write {cells}, with a comma", safe=fits)
            message = f"missing comma between {' and '.join(words)}"
            return Diagnostic(Code.WRONG_COLUMNS, message, item.span, hint=fix)
    line = row.span.source.line(row.span.end_line)[: row.span.end_column - 2]
    if line.rstrip().endswith((",", "[")) and len(row.items) + 1 == needed:
        end = row.span.end_column - 1
        place = row.span._replace(line=row.span.end_line, column=end, end_column=end)
        hint = f"the row needs {pluralize(needed, 'cell')}"
        return Diagnostic(Code.WRONG_COLUMNS, "the last cell of the row is empty", place, hint=hint)
    hint = f"the columns are {', '.join(columns)}"
    if any(isinstance(item, Scalar) and re.search(r"[\s;]", item.text) for item in row.items):
        hint += ": put commas between the cells"
    message = f"{kind.text}: expected {pluralize(needed, 'cell')}, found {len(row.items)}"
    return Diagnostic(Code.WRONG_COLUMNS, message, row.span, hint=hint)


def _wrong_names(row: nodes.Mapping, kind: Scalar, columns: Sequence[str]) -> list[Diagnostic]:
    """Return diagnostics for unknown columns, or else one for missing columns."""
    unknown = []
    for key, _ in row.entries:
        if key.text in columns:
            continue
        diagnostic = unknown_key(key, f"a row of {kind.text}", list(columns))
        if isinstance(diagnostic.hint, Replacement):
            # The typo may be in the module's columns instead.
            diagnostic = diagnostic._replace(hint=diagnostic.hint._replace(safe=False))
        unknown.append(diagnostic)
    missing = [column for column in columns if row.get(column) is None]
    if not missing or unknown:
        return unknown
    message = f"{kind.text} is missing the columns {', '.join(missing)}"
    if len(missing) == 1:
        message = f"{kind.text} is missing the column {missing[0]}"
    if (commented := _commented_column(missing, row)) is None:
        return [Diagnostic(Code.WRONG_COLUMNS, message, kind.span)]
    quoted = f'"{commented.text}"'
    hint = Replacement(quoted, f"`#` starts a comment: write {quoted} with quotes", safe=False)
    label = Label(kind.span, "in this row")
    return [Diagnostic(Code.WRONG_COLUMNS, message, commented, (label,), hint=hint)]


def _commented_column(columns: list[str], row: nodes.Mapping) -> Span | None:
    """Return the place of a column that is missing because its ``#`` starts a comment."""
    for number in range(row.span.line - 1, row.span.end_line + 2):
        written = row.span.source.line(number)
        start = len(written) - len(written.lstrip()) + 1
        for column in columns:
            if column.startswith("#") and written.startswith(f"{column}:", start - 1):
                return Span(row.span.source, number, start, number, start + len(column))
    return None


def wrong_cell(column: str, module: str, cell: Node, known: Iterable[str] = ()) -> Diagnostic:
    """Return the diagnostic for a cell that is not a number, nor one of the ``known`` columns."""
    message = f"{column} of {module}: expected a number, found {describe(cell)}"
    close = suggest_name(cell.text, known) if isinstance(cell, Scalar) else None
    hint = value_hint(cell, "a number") or close
    return Diagnostic(Code.WRONG_COLUMNS, message, cell.span, hint=hint)
