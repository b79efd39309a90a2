"""Parse the section ``modules``: columns, bodies, unused columns, and recursion."""

from collections.abc import Iterable, Mapping
from typing import TypeGuard

from archc.diagnostics import Code, Diagnostic, Label, Replacement, is_typo, suggest_keyword
from archc.diagnostics.wording import join_words
from archc.language.fields.names import check_column
from archc.language.fields.validation import (
    correct_typos,
    describe,
    intended_key,
    unknown_key,
    validate,
)
from archc.language.fields.value_hints import value_hint
from archc.language.grammar.arguments import Cells, check_layer
from archc.language.grammar.kinds import STRUCTURES, check_kind
from archc.language.grammar.layer_names import check_unique_below
from archc.language.grammar.layers import LayerParser
from archc.language.grammar.syntax_tree import Layer, ModuleDefinition
from archc.language.sections.models import ModuleHeader
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, List, Scalar
from archc.network.names import identifier, is_kind

MAXIMUM_MODULES = 256
MODULE_KEYS = ("extends", "columns", "about")
"""The keys of a module besides those of its body."""

Columns = Mapping[str, tuple[str, ...] | None]


def correct_module_typos(
    modules: Iterable[Entry], diagnostics: list[Diagnostic]
) -> tuple[Entry, ...]:
    """Return the modules with misspelt keys corrected, and add a diagnostic for each."""
    return tuple(_correct_typos(module, diagnostics) for module in modules)


def parse_columns(modules: Iterable[Entry], diagnostics: list[Diagnostic]) -> Columns:
    """Return the columns of each module with a valid name; None if they are invalid."""
    return {
        key.text: _columns(value, diagnostics) if _is_complete(value) else None
        for key, value in modules
        if check_kind(key, "a module") is None
    }


def parse_modules(modules: Iterable[Entry], parser: LayerParser) -> dict[str, ModuleDefinition]:
    """Return the valid modules by name, and add diagnostics for the others."""
    diagnostics = parser.diagnostics
    bodies = {key.text: value for key, value in modules}
    definitions = {
        key.text: definition
        for key, value in modules
        if _is_complete(value) or not isinstance(value, nodes.Mapping)
        if (definition := _parse_module(key, value, parser)) is not None
    }
    for key, value in modules:
        validate(ModuleHeader, f"module {key.text}", _about(value), key.span, diagnostics)
    for definition in definitions.values():
        if parser.columns[definition.name] is not None:
            before = len(diagnostics)
            cells: Cells = dict.fromkeys((*definition.columns, "classes"))
            check_layer(definition.body, cells, parser)
            if len(diagnostics) == before:
                _check_columns_used(definition, bodies[definition.name], diagnostics)
    diagnostics += _find_recursion(definitions)
    return definitions


def _parse_module(key: Scalar, node: nodes.Node, parser: LayerParser) -> ModuleDefinition | None:
    if (diagnostic := check_kind(key, "a module")) is not None:
        parser.diagnostics.append(diagnostic)
        return None
    if not isinstance(node, nodes.Mapping):
        needed = "a mapping with a Sequence, Concat or Residual"
        message = f"module {key.text}: expected {needed}, found {describe(node)}"
        parser.diagnostics.append(Diagnostic(Code.INVALID_LAYER, message, node.span))
        return None
    entries = {entry.key.text: entry for entry in node.entries}
    structures = [entry for name, entry in entries.items() if name in STRUCTURES]
    if len(structures) != 1 or structures[0].key.text == "Repeat":
        parser.diagnostics.append(_without_body(key, node, structures))
        return None
    kind, layers = structures[0]
    fields = {}
    for name, entry in entries.items():
        if name in STRUCTURES[kind.text]:
            fields[name] = entry
        elif name not in ("columns", "about", kind.text):
            parser.diagnostics.append(_unknown_key(entry, key.text, STRUCTURES[kind.text]))
    body = parser.parse_structure("", kind, layers, fields)
    if body is None:
        return None
    parser.diagnostics += check_unique_below(body)
    about = entries["about"].value if "about" in entries else None
    text = about.text if isinstance(about, Scalar) else ""
    return ModuleDefinition(key.text, parser.columns.get(key.text) or (), text, body, key.span)


def _without_body(name: Scalar, node: nodes.Mapping, structures: list[Entry]) -> Diagnostic:
    """Return the diagnostic for a module that does not have exactly one body."""
    message = f"module {name.text} needs exactly one of Sequence, Concat and Residual"
    span, hint = name.span, None
    if structures:
        span = structures[-1].key.span
        if structures[0].key.text == "Repeat":
            hint = "put the Repeat into a Sequence, under a name"
    else:
        others = [key for key, _ in node.entries if key.text not in MODULE_KEYS]
        # One other key is most likely a wrong structure; several are layers.
        if len(others) == 1 and is_kind(others[0].text):
            span = others[0].span
            message += f", found {others[0].text}"
        if others:
            hint = "put its layers under Sequence:"
    return Diagnostic(Code.INVALID_LAYER, message, span, hint=hint)


def _unknown_key(entry: Entry, module: str, fields: tuple[str, ...]) -> Diagnostic:
    """Return the diagnostic for a key that is unknown in a module with these ``fields``."""
    known = [*MODULE_KEYS, *fields]
    diagnostic = unknown_key(entry.key, f"module {module}", known)
    hint = diagnostic.hint
    if isinstance(hint, Replacement) and not _can_be_value(entry.value, hint.text):
        hint = f"known keys: {', '.join(known)}"
    structure = suggest_keyword(entry.key.text, STRUCTURES)
    if structure is not None and (
        is_kind(entry.key.text) or is_typo(entry.key.text, structure.text)
    ):
        hint = structure
    return diagnostic._replace(hint=hint)


def _can_be_value(node: nodes.Node, field: str) -> bool:
    """Return whether the value fits ``field``: ``Scale: SE`` is a layer, not the number scale."""
    return field != "scale" or (isinstance(node, Scalar) and not is_kind(node.text))


def _correct_typos(module: Entry, diagnostics: list[Diagnostic]) -> Entry:
    key, value = module
    if not isinstance(value, nodes.Mapping):
        return module
    bodies = [kind for kind in STRUCTURES if kind != "Repeat"]
    there = {intended_key(entry.key.text, bodies) for entry in value.entries}
    fields = [field for body in bodies if body in there for field in STRUCTURES[body]]
    known = [*MODULE_KEYS, *bodies, *fields]
    return Entry(key, correct_typos(value, f"module {key.text}", known, diagnostics, _can_be_value))


def _is_complete(module: nodes.Node) -> TypeGuard[nodes.Mapping]:
    """Return whether the module is complete; one that still has ``extends`` was not merged."""
    return isinstance(module, nodes.Mapping) and module.get("extends") is None


def _columns(node: nodes.Mapping, diagnostics: list[Diagnostic]) -> tuple[str, ...] | None:
    """Return the columns of a module; None if they are invalid."""
    given = node.get("columns")
    if given is None:
        keys = [entry.key.text for entry in node.entries]
        return None if "columns" in (intended_key(key, MODULE_KEYS) for key in keys) else ()
    if not isinstance(given, List) or not given.items:
        message = f"columns: expected a list of names, found {describe(given)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, given.span))
        return None
    before = len(diagnostics)
    columns: dict[str, str] = {}
    for item in given.items:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            message = f"expected a column name, found {describe(item)}"
            hint = value_hint(item, "text")
            if isinstance(hint, Replacement) and isinstance(item, Scalar):
                # A number in quotes is not a column name either.
                hint = None if check_column(item._replace(value=item.text)) else hint
            diagnostics.append(Diagnostic(Code.INVALID_NAME, message, item.span, hint=hint))
        elif diagnostic := check_column(item):
            diagnostics.append(diagnostic)
        elif identifier(item.value) in columns:
            first = columns[identifier(item.value)]
            message = f"columns {first} and {item.value} have the same name in code"
            if first == item.value:
                message = f"duplicate column {first}"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, item.span))
        else:
            columns[identifier(item.value)] = item.value
    return None if len(diagnostics) > before else tuple(columns.values())


def _about(node: nodes.Node) -> dict[str, Entry]:
    entries = node.entries if isinstance(node, nodes.Mapping) else ()
    return {entry.key.text: entry for entry in entries if entry.key.text == "about"}


def _check_columns_used(
    definition: ModuleDefinition, node: nodes.Node, diagnostics: list[Diagnostic]
) -> None:
    used = set()
    pending = [definition.body]
    while pending:
        layer = pending.pop()
        pending += layer.children
        used |= {e.value.value for e in layer.fields.values() if isinstance(e.value, Scalar)}
    declared = node.get("columns") if isinstance(node, nodes.Mapping) else None
    items = declared.items if isinstance(declared, List) else ()
    unused = [item for item in items if isinstance(item, Scalar) and item.value not in used]
    if not unused:
        return
    names = join_words(item.text for item in unused)
    columns = "column" if len(unused) == 1 else "columns"
    message, span = f"unused {columns} {names} of module {definition.name}", unused[0].span
    labels: tuple[Label, ...] = ()
    if span.source is not definition.body.span.source:
        # The module takes its columns from another spec's module, which it changes.
        labels, span = (Label(span, "defined here"),), definition.body.span
    hint = "use it, or remove it from columns"
    diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, span, labels, hint=hint))


def _find_recursion(definitions: Mapping[str, ModuleDefinition]) -> list[Diagnostic]:
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
