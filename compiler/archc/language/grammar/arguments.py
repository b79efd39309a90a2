"""Build operators from layers: replace columns with a row's cells, then validate the fields."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import BaseModel

from archc.diagnostics import Code, Diagnostic, Label, suggest_keyword
from archc.diagnostics.wording import join_words
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
from archc.language.grammar.layers import LayerParser
from archc.language.grammar.syntax_tree import Layer
from archc.language.sections.models import RepeatArguments, ResidualArguments
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Node, Scalar
from archc.ops import OPERATORS
from archc.ops.operator import Operator

Cells = Mapping[str, Scalar | None]
"""The cell of each column, or None while a module is checked without a row."""


class ResolvedFields(NamedTuple):
    """A layer's fields after its columns are replaced by cells.

    ``values`` holds the fields that are operators themselves, ``unknown`` the fields without a
    value: their cell is unknown, or their operator is invalid. ``symbols`` maps fields to the
    columns that fill them.
    """

    entries: Mapping[str, Entry]
    values: Mapping[str, object]
    unknown: frozenset[str]
    symbols: Mapping[str, str]


def build_operator(
    layer: Layer, cells: Cells, parser: LayerParser
) -> tuple[Operator, Mapping[str, str]] | None:
    """Return the layer's operator, and the column of each field that a column fills.

    None if the operator is invalid, or if it depends on cells that are unknown.
    """
    kind = OPERATORS[layer.kind]
    before = len(parser.diagnostics)
    fields = correct_field_typos(layer.fields, layer.kind, kind, parser.diagnostics)
    layer = layer._replace(fields=fields)
    resolved = resolve_fields(layer, cells, parser, kind, kind.layer_fields, kind.column_fields)
    operator = validate(
        kind,
        layer.kind,
        resolved.entries,
        layer.span,
        parser.diagnostics,
        resolved.values,
        resolved.unknown,
    )
    _label_use(parser, before, layer, resolved)
    _hint_at_columns(parser, before, layer, cells, kind.column_fields)
    return None if operator is None else (operator, resolved.symbols)


def resolve_fields(
    layer: Layer,
    cells: Cells,
    parser: LayerParser,
    model: type[BaseModel],
    layer_fields: tuple[str, ...],
    column_fields: tuple[str, ...],
) -> ResolvedFields:
    """Return the layer's fields with each column replaced by its cell."""
    entries = dict(layer.fields)
    values: dict[str, object] = {}
    unknown = set()
    symbols = {}
    for field, entry in layer.fields.items():
        node = entry.value
        if field in layer_fields:
            built = _nested_operator(node, parser, layer.kind, field, allowed_kinds(model, field))
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
    return ResolvedFields(entries, values, frozenset(unknown), symbols)


def check_layer(layer: Layer, cells: Cells, parser: LayerParser) -> None:
    """Add the errors of the layer and of the layers below it that no row's cells can change."""
    if layer.kind in OPERATORS:
        build_operator(layer, cells, parser)
    elif layer.kind in STRUCTURES:
        build_structure_arguments(layer, cells, parser)
        for child in layer.children:
            check_layer(child, cells, parser)
    else:
        for column, entry in layer.fields.items():
            cell = entry.value
            if isinstance(cell, Scalar) and isinstance(cell.value, str) and cell.value not in cells:
                parser.diagnostics.append(wrong_cell(column, layer.kind, cell, cells))


def build_structure_arguments(
    layer: Layer, cells: Cells, parser: LayerParser
) -> tuple[ResidualArguments | RepeatArguments | None, Mapping[str, str]]:
    """Return a Residual's or Repeat's arguments, and the columns that fill fields, by field."""
    if layer.kind not in ("Residual", "Repeat"):
        return None, {}
    model: type[ResidualArguments | RepeatArguments] = RepeatArguments
    layer_fields: tuple[str, ...] = ()
    if layer.kind == "Residual":
        model, layer_fields = ResidualArguments, ("activation",)
    resolved = resolve_fields(layer, cells, parser, model, layer_fields, ("scale",))
    arguments = validate(
        model,
        layer.kind,
        resolved.entries,
        layer.span,
        parser.diagnostics,
        resolved.values,
        resolved.unknown,
    )
    return arguments, resolved.symbols


def _nested_operator(
    node: Node, parser: LayerParser, what: str, field: str, kinds: tuple[str, ...]
) -> Operator | bool | None:
    """Return the operator in a field such as ``norm``; None for ``none``, False if invalid."""
    if isinstance(node, Scalar) and node.value == "none":
        return None
    if (known := parser.nested_operators.get(id(node))) is not None:
        return known[1]
    if is_empty(node):
        return False
    keys = [entry.key for entry in node.entries] if isinstance(node, nodes.Mapping) else [node]
    if not any(isinstance(key, Scalar) and key.value in kinds for key in keys):
        key = keys[0] if keys else node
        hint = None
        if isinstance(key, Scalar):
            hint = none_hint(key) or kind_hint(key.text, kinds, none=True)
        message = f"{what} {field}: expected {', '.join(kinds)} or none, found {describe(key)}"
        parser.diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, key.span, hint=hint))
        return False
    layer = parser.parse_layer("", node)
    built = None if layer is None else build_operator(layer, {}, parser)
    if built is None:
        return False
    # Cached because usually the node is in the defaults, and every convolution shares it.
    parser.nested_operators[id(node)] = node, built[0]
    return built[0]


def _label_use(parser: LayerParser, before: int, layer: Layer, resolved: ResolvedFields) -> None:
    """Label each diagnostic at a cell with the field in the module that the cell fills.

    For example, the stride 0 in a row's cell is labelled "s fills stride of this Conv".
    """
    for i in range(before, len(parser.diagnostics)):
        diagnostic = parser.diagnostics[i]
        for field, symbol in resolved.symbols.items():
            if diagnostic.span == resolved.entries[field].value.span:
                use = layer.fields[field].value.span
                label = Label(use, f"column {symbol} fills the field {field} of this {layer.kind}")
                parser.diagnostics[i] = diagnostic._replace(labels=(*diagnostic.labels, label))


def _hint_at_columns(
    parser: LayerParser, before: int, layer: Layer, cells: Cells, column_fields: tuple[str, ...]
) -> None:
    """Add hints about columns where a word replaces a number: usually a column is misspelt."""
    for i in range(before, len(parser.diagnostics)):
        for field, entry in layer.fields.items():
            node, diagnostic = entry.value, parser.diagnostics[i]
            if diagnostic.span != node.span or not isinstance(node, Scalar):
                continue
            hint = diagnostic.hint
            if node.text in cells and field not in column_fields:
                only = f"; it can fill {join_words(column_fields)}" if column_fields else ""
                hint = f"a column cannot fill {field}{only}"
            elif hint is None and field in column_fields and isinstance(node.value, str):
                columns = [cell for cell in cells if cell != "classes"]
                known = f"the columns here are {', '.join(columns)}" if columns else None
                close = suggest_keyword(node.text, cells)
                if close is not None and close.text != "classes":
                    close = close._replace(safe=False)  # the typo may be in the columns
                hint = close or known
            parser.diagnostics[i] = diagnostic._replace(hint=hint)
