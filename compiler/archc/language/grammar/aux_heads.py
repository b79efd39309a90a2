"""Parse auxiliary heads: their layers, the row that they tap, and their weight in the loss."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.language.fields.validation import correct_typos, describe, unknown_key, validate
from archc.language.grammar.layers import LayerParser
from archc.language.grammar.syntax_tree import AuxHead
from archc.language.sections.models import AuxArguments
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry


def parse_aux_head(row: Entry, parser: LayerParser) -> AuxHead | None:
    """Parse ``{Aux: <layer>, from: <row>, loss_weight: <number>}``; None if it is invalid."""
    key, value = row
    fields = {}
    if isinstance(value, nodes.Mapping):
        value = correct_typos(value, "Aux", ["Aux", "from", "loss_weight"], parser.diagnostics)
        fields = {entry.key.text: entry for entry in value.entries}
    if "Aux" not in fields:
        message = f"{key.text}: expected an auxiliary head, found {describe(value)}"
        hint = "use {Aux: AModule, from: a_row, loss_weight: 0.3}"
        diagnostic = Diagnostic(Code.INVALID_LAYER, message, value.span, hint=hint)
        parser.diagnostics.append(diagnostic)
        return None
    known = {"from": "tap", "loss_weight": "loss_weight"}
    head = fields.pop("Aux")
    before = len(parser.diagnostics)
    for name in [name for name in fields if name not in known]:
        key = fields.pop(name).key
        parser.diagnostics.append(unknown_key(key, "Aux", list(known), None, fields))
    missing = [name for name in known if name not in fields]
    if missing:
        message = f"Aux needs {' and '.join(missing)}"
        parser.diagnostics.append(Diagnostic(Code.MISSING_KEY, message, head.key.span))
    layer = parser.parse_layer(key.text, head.value)
    if layer is None or len(parser.diagnostics) > before:
        return None
    renamed = {known[name]: entry for name, entry in fields.items()}
    arguments = validate(AuxArguments, "Aux", renamed, head.key.span, parser.diagnostics)
    if arguments is None:
        return None
    return AuxHead(layer, arguments.tap, arguments.loss_weight, renamed["tap"].value.span)


def unknown_tap(head: AuxHead, names: Collection[str]) -> Diagnostic:
    """Return the diagnostic for a head that taps a row that is not in ``names``."""
    there = f"the rows are {', '.join(sorted(names))}" if names else None
    hint = suggest_name(head.tap, names) or there
    message = f"{head.layer.name} taps the unknown row {head.tap}"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, head.span, hint=hint)
