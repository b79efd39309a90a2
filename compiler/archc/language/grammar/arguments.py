"""Layers as written → operators: arguments filled in from a row's cells, then validated."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel

from archc.diagnostics import Code, Diagnostic, Label, suggest_keyword
from archc.diagnostics.wording import listed
from archc.language.fields.validation import (
    allowed_kinds,
    correct_field_typos,
    describe,
    is_empty,
    validate,
)
from archc.language.fields.value_hints import none_hint
from archc.language.grammar.cells import wrong_cell
from archc.language.grammar.kinds import STRUCTURES, kind_hint
from archc.language.grammar.layers import Grammar, Layer
from archc.language.sections.models import RepeatArguments, ResidualArguments
from archc.language.yaml import source
from archc.language.yaml.source import Entry, Node, Scalar
from archc.ops import OPERATORS
from archc.ops.operator import Operator

Cells = Mapping[str, Scalar | None]
"""What each symbol stands for: a column's cell; None while the row is not known."""


class Filled(NamedTuple):
    """A layer's arguments with the cells put in.

    ``values`` are those that come from cells or are operators themselves; ``unknown`` are fields
    whose cell is not known yet; ``symbols`` tells which field came from which column.
    """

    entries: Mapping[str, Entry]
    values: Mapping[str, object]
    unknown: frozenset[str]
    symbols: Mapping[str, str]


def build(
    layer: Layer, cells: Cells, grammar: Grammar
) -> tuple[Operator, Mapping[str, str]] | None:
    """The layer's operator, and which fields came from which column.

    None where it is not valid, with findings added, or where its row is not known yet.
    """
    kind = OPERATORS[layer.kind]
    before = len(grammar.diagnostics)
    fields = correct_field_typos(layer.fields, layer.kind, kind, grammar.diagnostics)
    layer = layer._replace(fields=fields)
    filled = fill(layer, cells, grammar, kind, kind.layer_fields, kind.column_fields)
    operator = validate(
        kind,
        layer.kind,
        filled.entries,
        layer.span,
        grammar.diagnostics,
        filled.values,
        filled.unknown,
    )
    _point_at_definition(grammar, before, layer, filled)
    _point_at_columns(grammar, before, layer, cells, kind.column_fields)
    return None if operator is None else (operator, filled.symbols)


def fill(
    layer: Layer,
    cells: Cells,
    grammar: Grammar,
    model: type[BaseModel],
    layer_fields: tuple[str, ...],
    column_fields: tuple[str, ...],
) -> Filled:
    """The layer's arguments with each symbol replaced by its cell."""
    entries = dict(layer.fields)
    values: dict[str, object] = {}
    unknown = set()
    symbols = {}
    for field, entry in layer.fields.items():
        node = entry.value
        if field in layer_fields:
            built = _nested(node, grammar, layer.kind, field, allowed_kinds(model, field))
            if isinstance(built, Operator) or built is None:
                values[field] = built
            else:
                unknown.add(field)
        elif field in column_fields and isinstance(node, Scalar) and node.text in cells:
            symbols[field] = node.text
            cell = cells[node.text]
            if cell is None:
                unknown.add(field)
            else:
                entries[field] = Entry(entry.key, cell)
    return Filled(entries, values, frozenset(unknown), symbols)


def check_layers(layer: Layer, cells: Cells, grammar: Grammar) -> None:
    """Every argument that does not depend on a row is judged where it is written, once."""
    if layer.kind in OPERATORS:
        build(layer, cells, grammar)
    elif layer.kind in STRUCTURES:
        structure_arguments(layer, cells, grammar)
        for child in layer.children:
            check_layers(child, cells, grammar)
    else:
        for column, entry in layer.fields.items():
            cell = entry.value
            if isinstance(cell, Scalar) and isinstance(cell.value, str) and cell.value not in cells:
                grammar.diagnostics.append(wrong_cell(column, layer.kind, cell, cells))


def structure_arguments(
    layer: Layer, cells: Cells, grammar: Grammar
) -> tuple[ResidualArguments | RepeatArguments | None, Mapping[str, str]]:
    """What a Residual or a Repeat takes beside its layers, and which fields came from columns."""
    if layer.kind not in ("Residual", "Repeat"):
        return None, {}
    model: type[ResidualArguments | RepeatArguments] = RepeatArguments
    if layer.kind == "Residual":
        model = ResidualArguments
    layer_fields = ("activation",) if layer.kind == "Residual" else ()
    filled = fill(layer, cells, grammar, model, layer_fields, ("scale",))
    arguments = validate(
        model,
        layer.kind,
        filled.entries,
        layer.span,
        grammar.diagnostics,
        filled.values,
        filled.unknown,
    )
    return arguments, filled.symbols


def _nested(
    node: Node, grammar: Grammar, what: str, field: str, kinds: tuple[str, ...]
) -> Operator | bool | None:
    """The operator in a field such as ``norm``; None for ``none``, False where it is not valid."""
    if isinstance(node, Scalar) and node.value == "none":
        return None
    if (known := grammar.nested.get(id(node))) is not None:
        return known[1]
    if is_empty(node):
        return False
    keys = [entry.key for entry in node.entries] if isinstance(node, source.Mapping) else [node]
    if not any(isinstance(key, Scalar) and key.value in kinds for key in keys):
        key = keys[0] if keys else node
        hint = None
        if isinstance(key, Scalar):
            hint = none_hint(key) or kind_hint(key.text, kinds, none=True)
        message = f"{what} {field}: {', '.join(kinds)} or none is needed, found {describe(key)}"
        grammar.diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, key.span, hint=hint))
        return False
    layer = grammar.layer("", node)
    built = None if layer is None else build(layer, {}, grammar)
    if built is None:
        return False
    # Most often it stands in the defaults: the same norm for every convolution.
    grammar.nested[id(node)] = node, built[0]
    return built[0]


def _point_at_definition(grammar: Grammar, before: int, layer: Layer, filled: Filled) -> None:
    """What a cell makes wrong is shown at the cell, with where the module uses it beside it."""
    for i in range(before, len(grammar.diagnostics)):
        diagnostic = grammar.diagnostics[i]
        for field, symbol in filled.symbols.items():
            if diagnostic.span == filled.entries[field].value.span:
                use = layer.fields[field].value.span
                label = Label(use, f"{symbol} is {field} of this {layer.kind}")
                grammar.diagnostics[i] = diagnostic._replace(labels=(*diagnostic.labels, label))


def _point_at_columns(
    grammar: Grammar, before: int, layer: Layer, cells: Cells, column_fields: tuple[str, ...]
) -> None:
    """A word where a number is needed is most often a column, misspelt or out of its place."""
    for i in range(before, len(grammar.diagnostics)):
        for field, entry in layer.fields.items():
            node, diagnostic = entry.value, grammar.diagnostics[i]
            if diagnostic.span != node.span or not isinstance(node, Scalar):
                continue
            hint = diagnostic.hint
            if node.text in cells and field not in column_fields:
                only = f", only {listed(column_fields)}" if column_fields else ""
                hint = f"a column cannot fill this{only}"
            elif hint is None and field in column_fields and isinstance(node.value, str):
                columns = [cell for cell in cells if cell != "classes"]
                known = f"the columns here are {', '.join(columns)}" if columns else None
                close = suggest_keyword(node.text, cells)
                if close is not None and close.text != "classes":
                    close = close._replace(safe=False)  # the columns may be what is misspelt
                hint = close or known
            grammar.diagnostics[i] = diagnostic._replace(hint=hint)
