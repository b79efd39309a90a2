"""The section ``modules``: every module with its columns, each used, and none that holds itself."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

from archc.diagnostics import Code, Diagnostic, Label, Replacement
from archc.diagnostics.wording import listed
from archc.language.fields.names import check_column
from archc.language.fields.validation import correct_typos, describe, intended_key, validate
from archc.language.fields.value_hints import value_hint
from archc.language.grammar.arguments import Cells, check_layers
from archc.language.grammar.kinds import STRUCTURES, check_kind
from archc.language.grammar.layers import MODULE_KEYS, Definition, Grammar, Layer, can_fill
from archc.language.sections.models import ModuleHeader
from archc.language.yaml import source
from archc.language.yaml.source import Entry, List, Scalar
from archc.network.names import identifier

Columns = Mapping[str, tuple[str, ...] | None]


def modules_as_meant(modules: Iterable[Entry], diagnostics: list[Diagnostic]) -> tuple[Entry, ...]:
    """The modules with each misspelt key as the one that is meant, for which a finding is added."""
    return tuple(_as_meant(module, diagnostics) for module in modules)


def columns_of(modules: Iterable[Entry], diagnostics: list[Diagnostic]) -> Columns:
    """The columns of each module that can have its name; None where they cannot be read."""
    return {
        key.text: _columns(value, diagnostics) if _is_whole(value) else None
        for key, value in modules
        if check_kind(key, "a module") is None
    }


def read_definitions(modules: Iterable[Entry], grammar: Grammar) -> dict[str, Definition]:
    """The modules that are valid, by name; what is wrong with others is added to the findings."""
    diagnostics = grammar.diagnostics
    written = {key.text: value for key, value in modules}
    definitions = {
        key.text: definition
        for key, value in modules
        if _is_whole(value) or not isinstance(value, source.Mapping)
        if (definition := grammar.definition(key, value)) is not None
    }
    for key, value in modules:
        validate(ModuleHeader, f"module {key.text}", _about(value), key.span, diagnostics)
    for definition in definitions.values():
        if grammar.columns[definition.name] is not None:
            before = len(diagnostics)
            cells: Cells = dict.fromkeys((*definition.columns, "classes"))
            check_layers(definition.body, cells, grammar)
            if len(diagnostics) == before:
                _check_columns_used(definition, written[definition.name], diagnostics)
    diagnostics += _recursions(definitions)
    return definitions


def _as_meant(module: Entry, diagnostics: list[Diagnostic]) -> Entry:
    key, value = module
    if not isinstance(value, source.Mapping):
        return module
    bodies = [kind for kind in STRUCTURES if kind != "Repeat"]
    there = {intended_key(entry.key.text, bodies) for entry in value.entries}
    fields = [field for body in bodies if body in there for field in STRUCTURES[body]]
    known = [*MODULE_KEYS, *bodies, *fields]
    return Entry(key, correct_typos(value, f"module {key.text}", known, diagnostics, can_fill))


def _is_whole(module: source.Node) -> TypeGuard[source.Mapping]:
    """Whether it has all that it is to have; one whose `extends` was misspelt has half of it."""
    return isinstance(module, source.Mapping) and module.get("extends") is None


def _columns(node: source.Mapping, diagnostics: list[Diagnostic]) -> tuple[str, ...] | None:
    """The columns that a module's definition names; None, with findings, for what cannot be."""
    given = node.get("columns")
    if given is None:
        keys = [entry.key.text for entry in node.entries]
        return None if "columns" in (intended_key(key, MODULE_KEYS) for key in keys) else ()
    if not isinstance(given, List) or not given.items:
        message = f"columns is a list of names, found {describe(given)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, given.span))
        return None
    before = len(diagnostics)
    columns: dict[str, str] = {}
    for item in given.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            message = f"a column is a name, found {describe(item)}"
            hint = value_hint(item, "text")
            if isinstance(hint, Replacement) and isinstance(item, Scalar):
                # A number in quotes is no column, either.
                hint = None if check_column(item._replace(value=item.text)) else hint
            diagnostics.append(Diagnostic(Code.INVALID_NAME, message, item.span, hint=hint))
        elif diagnostic := check_column(item):
            diagnostics.append(diagnostic)
        elif identifier(item.value) in columns:
            message = f"the columns {columns[identifier(item.value)]} and {item.value} are one name"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, item.span))
        else:
            columns[identifier(item.value)] = item.value
    return None if len(diagnostics) > before else tuple(columns.values())


def _about(node: source.Node) -> dict[str, Entry]:
    entries = node.entries if isinstance(node, source.Mapping) else ()
    return {entry.key.text: entry for entry in entries if entry.key.text == "about"}


def _check_columns_used(
    definition: Definition, node: source.Node, diagnostics: list[Diagnostic]
) -> None:
    used = set()
    pending = [definition.body]
    while pending:
        layer = pending.pop()
        pending += layer.children
        used |= {e.value.value for e in layer.fields.values() if isinstance(e.value, Scalar)}
    columns = node.get("columns") if isinstance(node, source.Mapping) else None
    items = columns.items if isinstance(columns, List) else ()
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
    diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, span, labels, hint=hint))


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
    diagnostics = []
    done: set[str] = set()

    def visit(name: str, stack: tuple[str, ...]) -> None:
        for call in calls[name]:
            if call.kind in (*stack, name):
                route = " -> ".join([*stack, name, call.kind])
                message = f"module {call.kind} contains itself: {route}"
                diagnostics.append(Diagnostic(Code.RECURSION, message, call.span))
            elif call.kind not in done:
                visit(call.kind, (*stack, name))
        done.add(name)

    for name in definitions:
        if name not in done:
            visit(name, ())
    return diagnostics
