"""The section ``defaults``: fields for every layer of a kind."""

from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Replacement, suggest_name
from archc.language.fields.validation import correct_field_typos, validate
from archc.language.grammar.arguments import resolve_fields
from archc.language.grammar.kinds import STRUCTURES, kind_hint
from archc.language.grammar.layers import LayerParser
from archc.language.grammar.syntax_tree import Layer
from archc.language.sections.entries import section_entries
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry
from archc.ops import OPERATORS


def parse_defaults(entry: Entry | None, parser: LayerParser) -> dict[str, dict[str, Entry]]:
    """Return the valid fields by operator. ``parser`` has no defaults itself."""
    defaults: dict[str, dict[str, Entry]] = {}
    entries = section_entries(entry, "defaults", parser.diagnostics)
    keys = {key.text for key, _ in entries}
    for kind in entries:
        if kind.key.text in OPERATORS:
            defaults[kind.key.text] = _fields(kind, parser)
        else:
            parser.diagnostics.append(_unknown_operator(kind, keys))
    return defaults


def _unknown_operator(kind: Entry, keys: set[str]) -> Diagnostic:
    name = kind.key.text
    close = kind_hint(name, OPERATORS) if name not in STRUCTURES else None
    if isinstance(close, Replacement) and close.text in keys:
        close = f"{close.text} has defaults already"
    hint = close or f"the operators are {', '.join(OPERATORS)}"
    message = f"{name} is not an operator, so it has no defaults"
    return Diagnostic(Code.UNKNOWN_KIND, message, kind.key.span, hint=hint)


def _fields(entry: Entry, parser: LayerParser) -> dict[str, Entry]:
    """Return the valid fields of one operator.

    An invalid field is left out, so that it is reported once and not at each layer.
    """
    key, diagnostics = entry.key, parser.diagnostics
    what, model = f"defaults of {key.text}", OPERATORS[key.text]
    fields = {field.key.text: field for field in section_entries(entry, key.text, diagnostics)}
    fields = correct_field_typos(fields, what, model, diagnostics)
    layer = Layer("", key.text, fields, (), key.span)
    before = len(diagnostics)
    resolved = resolve_fields(layer, {}, parser, model, model.layer_fields, ())
    required = {name for name, field in model.model_fields.items() if field.is_required()}
    unknown = resolved.unknown | (required - fields.keys())
    validate(model, what, fields, key.span, diagnostics, resolved.values, unknown)
    invalid = {diagnostic.span for diagnostic in diagnostics[before:]}
    return {
        name: field
        for name, field in fields.items()
        if field.key.span not in invalid and field.value.span not in invalid
    }


def unused_defaults(document: nodes.Mapping, parser: LayerParser) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each kind in a variant's own defaults that no layer has."""
    own = document.span.source
    is_variant = any(key.span.source is not own for key, _ in document.entries)
    defaults = document.get("defaults")
    for key, _ in defaults.entries if is_variant and isinstance(defaults, nodes.Mapping) else ():
        if key.span.source is own and key.text not in parser.used_operators:
            message = f"unused defaults of {key.text}: no layer has this kind"
            hint = suggest_name(key.text, parser.used_operators)
            yield Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint)
