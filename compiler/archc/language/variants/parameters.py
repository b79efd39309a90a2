"""Parameters of a spec: numbers with a name, which the command line may set."""

from collections.abc import Iterator
from collections.abc import Mapping as AbstractMapping

from archc.diagnostics import Code, Diagnostic, Hint, Label, closest_match, is_typo, suggest_name
from archc.diagnostics.wording import listed
from archc.language.fields.names import check_name
from archc.language.fields.validation import describe, intended_key
from archc.language.fields.value_hints import value_hint
from archc.language.settings import SETTABLE, Setting, Settings, format_setting, is_number
from archc.language.yaml.source import Entry, List, Mapping, Node, Scalar

SECTIONS = ("width", "defaults", "modules", "stem", "inception", "body", "aux", "head")


def set_parameters(document: Mapping, settings: Settings, diagnostics: list[Diagnostic]) -> Mapping:
    """The document with every parameter's name, where it stands as a value, as its number.

    ``settings`` replace what the spec says of its parameters. Findings say which are unknown.
    """
    declared = document.get("parameters")
    if declared is None and not settings:
        return document
    values: dict[str, Scalar] = {}
    if declared is not None and not isinstance(declared, Mapping):
        message = f"parameters is a mapping of names to numbers, found {describe(declared)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, declared.span))
    for key, value in declared.entries if isinstance(declared, Mapping) else ():
        diagnostic = check_name(key, "a parameter")
        if diagnostic is None and not _is_number(value):
            message = f"parameter {key.text} is a number, found {describe(value)}"
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
            message = f"--set {name}={format_setting(setting)}: a parameter is a number"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message))
        else:
            values[name] = Scalar(setting, format_setting(setting), values[name].span)
    if diagnostics:
        return document
    used: set[str] = set()
    entries = [
        Entry(key, _filled(value, values, used) if closest_match(key.text, SECTIONS) else value)
        for key, value in document.entries
    ]
    for key, _ in declared.entries if isinstance(declared, Mapping) else ():
        # What a variant no longer uses of its base's is not for the base to remove.
        if key.text not in used and key.span.source is document.span.source:
            diagnostics.append(_used_nowhere(key, document))
    return Mapping(tuple(entries), document.span)


def _unknown(
    name: str, value: Setting, values: AbstractMapping[str, Scalar], document: Mapping
) -> Diagnostic:
    """The setting that is of nothing in the spec, with what may be meant."""
    message = f"{document.span.source.name} has no parameter {name} to set"
    hint: Hint | None = None
    if name == "width":
        hint = _width_hint(format_setting(value), document)
    elif known := intended_key(name, [*values, *SETTABLE]):
        hint = f"did you mean {known}?"
    else:
        hint = f"{listed([*values, *SETTABLE])} can be set"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, hint=hint)


def _width_hint(value: str, document: Mapping) -> str:
    """How a spec gets the width that people expect of every network."""
    parameter = f"parameters: {{width: {value}}}"
    if document.get("parameters") is not None:
        parameter = f"width: {value} among its parameters"
    section = "width: {multiplier: width}"
    if document.get("width") is not None:
        section = "multiplier: width in its section width"
    return f"width can be set once the spec says {parameter} and {section}"


def _used_nowhere(key: Scalar, document: Mapping) -> Diagnostic:
    """The parameter that nothing names, or the word that is meant to be its name."""
    section = document.get("parameters")
    declared = {e.key.text for e in section.entries} if isinstance(section, Mapping) else set()
    for word in _words(document):
        if word.text not in declared and is_typo(word.text, key.text):
            message = f"{word.text} is no parameter of this spec"
            label = Label(key.span, "declared here, and used nowhere")
            hint = suggest_name(word.text, [key.text])
            return Diagnostic(Code.UNKNOWN_REFERENCE, message, word.span, (label,), hint=hint)
    message = f"parameter {key.text} is used nowhere"
    unused = f"put {key.text} where its number should stand, or remove it"
    return Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=unused)


def _words(node: Node) -> Iterator[Scalar]:
    """Every text that stands as a value."""
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


def _filled(node: Node, values: AbstractMapping[str, Scalar], used: set[str]) -> Node:
    if isinstance(node, Scalar):
        if not isinstance(node.value, str) or node.text not in values:
            return node
        used.add(node.text)
        return values[node.text]._replace(span=node.span)
    if isinstance(node, List):
        return List(tuple(_filled(item, values, used) for item in node.items), node.span)
    # The columns of a module are names, whatever parameters there are.
    entries = (
        Entry(key, value if key.text == "columns" else _filled(value, values, used))
        for key, value in node.entries
    )
    return Mapping(tuple(entries), node.span)
