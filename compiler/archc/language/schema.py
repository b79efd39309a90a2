"""A composed spec → a valid one: every key known, every value of its type, every reference met."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, TypeVar

from archc.diagnostics import Code, Diagnostic, Hint, Replacement, suggest_keyword, suggest_name
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.spans import Span
from archc.language.fields.validation import (
    correct_field_typos,
    correct_typos,
    describe,
    is_empty,
    unknown_key,
    validate,
)
from archc.language.fields.value_hints import none_hint
from archc.language.grammar.arguments import check_layers, fill
from archc.language.grammar.aux_heads import Auxiliary, read_head, unknown_tap
from archc.language.grammar.kinds import STRUCTURES, check_kind, kind_hint
from archc.language.grammar.layers import MAXIMUM_MODULES, Definition, Grammar, Layer
from archc.language.grammar.modules import columns_of, modules_as_meant, read_definitions
from archc.language.sections.checkpoint_keys import KeyMapping, parse_checkpoints
from archc.language.sections.lint_settings import LintSetting, parse_lint_settings
from archc.language.sections.models import (
    Budget,
    Header,
    Paper,
    SpecModel,
    Width,
)
from archc.language.sections.printed_table import PrintedTable, parse_table
from archc.language.sections.reference_model import ReferenceModel, parse_reference
from archc.language.yaml import source
from archc.language.yaml.source import Entry, Scalar
from archc.ops import OPERATORS

ROW_SECTIONS = ("stem", "inception", "body", "head")

Section = TypeVar("Section", bound=SpecModel)


class Limit(NamedTuple):
    """One line of a budget."""

    value: int
    span: Span


class Spec(NamedTuple):
    """A valid spec, its layers still as written."""

    header: Header
    paper: Paper | None
    modules: Mapping[str, Definition]
    rows: tuple[Layer, ...]
    sections: Mapping[str, str]
    aux: tuple[Auxiliary, ...]
    registration: tuple[str, ...]
    table: PrintedTable | None
    width: Width | None
    budget: Mapping[str, Limit]
    checkpoints: Mapping[str, KeyMapping]
    reference: ReferenceModel | None
    lints: Mapping[str, LintSetting]
    grammar: Grammar
    span: Span


def check_schema(document: source.Mapping, lints: Collection[str]) -> Spec | list[Diagnostic]:
    """The spec, or every fault that can be seen before shapes are known."""
    diagnostics: list[Diagnostic] = DiagnosticCollector()
    try:
        return _checked(document, lints, diagnostics)
    except TooManyDiagnostics:
        return diagnostics


def _checked(
    document: source.Mapping, lints: Collection[str], diagnostics: list[Diagnostic]
) -> Spec | list[Diagnostic]:
    sections = {*ROW_SECTIONS, "aux"}
    known = [*Header.model_fields, "extends", "paper", "defaults", "modules", *ROW_SECTIONS]
    known += ["aux", "table", "parameters", "width", "budget", "checkpoints", "reference", "lints"]
    document = correct_typos(document, "spec", known, diagnostics)
    entries = {entry.key.text: entry for entry in document.entries}
    unknown = [entry.key for name, entry in entries.items() if name not in known]
    diagnostics += (_unknown_at_top(key, known, entries) for key in unknown)
    if "extends" in entries:  # misspelt, or it would be gone: all else is half a spec
        return diagnostics
    # A variant's first own key, not that of what it extends.
    own = [e.key.span for e in document.entries if e.key.span.source is document.span.source]
    place = min(own, key=lambda span: (span.line, span.column), default=document.span)
    fields = {name: entries[name] for name in Header.model_fields if name in entries}
    header = validate(Header, "spec", fields, place, diagnostics)
    named = _named(entries.get("name"))
    diagnostics += [wrong for key, _ in named if (wrong := check_kind(key, "the network"))]
    paper = _section(Paper, "paper", entries, diagnostics)
    width = _section(Width, "width", entries, diagnostics)
    budget = _section(Budget, "budget", entries, diagnostics)
    modules = modules_as_meant(
        _mapping(entries.get("modules"), "modules", diagnostics), diagnostics
    )
    if len(modules) > MAXIMUM_MODULES:
        message = f"{len(modules):,} modules, at most {MAXIMUM_MODULES} are possible"
        diagnostics.append(Diagnostic(Code.LIMIT, message, modules[MAXIMUM_MODULES].key.span))
        return diagnostics
    columns = columns_of(modules, diagnostics)
    without_defaults = Grammar(diagnostics, {}, columns)
    without_defaults.unique([*named, *modules])
    grammar = Grammar(diagnostics, _defaults(entries.get("defaults"), without_defaults), columns)
    definitions = read_definitions(modules, grammar)

    rows: list[Layer] = []
    aux: list[Auxiliary] = []
    section_of: dict[str, str] = {}
    registration: list[str] = []
    keys: list[Entry] = []
    for name, entry in entries.items():
        if name not in sections:
            continue
        for row in _mapping(entry, name, diagnostics):
            keys.append(row)
            if not grammar.names_well(row.key):
                continue
            layer = (
                read_head(row, grammar) if name == "aux" else grammar.layer(row.key.text, row.value)
            )
            if layer is None:
                continue
            registration.append(row.key.text)
            section_of[row.key.text] = name
            if isinstance(layer, Auxiliary):
                aux.append(layer)
            else:
                rows.append(layer)
            inside = layer.layer if isinstance(layer, Auxiliary) else layer
            check_layers(inside, {"classes": None}, grammar)
    grammar.unique(keys)
    empty = all(
        isinstance(entries[section].value, source.Mapping) for section in sections & entries.keys()
    )
    if not keys and not unknown and empty:
        message = f"spec needs layers, in {', '.join(ROW_SECTIONS[:-1])} or {ROW_SECTIONS[-1]}"
        diagnostics.append(Diagnostic(Code.MISSING_KEY, message, place))
    names = {
        key.text
        for section in ROW_SECTIONS
        for key, _ in _mapping(entries.get(section), section, [])
    }
    diagnostics += (unknown_tap(head, names) for head in aux if head.tap not in names)
    every = names | {key.text for key, _ in _mapping(entries.get("aux"), "aux", [])}
    table = parse_table(entries["table"], every, diagnostics) if "table" in entries else None
    checkpoints = parse_checkpoints(entries.get("checkpoints"), diagnostics)
    reference = parse_reference(entries.get("reference"), diagnostics)
    lint_settings = parse_lint_settings(entries.get("lints"), lints, diagnostics)
    if not diagnostics:
        diagnostics += _idle_defaults(document, grammar)
    if diagnostics or header is None:
        parameters = [key.text for key, _ in _mapping(entries.get("parameters"), "parameters", [])]
        return [_point_at_parameter(diagnostic, parameters) for diagnostic in diagnostics]
    return Spec(
        header,
        paper,
        definitions,
        tuple(rows),
        section_of,
        tuple(aux),
        tuple(registration),
        table,
        width,
        _limits(budget, entries),
        checkpoints,
        reference,
        lint_settings,
        grammar,
        place,
    )


def _idle_defaults(document: source.Mapping, grammar: Grammar) -> Iterator[Diagnostic]:
    """What a variant says of a kind that no layer is of: it changes nothing."""
    own = document.span.source
    is_variant = any(key.span.source is not own for key, _ in document.entries)
    defaults = document.get("defaults")
    for key, _ in defaults.entries if is_variant and isinstance(defaults, source.Mapping) else ():
        if key.span.source is own and key.text not in grammar.used:
            message = f"the defaults of {key.text} change nothing: no layer is one"
            hint = suggest_name(key.text, grammar.used)
            yield Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint)


def _unknown_at_top(key: Scalar, known: list[str], entries: Mapping[str, Entry]) -> Diagnostic:
    """A key that is none of a spec's; most often a row that is not indented below its section."""
    diagnostic = unknown_key(key, "spec", known)
    keys = (entries[name].key for name in known if name in entries)
    above = [known_key for known_key in keys if known_key.span.line < key.span.line]
    section = max(above, key=lambda known_key: known_key.span.line).text if above else ""
    if section in ROW_SECTIONS and is_empty(entries[section].value):
        return diagnostic._replace(hint=f"indent it, so that it stands in {section}")
    return diagnostic


def _point_at_parameter(diagnostic: Diagnostic, parameters: list[str]) -> Diagnostic:
    """A word where a number is needed may be a parameter that is misspelt."""
    span = diagnostic.span
    judged = diagnostic.code in (Code.INVALID_VALUE, Code.WRONG_COLUMNS) and diagnostic.hint is None
    # One that is spelt well stands for a number that does not fit.
    if not judged or span is None or span.text in parameters:
        return diagnostic
    return diagnostic._replace(hint=suggest_name(span.text, parameters))


def _named(entry: Entry | None) -> list[Entry]:
    """The network's name as an entry of its own, to be held against the modules' names."""
    name = entry.value if entry else None
    return [Entry(name, name)] if isinstance(name, Scalar) and isinstance(name.value, str) else []


def _mapping(entry: Entry | None, what: str, diagnostics: list[Diagnostic]) -> tuple[Entry, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, source.Mapping):
        return entry.value.entries
    message = f"{what} is a mapping of names, found {describe(entry.value)}"
    # In a variant `none` removes a section.
    text = entry.value.text if isinstance(entry.value, Scalar) else ""
    hint: Hint | None = suggest_keyword(text, ("none",))
    if isinstance(entry.value, Scalar):
        hint = none_hint(entry.value) or hint
    if text == "none":
        hint = "only a variant removes a section: is `extends` missing?"
    # Of many lines, the key is enough to show.
    span = entry.value.span if _is_short(entry.value) else entry.key.span
    diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, span, hint=hint))
    return ()


def _is_short(node: source.Node) -> bool:
    return node.span.line == node.span.end_line and not is_empty(node)


def _section(
    model: type[Section], name: str, entries: Mapping[str, Entry], diagnostics: list[Diagnostic]
) -> Section | None:
    """A section that is one model; None where it is not there, or, with findings, not valid."""
    entry = entries.get(name)
    if entry is None:
        return None
    before = len(diagnostics)
    fields = {field.key.text: field for field in _mapping(entry, name, diagnostics)}
    if len(diagnostics) > before:
        return None
    return validate(model, name, fields, entry.key.span, diagnostics)


def _limits(budget: Budget | None, entries: Mapping[str, Entry]) -> dict[str, Limit]:
    if budget is None:
        return {}
    lines = {key.text: value for key, value in _mapping(entries["budget"], "budget", [])}
    return {name: Limit(limit, lines[name].span) for name, limit in budget if limit is not None}


def _defaults(entry: Entry | None, grammar: Grammar) -> dict[str, dict[str, Entry]]:
    defaults: dict[str, dict[str, Entry]] = {}
    entries = _mapping(entry, "defaults", grammar.diagnostics)
    there = {key.text for key, _ in entries}
    for key, value in entries:
        if key.text not in OPERATORS:
            close = kind_hint(key.text, OPERATORS) if key.text not in STRUCTURES else None
            if isinstance(close, Replacement) and close.text in there:
                close = f"{close.text} is there already"
            hint = close or f"the operators are {', '.join(OPERATORS)}"
            message = f"{key.text} is no operator, so it has no defaults"
            grammar.diagnostics.append(Diagnostic(Code.UNKNOWN_KIND, message, key.span, hint=hint))
            continue
        fields = {
            field.key.text: field
            for field in _mapping(Entry(key, value), key.text, grammar.diagnostics)
        }
        kind = OPERATORS[key.text]
        fields = correct_field_typos(fields, f"defaults of {key.text}", kind, grammar.diagnostics)
        layer = Layer("", key.text, fields, (), key.span)
        before = len(grammar.diagnostics)
        filled = fill(layer, {}, grammar, kind, kind.layer_fields, ())
        required = {name for name, field in kind.model_fields.items() if field.is_required()}
        validate(
            kind,
            f"defaults of {key.text}",
            fields,
            key.span,
            grammar.diagnostics,
            filled.values,
            filled.unknown | (required - fields.keys()),
        )
        # What is wrong with a default is said once, not again at each layer that takes it.
        faulty = {diagnostic.span for diagnostic in grammar.diagnostics[before:]}
        defaults[key.text] = {
            name: field
            for name, field in fields.items()
            if field.key.span not in faulty and field.value.span not in faulty
        }
    return defaults
