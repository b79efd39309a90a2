"""Parse a spec's YAML nodes: known keys, valid values, references that exist."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, suggest_name
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.spans import Span
from archc.language.fields.validation import correct_typos, is_empty, unknown_key, validate
from archc.language.grammar.arguments import check_layer
from archc.language.grammar.aux_heads import parse_aux_head, unknown_tap
from archc.language.grammar.defaults import parse_defaults, unused_defaults
from archc.language.grammar.kinds import check_kind
from archc.language.grammar.layer_names import check_unique
from archc.language.grammar.layers import LayerParser
from archc.language.grammar.modules import (
    MAXIMUM_MODULES,
    correct_module_typos,
    parse_columns,
    parse_modules,
)
from archc.language.grammar.syntax_tree import AuxHead, Layer, ModuleDefinition
from archc.language.sections.checkpoint_keys import KeyMapping, parse_checkpoints
from archc.language.sections.entries import parse_section, section_entries
from archc.language.sections.keys import LAYER_SECTIONS, ROW_SECTIONS, SPEC_KEYS
from archc.language.sections.lint_settings import LintSetting, parse_lint_settings
from archc.language.sections.models import Budget, Header, Paper, Width
from archc.language.sections.printed_table import PrintedTable, parse_table
from archc.language.sections.reference_model import ReferenceModel, parse_reference
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Scalar


class Limit(NamedTuple):
    """One line of a budget."""

    value: int
    span: Span


class Spec(NamedTuple):
    """A valid spec, whose modules are not expanded yet. See ``ir.Network`` for the fields."""

    header: Header
    paper: Paper | None
    modules: Mapping[str, ModuleDefinition]
    rows: tuple[Layer, ...]
    sections: Mapping[str, str]
    aux: tuple[AuxHead, ...]
    registration: tuple[str, ...]
    table: PrintedTable | None
    width: Width | None
    budget: Mapping[str, Limit]
    checkpoints: Mapping[str, KeyMapping]
    reference: ReferenceModel | None
    lints: Mapping[str, LintSetting]
    parser: LayerParser
    span: Span


def parse_spec(document: nodes.Mapping, lints: Collection[str]) -> Spec | list[Diagnostic]:
    """Return the spec, or all errors that can be found before shapes are known.

    ``lints`` are the names of all lints.
    """
    diagnostics: list[Diagnostic] = DiagnosticCollector()
    try:
        return _parse(document, lints, diagnostics)
    except TooManyDiagnostics:
        return diagnostics


def _parse(
    document: nodes.Mapping, lints: Collection[str], diagnostics: list[Diagnostic]
) -> Spec | list[Diagnostic]:
    document = correct_typos(document, "spec", SPEC_KEYS, diagnostics)
    entries = {entry.key.text: entry for entry in document.entries}
    unknown = [entry.key for name, entry in entries.items() if name not in SPEC_KEYS]
    diagnostics += (_unknown_section(key, entries) for key in unknown)
    if "extends" in entries:  # it was misspelt, so the base is not merged
        return diagnostics
    place = _first_key(document)
    fields = {name: entries[name] for name in Header.model_fields if name in entries}
    header = validate(Header, "spec", fields, place, diagnostics)
    name = _network_name(entries.get("name"))
    diagnostics += [error for key, _ in name if (error := check_kind(key, "the network"))]
    paper = parse_section(Paper, "paper", entries, diagnostics)
    width = parse_section(Width, "width", entries, diagnostics)
    budget = _parse_budget(entries, diagnostics)
    modules = section_entries(entries.get("modules"), "modules", diagnostics)
    modules = correct_module_typos(modules, diagnostics)
    if len(modules) > MAXIMUM_MODULES:
        message = f"too many modules: {len(modules):,}, at most {MAXIMUM_MODULES} are allowed"
        diagnostics.append(Diagnostic(Code.LIMIT, message, modules[MAXIMUM_MODULES].key.span))
        return diagnostics
    columns = parse_columns(modules, diagnostics)
    diagnostics += check_unique([*name, *modules])
    defaults = parse_defaults(entries.get("defaults"), LayerParser(diagnostics, {}, columns))
    parser = LayerParser(diagnostics, defaults, columns)
    definitions = parse_modules(modules, parser)
    layers = _parse_rows(entries, parser)
    if not unknown:
        diagnostics += _check_has_layers(entries, place)
    row_names = _names(entries, ROW_SECTIONS)
    diagnostics += (unknown_tap(h, row_names) for h in layers.aux if h.tap not in row_names)
    names = _names(entries, LAYER_SECTIONS)
    table = parse_table(entries["table"], names, diagnostics) if "table" in entries else None
    checkpoints = parse_checkpoints(entries.get("checkpoints"), diagnostics)
    reference = parse_reference(entries.get("reference"), diagnostics)
    lint_settings = parse_lint_settings(entries.get("lints"), lints, diagnostics)
    if not diagnostics:
        diagnostics += unused_defaults(document, parser)
    if diagnostics or header is None:
        parameters = _names(entries, ("parameters",))
        return [_hint_at_parameter(diagnostic, parameters) for diagnostic in diagnostics]
    return Spec(
        header,
        paper,
        definitions,
        tuple(layers.rows),
        layers.sections,
        tuple(layers.aux),
        tuple(layers.sections),
        table,
        width,
        budget,
        checkpoints,
        reference,
        lint_settings,
        parser,
        place,
    )


class _Rows(NamedTuple):
    """The valid rows and heads; ``sections`` maps their names to their sections, in file order."""

    rows: list[Layer]
    aux: list[AuxHead]
    sections: dict[str, str]


def _parse_rows(entries: Mapping[str, Entry], parser: LayerParser) -> _Rows:
    parsed = _Rows([], [], {})
    keys: list[Entry] = []
    for section, entry in entries.items():
        if section not in LAYER_SECTIONS:
            continue
        for row in section_entries(entry, section, parser.diagnostics):
            name = row.key.text
            keys.append(row)
            if not parser.check_name(row.key):
                continue
            if section == "aux":
                head = parse_aux_head(row, parser)
                layer = None if head is None else head.layer
                if head is not None:
                    parsed.aux.append(head)
            else:
                layer = parser.parse_layer(name, row.value)
                if layer is not None:
                    parsed.rows.append(layer)
            if layer is not None:
                parsed.sections[name] = section
                check_layer(layer, {"classes": None}, parser)
    parser.diagnostics += check_unique(keys)
    return parsed


def _check_has_layers(entries: Mapping[str, Entry], place: Span) -> list[Diagnostic]:
    """Return a diagnostic if all sections of layers are missing or empty mappings."""
    values = [entries[section].value for section in LAYER_SECTIONS if section in entries]
    if any(not isinstance(value, nodes.Mapping) or value.entries for value in values):
        return []
    message = f"spec needs layers, in {', '.join(ROW_SECTIONS[:-1])} or {ROW_SECTIONS[-1]}"
    return [Diagnostic(Code.MISSING_KEY, message, place)]


def _first_key(document: nodes.Mapping) -> Span:
    """Return the place of the spec's first key; a variant's keys come after those of its base."""
    own = [e.key.span for e in document.entries if e.key.span.source is document.span.source]
    return min(own, key=lambda span: (span.line, span.column), default=document.span)


def _unknown_section(key: Scalar, entries: Mapping[str, Entry]) -> Diagnostic:
    """Return the diagnostic for an unknown key; it may be a row that is not indented."""
    diagnostic = unknown_key(key, "spec", [*SPEC_KEYS])
    keys = (entries[name].key for name in SPEC_KEYS if name in entries)
    above = [known_key for known_key in keys if known_key.span.line < key.span.line]
    section = max(above, key=lambda known_key: known_key.span.line).text if above else ""
    if section in ROW_SECTIONS and is_empty(entries[section].value):
        return diagnostic._replace(hint=f"indent it below {section}")
    return diagnostic


def _hint_at_parameter(diagnostic: Diagnostic, parameters: Collection[str]) -> Diagnostic:
    """Add a hint if a word in place of a number is a misspelt parameter."""
    span = diagnostic.span
    is_value = diagnostic.code in (Code.INVALID_VALUE, Code.WRONG_COLUMNS)
    if not is_value or diagnostic.hint is not None or span is None:
        return diagnostic
    if span.text in parameters:  # spelt correctly, but its number does not fit
        return diagnostic
    return diagnostic._replace(hint=suggest_name(span.text, parameters))


def _network_name(entry: Entry | None) -> list[Entry]:
    """Return the network's name as an entry, to check it like the modules' names."""
    name = entry.value if entry else None
    return [Entry(name, name)] if isinstance(name, Scalar) and isinstance(name.value, str) else []


def _names(entries: Mapping[str, Entry], sections: Collection[str]) -> dict[str, None]:
    """Return the names in the sections, without diagnostics."""
    return {
        key.text: None
        for section in sections
        for key, _ in section_entries(entries.get(section), section, [])
    }


def _parse_budget(entries: Mapping[str, Entry], diagnostics: list[Diagnostic]) -> dict[str, Limit]:
    budget = parse_section(Budget, "budget", entries, diagnostics)
    if budget is None:
        return {}
    lines = {key.text: value for key, value in section_entries(entries["budget"], "budget", [])}
    return {name: Limit(limit, lines[name].span) for name, limit in budget if limit is not None}
