"""Layers as written → operators: arguments filled in from a row's cells, then validated."""

from collections.abc import Mapping
from typing import NamedTuple

from archc import source
from archc.diagnostics import Code, Diagnostic, Label
from archc.ops import OPERATORS
from archc.ops.operator import Operator
from archc.source import Entry, Node, Scalar
from archc.syntax import Grammar, Layer
from archc.validation import found, validate

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
    before = len(grammar.findings)
    filled = fill(layer, cells, grammar, kind.layer_fields, kind.column_fields)
    operator = validate(
        kind,
        layer.kind,
        filled.entries,
        layer.span,
        grammar.findings,
        filled.values,
        filled.unknown,
    )
    _point_at_definition(grammar, before, layer, filled)
    return None if operator is None else (operator, filled.symbols)


def fill(
    layer: Layer,
    cells: Cells,
    grammar: Grammar,
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
            built = _nested(node, grammar, field)
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


def _nested(node: Node, grammar: Grammar, field: str) -> Operator | bool | None:
    """The operator in a field such as ``norm``; None for ``none``, False where it is not valid."""
    if isinstance(node, Scalar) and node.value == "none":
        return None
    if isinstance(node, source.List) or (isinstance(node, Scalar) and node.value is None):
        message = f"{field} is a kind or none, found {found(node)}"
        grammar.findings.append(Diagnostic(Code.INVALID_VALUE, message, node.span))
        return False
    layer = grammar.layer("", node)
    if layer is None:
        return False
    if layer.kind not in OPERATORS:
        message = f"{field} is an operator or none, not {layer.kind}"
        grammar.findings.append(Diagnostic(Code.INVALID_VALUE, message, layer.span))
        return False
    built = build(layer, {}, grammar)
    return False if built is None else built[0]


def _point_at_definition(grammar: Grammar, before: int, layer: Layer, filled: Filled) -> None:
    """What a cell makes wrong is shown at the cell, with where the module uses it beside it."""
    for i in range(before, len(grammar.findings)):
        finding = grammar.findings[i]
        for field, symbol in filled.symbols.items():
            if finding.span == filled.entries[field].value.span:
                use = layer.fields[field].value.span
                label = Label(use, f"{symbol} is {field} of this {layer.kind}")
                grammar.findings[i] = finding._replace(labels=(*finding.labels, label))
