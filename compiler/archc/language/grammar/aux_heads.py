"""Auxiliary heads as written: their layers, the row that they tap, their part in the loss."""

from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.diagnostics.spans import Span
from archc.language.fields.validation import correct_typos, describe, unknown_key, validate
from archc.language.grammar.layers import Grammar, Layer
from archc.language.sections.models import AuxArguments
from archc.language.yaml import source
from archc.language.yaml.source import Entry


class Auxiliary(NamedTuple):
    """An auxiliary head as written."""

    layer: Layer
    tap: str
    loss_weight: float
    span: Span


def read_head(row: Entry, grammar: Grammar) -> Auxiliary | None:
    """``{Aux: <layer>, from: <row>, loss_weight: <number>}``."""
    key, value = row
    fields = {}
    if isinstance(value, source.Mapping):
        value = correct_typos(value, "Aux", ["Aux", "from", "loss_weight"], grammar.diagnostics)
        fields = {entry.key.text: entry for entry in value.entries}
    if "Aux" not in fields:
        message = f"{key.text} is no auxiliary head, found {describe(value)}"
        hint = "a head is {Aux: AModule, from: a_row, loss_weight: 0.3}"
        diagnostic = Diagnostic(Code.INVALID_LAYER, message, value.span, hint=hint)
        grammar.diagnostics.append(diagnostic)
        return None
    known = {"from": "tap", "loss_weight": "loss_weight"}
    head = fields.pop("Aux")
    before = len(grammar.diagnostics)
    for name in [name for name in fields if name not in known]:
        key = fields.pop(name).key
        grammar.diagnostics.append(unknown_key(key, "Aux", list(known), None, fields))
    missing = [name for name in known if name not in fields]
    if missing:
        message = f"Aux needs {' and '.join(missing)}"
        grammar.diagnostics.append(Diagnostic(Code.MISSING_KEY, message, head.key.span))
    layer = grammar.layer(key.text, head.value)
    if layer is None or len(grammar.diagnostics) > before:
        return None
    renamed = {known[name]: entry for name, entry in fields.items()}
    arguments = validate(AuxArguments, "Aux", renamed, head.key.span, grammar.diagnostics)
    if arguments is None:
        return None
    return Auxiliary(layer, arguments.tap, arguments.loss_weight, renamed["tap"].value.span)


def unknown_tap(head: Auxiliary, names: set[str]) -> Diagnostic:
    """The row that the head taps is none of ``names``, those of the network's rows."""
    there = f"the rows are {', '.join(sorted(names))}" if names else None
    hint = suggest_name(head.tap, names) or there
    message = f"{head.layer.name} taps {head.tap}, which is no row of the network"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, head.span, hint=hint)
