"""A composed spec → a valid one: every key known, every value of its type, every reference met."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeGuard, TypeVar

from archc import source
from archc.arguments import Cells, build, fill
from archc.diagnostics import Code, Diagnostic, Hint, Label, Replacement, guess, suggestion
from archc.findings import Findings, TooManyFindings
from archc.models import (
    AuxArguments,
    Budget,
    Header,
    ModuleHeader,
    Paper,
    RepeatArguments,
    ResidualArguments,
    SpecModel,
    Width,
)
from archc.ops import OPERATORS
from archc.renaming import Renaming, parse_checkpoints
from archc.source import Entry, Scalar
from archc.spans import Span
from archc.switches import Switch, parse_switches
from archc.syntax import (
    MAXIMUM_MODULES,
    STRUCTURES,
    Definition,
    Grammar,
    Layer,
    check_kind,
    module_columns,
    wrong_cell,
)
from archc.table import PrintedTable, parse_table
from archc.validation import as_meant, found, is_empty, listed, unknown_key, validate

ROW_SECTIONS = ("stem", "inception", "body", "head")

Section = TypeVar("Section", bound=SpecModel)


class Auxiliary(NamedTuple):
    """An auxiliary head as written."""

    layer: Layer
    tap: str
    loss_weight: float
    span: Span


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
    checkpoints: Mapping[str, Renaming]
    lints: Mapping[str, Switch]
    grammar: Grammar
    span: Span


def check_schema(document: source.Mapping) -> Spec | list[Diagnostic]:
    """The spec, or every fault that can be seen before shapes are known."""
    findings: list[Diagnostic] = Findings()
    try:
        return _checked(document, findings)
    except TooManyFindings:
        return findings


def _checked(document: source.Mapping, findings: list[Diagnostic]) -> Spec | list[Diagnostic]:
    sections = {*ROW_SECTIONS, "aux"}
    known = [*Header.model_fields, "extends", "paper", "defaults", "modules", *ROW_SECTIONS]
    known += ["aux", "table", "parameters", "width", "budget", "checkpoints", "lints"]
    document = as_meant(document, "spec", known, findings)
    entries = {entry.key.text: entry for entry in document.entries}
    unknown = [entry.key for name, entry in entries.items() if name not in known]
    findings += (_unknown_at_top(key, known, entries) for key in unknown)
    if "extends" in entries:  # misspelt, or it would be gone: all else is half a spec
        return findings
    # A variant's first own key, not that of what it extends.
    own = [e.key.span for e in document.entries if e.key.span.source is document.span.source]
    place = min(own, key=lambda span: (span.line, span.column), default=document.span)
    fields = {name: entries[name] for name in Header.model_fields if name in entries}
    header = validate(Header, "spec", fields, place, findings)
    named = _named(entries.get("name"))
    findings += [wrong for key, _ in named if (wrong := check_kind(key, "the network"))]
    paper = _section(Paper, "paper", entries, findings)
    width = _section(Width, "width", entries, findings)
    budget = _section(Budget, "budget", entries, findings)
    modules = tuple(
        _module_as_meant(module, findings)
        for module in _mapping(entries.get("modules"), "modules", findings)
    )
    if len(modules) > MAXIMUM_MODULES:
        message = f"{len(modules):,} modules, at most {MAXIMUM_MODULES} are possible"
        findings.append(Diagnostic(Code.LIMIT, message, modules[MAXIMUM_MODULES].key.span))
        return findings
    columns = {
        key.text: module_columns(value, findings) if _is_whole(value) else None
        for key, value in modules
        if check_kind(key, "a module") is None
    }
    written = {key.text: value for key, value in modules}
    without_defaults = Grammar(findings, {}, columns)
    without_defaults.unique([*named, *modules])
    grammar = Grammar(findings, _defaults(entries.get("defaults"), without_defaults), columns)
    definitions = {
        key.text: definition
        for key, value in modules
        if _is_whole(value) or not isinstance(value, source.Mapping)
        if (definition := grammar.definition(key, value)) is not None
    }
    for key, value in modules:
        about = _about(value)
        validate(ModuleHeader, f"module {key.text}", about, key.span, findings)
    for definition in definitions.values():
        if columns[definition.name] is not None:
            before = len(findings)
            cells: Cells = dict.fromkeys((*definition.columns, "classes"))
            _check_layers(definition.body, cells, grammar)
            if len(findings) == before:
                _check_columns_used(definition, written[definition.name], findings)
    findings += _recursions(definitions)

    rows: list[Layer] = []
    aux: list[Auxiliary] = []
    section_of: dict[str, str] = {}
    registration: list[str] = []
    keys: list[Entry] = []
    for name, entry in entries.items():
        if name not in sections:
            continue
        for row in _mapping(entry, name, findings):
            keys.append(row)
            if not grammar.names_well(row.key):
                continue
            layer = (
                _auxiliary(row, grammar)
                if name == "aux"
                else grammar.layer(row.key.text, row.value)
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
            _check_layers(inside, {"classes": None}, grammar)
    grammar.unique(keys)
    empty = all(
        isinstance(entries[section].value, source.Mapping) for section in sections & entries.keys()
    )
    if not keys and not unknown and empty:
        message = f"spec needs layers, in {', '.join(ROW_SECTIONS[:-1])} or {ROW_SECTIONS[-1]}"
        findings.append(Diagnostic(Code.MISSING_KEY, message, place))
    names = {
        key.text
        for section in ROW_SECTIONS
        for key, _ in _mapping(entries.get(section), section, [])
    }
    findings += (_unknown_tap(head, names) for head in aux if head.tap not in names)
    every = names | {key.text for key, _ in _mapping(entries.get("aux"), "aux", [])}
    table = parse_table(entries["table"], every, findings) if "table" in entries else None
    checkpoints = parse_checkpoints(entries.get("checkpoints"), findings)
    switches = parse_switches(entries.get("lints"), findings)
    if not findings:
        findings += _idle_defaults(document, grammar)
    if findings or header is None:
        parameters = [key.text for key, _ in _mapping(entries.get("parameters"), "parameters", [])]
        return [_point_at_parameter(finding, parameters) for finding in findings]
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
        switches,
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
            hint = guess(key.text, grammar.used)
            yield Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint)


def _unknown_at_top(key: Scalar, known: list[str], entries: Mapping[str, Entry]) -> Diagnostic:
    """A key that is none of a spec's; most often a row that is not indented below its section."""
    finding = unknown_key(key, "spec", known)
    keys = (entries[name].key for name in known if name in entries)
    above = [known_key for known_key in keys if known_key.span.line < key.span.line]
    section = max(above, key=lambda known_key: known_key.span.line).text if above else ""
    if section in ROW_SECTIONS and is_empty(entries[section].value):
        return finding._replace(hint=f"indent it, so that it stands in {section}")
    return finding


def _point_at_parameter(finding: Diagnostic, parameters: list[str]) -> Diagnostic:
    """A word where a number is needed may be a parameter that is misspelt."""
    span = finding.span
    if span is None or finding.hint is not None or "number is needed" not in finding.message:
        return finding
    if span.text in parameters:  # it is one already, of a number that does not fit
        return finding
    return finding._replace(hint=guess(span.text, parameters))


def _module_as_meant(module: Entry, findings: list[Diagnostic]) -> Entry:
    key, value = module
    if not isinstance(value, source.Mapping):
        return module
    bodies = [kind for kind in STRUCTURES if kind != "Repeat"]
    known = ["extends", "columns", "about", *bodies, *STRUCTURES["Residual"]]
    return Entry(key, as_meant(value, f"module {key.text}", known, findings))


def _is_whole(module: source.Node) -> TypeGuard[source.Mapping]:
    """Whether it has all that it is to have; one whose `extends` was misspelt has half of it."""
    return isinstance(module, source.Mapping) and module.get("extends") is None


def _named(entry: Entry | None) -> list[Entry]:
    """The network's name as an entry of its own, to be held against the modules' names."""
    name = entry.value if entry else None
    return [Entry(name, name)] if isinstance(name, Scalar) and isinstance(name.value, str) else []


def _about(node: source.Node) -> dict[str, Entry]:
    entries = node.entries if isinstance(node, source.Mapping) else ()
    return {entry.key.text: entry for entry in entries if entry.key.text == "about"}


def _mapping(entry: Entry | None, what: str, findings: list[Diagnostic]) -> tuple[Entry, ...]:
    if entry is None:
        return ()
    if isinstance(entry.value, source.Mapping):
        return entry.value.entries
    message = f"{what} is a mapping of names, found {found(entry.value)}"
    # In a variant `none` removes a section.
    text = entry.value.text if isinstance(entry.value, Scalar) else ""
    hint: Hint | None = suggestion(text, ("none",))
    if text == "none":
        hint = "only a variant removes a section: is `extends` missing?"
    # Of many lines, the key is enough to show.
    span = entry.value.span if _is_short(entry.value) else entry.key.span
    findings.append(Diagnostic(Code.INVALID_VALUE, message, span, hint=hint))
    return ()


def _is_short(node: source.Node) -> bool:
    return node.span.line == node.span.end_line and not is_empty(node)


def _section(
    model: type[Section], name: str, entries: Mapping[str, Entry], findings: list[Diagnostic]
) -> Section | None:
    """A section that is one model; None where it is not there, or, with findings, not valid."""
    entry = entries.get(name)
    if entry is None:
        return None
    before = len(findings)
    fields = {field.key.text: field for field in _mapping(entry, name, findings)}
    if len(findings) > before:
        return None
    return validate(model, name, fields, entry.key.span, findings)


def _limits(budget: Budget | None, entries: Mapping[str, Entry]) -> dict[str, Limit]:
    if budget is None:
        return {}
    lines = {key.text: value for key, value in _mapping(entries["budget"], "budget", [])}
    return {name: Limit(limit, lines[name].span) for name, limit in budget if limit is not None}


def _defaults(entry: Entry | None, grammar: Grammar) -> dict[str, dict[str, Entry]]:
    defaults: dict[str, dict[str, Entry]] = {}
    for key, value in _mapping(entry, "defaults", grammar.findings):
        if key.text not in OPERATORS:
            close = suggestion(key.text, OPERATORS) if key.text not in STRUCTURES else None
            hint = close or f"the operators are {', '.join(OPERATORS)}"
            message = f"{key.text} is no operator, so it has no defaults"
            grammar.findings.append(Diagnostic(Code.UNKNOWN_KIND, message, key.span, hint=hint))
            continue
        fields = {
            field.key.text: field
            for field in _mapping(Entry(key, value), key.text, grammar.findings)
        }
        kind = OPERATORS[key.text]
        layer = Layer("", key.text, fields, (), key.span)
        before = len(grammar.findings)
        filled = fill(layer, {}, grammar, kind, kind.layer_fields, ())
        required = {name for name, field in kind.model_fields.items() if field.is_required()}
        validate(
            kind,
            f"defaults of {key.text}",
            fields,
            key.span,
            grammar.findings,
            filled.values,
            filled.unknown | (required - fields.keys()),
        )
        # What is wrong with a default is said once, not again at each layer that takes it.
        faulty = {finding.span for finding in grammar.findings[before:]}
        defaults[key.text] = {
            name: field
            for name, field in fields.items()
            if field.key.span not in faulty and field.value.span not in faulty
        }
    return defaults


def _check_layers(layer: Layer, cells: Cells, grammar: Grammar) -> None:
    """Every argument that does not depend on a row is judged where it is written, once."""
    if layer.kind in OPERATORS:
        build(layer, cells, grammar)
    elif layer.kind in STRUCTURES:
        structure_arguments(layer, cells, grammar)
        for child in layer.children:
            _check_layers(child, cells, grammar)
    else:
        for column, entry in layer.fields.items():
            cell = entry.value
            if isinstance(cell, Scalar) and isinstance(cell.value, str) and cell.value not in cells:
                grammar.findings.append(wrong_cell(column, layer.kind, cell, cells))


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
        grammar.findings,
        filled.values,
        filled.unknown,
    )
    return arguments, filled.symbols


def _check_columns_used(
    definition: Definition, node: source.Node, findings: list[Diagnostic]
) -> None:
    used = set()
    pending = [definition.body]
    while pending:
        layer = pending.pop()
        pending += layer.children
        used |= {e.value.value for e in layer.fields.values() if isinstance(e.value, Scalar)}
    columns = node.get("columns") if isinstance(node, source.Mapping) else None
    items = columns.items if isinstance(columns, source.List) else ()
    unused = [item for item in items if isinstance(item, Scalar) and item.value not in used]
    if not unused:
        return
    names = listed(item.text for item in unused)
    what = f"column {names} of module {definition.name} is"
    if len(unused) > 1:
        what = f"columns {names} of module {definition.name} are"
    message, span = f"{what} used nowhere in it", unused[0].span
    labels: tuple[Label, ...] = ()
    if span.source is not definition.body.span.source:
        # The columns are those of a module that this one says something else of.
        labels, span = (Label(span, "named here"),), definition.body.span
    hint = "use it, or remove it from columns"
    findings.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, span, labels, hint=hint))


def _recursions(definitions: Mapping[str, Definition]) -> list[Diagnostic]:
    calls: dict[str, list[Layer]] = {}
    for name, definition in definitions.items():
        calls[name] = []
        pending = [definition.body]
        while pending:
            layer = pending.pop()
            pending += layer.children
            if layer.kind in definitions:
                calls[name].append(layer)
    findings = []
    done: set[str] = set()

    def visit(name: str, stack: tuple[str, ...]) -> None:
        for call in calls[name]:
            if call.kind in (*stack, name):
                route = " -> ".join([*stack, name, call.kind])
                message = f"module {call.kind} contains itself: {route}"
                findings.append(Diagnostic(Code.RECURSION, message, call.span))
            elif call.kind not in done:
                visit(call.kind, (*stack, name))
        done.add(name)

    for name in definitions:
        if name not in done:
            visit(name, ())
    return findings


def _auxiliary(row: Entry, grammar: Grammar) -> Auxiliary | None:
    """``{Aux: <layer>, from: <row>, loss_weight: <number>}``."""
    key, value = row
    fields = {}
    if isinstance(value, source.Mapping):
        value = as_meant(value, "Aux", ["Aux", "from", "loss_weight"], grammar.findings)
        fields = {entry.key.text: entry for entry in value.entries}
    if "Aux" not in fields:
        message = f"{key.text} is no auxiliary head, found {found(value)}"
        hint = "write {Aux: AModule, from: a_row, loss_weight: 0.3}"
        finding = Diagnostic(Code.INVALID_LAYER, message, value.span, hint=hint)
        grammar.findings.append(finding)
        return None
    known = {"from": "tap", "loss_weight": "loss_weight"}
    head = fields.pop("Aux")
    before = len(grammar.findings)
    for name in [name for name in fields if name not in known]:
        grammar.findings.append(unknown_key(fields.pop(name).key, "Aux", list(known)))
    hints = [finding.hint for finding in grammar.findings[before:]]
    misspelt = {hint.text for hint in hints if isinstance(hint, Replacement)}
    missing = [name for name in known if name not in fields]
    missing = [name for name in missing if name not in misspelt]
    if missing:
        message = f"Aux needs {' and '.join(missing)}"
        grammar.findings.append(Diagnostic(Code.MISSING_KEY, message, head.key.span))
    layer = grammar.layer(key.text, head.value)
    if layer is None or len(grammar.findings) > before:
        return None
    renamed = {known[name]: entry for name, entry in fields.items()}
    arguments = validate(AuxArguments, "Aux", renamed, head.key.span, grammar.findings)
    if arguments is None:
        return None
    return Auxiliary(layer, arguments.tap, arguments.loss_weight, renamed["tap"].value.span)


def _unknown_tap(head: Auxiliary, names: set[str]) -> Diagnostic:
    there = f"the rows are {', '.join(sorted(names))}" if names else None
    hint = guess(head.tap, names) or there
    message = f"{head.layer.name} taps {head.tap}, which is no row of the network"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, head.span, hint=hint)
