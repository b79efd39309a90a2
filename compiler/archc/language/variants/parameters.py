"""Parameters of a spec: named numbers, which ``--set`` can change."""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping

from archc.diagnostics import Code, Diagnostic, Hint, Label, closest_match, is_typo, suggest_name
from archc.diagnostics.wording import join_words
from archc.language.fields.names import check_name
from archc.language.fields.validation import describe, intended_key
from archc.language.fields.value_hints import value_hint
from archc.language.sections.keys import PARAMETER_SECTIONS
from archc.language.settings import SETTABLE, Setting, Settings, format_setting, is_number
from archc.language.yaml.nodes import Entry, List, Mapping, Node, Scalar


def substitute_parameters(
    document: Mapping, settings: Settings, diagnostics: list[Diagnostic]
) -> Mapping:
    """Return the document with each parameter's name replaced by its number.

    ``settings`` replace the numbers in the spec; an unknown one adds a diagnostic.
    """
    declared = document.get("parameters")
    if declared is None and not settings:
        return document
    values: dict[str, Scalar] = {}
    if declared is not None and not isinstance(declared, Mapping):
        message = f"parameters: expected a mapping of names to numbers, found {describe(declared)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, declared.span))
    for key, value in declared.entries if isinstance(declared, Mapping) else ():
        diagnostic = check_name(key, "a parameter")
        if diagnostic is None and not _is_number(value):
            message = f"parameter {key.text}: expected a number, found {describe(value)}"
            hint = value_hint(value, "a number")
            diagnostic = Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint)
        if diagnostic is not None:
            diagnostics.append(diagnostic)
        elif isinstance(value, Scalar):
            values[key.text] = value
    for name, setting in settings.items():
        if name not in values:
            diagnostics.append(_unknown(name, setting, values, document))
        elif not is_number(setting):
            message = f"--set {name}={format_setting(setting)}: expected a number"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message))
        else:
            values[name] = Scalar(setting, format_setting(setting), values[name].span)
    if diagnostics:
        return document
    used: set[str] = set()
    entries = [
        Entry(key, _substitute(value, values, used))
        if closest_match(key.text, PARAMETER_SECTIONS)
        else Entry(key, value)
        for key, value in document.entries
    ]
    for key, _ in declared.entries if isinstance(declared, Mapping) else ():
        # A variant may stop using a parameter of its base, which the base still needs.
        if key.text not in used and key.span.source is document.span.source:
            diagnostics.append(_unused(key, document))
    return Mapping(tuple(entries), document.span)


def _unknown(
    name: str, value: Setting, values: AbstractMapping[str, Scalar], document: Mapping
) -> Diagnostic:
    """Return the diagnostic for a setting that is no parameter of the spec."""
    message = f"{document.span.source.name} has no parameter {name}"
    hint: Hint | None = None
    if name == "width":
        hint = _width_hint(format_setting(value), document)
    elif known := intended_key(name, [*values, *SETTABLE]):
        hint = f"did you mean {known}?"
    else:
        hint = f"you can set {join_words([*values, *SETTABLE])}"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, hint=hint)


def _width_hint(value: str, document: Mapping) -> str:
    """Return how to add a width multiplier, which many tools offer for every network."""
    parameter = f"parameters: {{width: {value}}}"
    if document.get("parameters") is not None:
        parameter = f"width: {value} to its parameters"
    section = "width: {multiplier: width}"
    if document.get("width") is not None:
        section = "multiplier: width to its section width"
    return f"to set width, add {parameter} and {section} to the spec"


def _unused(key: Scalar, document: Mapping) -> Diagnostic:
    """Return the diagnostic for an unused parameter, or for a word that misspells it."""
    section = document.get("parameters")
    declared = {e.key.text for e in section.entries} if isinstance(section, Mapping) else set()
    for word in _words(document):
        if word.text not in declared and is_typo(word.text, key.text):
            message = f"unknown parameter {word.text}"
            label = Label(key.span, "declared here but unused")
            hint = suggest_name(word.text, [key.text])
            return Diagnostic(Code.UNKNOWN_REFERENCE, message, word.span, (label,), hint=hint)
    message = f"unused parameter {key.text}"
    use = f"use {key.text} in place of a number, or remove it"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=use)


def _words(node: Node) -> Iterator[Scalar]:
    """Yield every value that is text."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            yield node
        return
    below = node.items if isinstance(node, List) else [value for _, value in node.entries]
    for part in below:
        yield from _words(part)


def _is_number(node: Node) -> bool:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return False
    return isinstance(node.value, int | float)


def _substitute(node: Node, values: AbstractMapping[str, Scalar], used: set[str]) -> Node:
    if isinstance(node, Scalar):
        if not isinstance(node.value, str) or node.text not in values:
            return node
        used.add(node.text)
        return values[node.text]._replace(span=node.span)
    if isinstance(node, List):
        return List(tuple(_substitute(item, values, used) for item in node.items), node.span)
    # The columns of a module are names, even if a parameter has the same name.
    entries = (
        Entry(key, value if key.text == "columns" else _substitute(value, values, used))
        for key, value in node.entries
    )
    return Mapping(tuple(entries), node.span)
