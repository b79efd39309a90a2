"""Validate nodes with a pydantic model, and turn its errors into diagnostics with places."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from archc.diagnostics import Code, Diagnostic, Hint, Replacement, normalize, suggest_keyword
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import join_words
from archc.language.fields.terms import ARGUMENTS, intended_word, word_hint
from archc.language.fields.value_hints import value_hint
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Node, Scalar
from archc.ops import OPERATORS

Model = TypeVar("Model", bound=BaseModel)

# The expected value, by pydantic's type of error.
_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "text that is not blank",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "a list of {min_length} or more",
    "literal_error": "{expected}",
}


def to_python(node: Node) -> Any:
    """Return the node as Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, nodes.List):
        return [to_python(item) for item in node.items]
    return {entry.key.text: to_python(entry.value) for entry in node.entries}


def validate(
    model: type[Model],
    owner: str,
    entries: Mapping[str, Entry],
    place: Span,
    diagnostics: list[Diagnostic],
    values: Mapping[str, object] | None = None,
    unknown: Container[str] = (),
) -> Model | None:
    """Return the model with the values of ``entries``, or add diagnostics and return None.

    ``owner`` names the layer or section that has the entries in messages.
    ``values`` override the entries, for example with a column's cell or a norm that is already
    built. Fields in ``unknown`` have no value yet and are not checked. Missing keys are reported at
    ``place``.
    """
    values = values or {}
    before = len(diagnostics)
    entries = correct_field_typos(entries, owner, model, diagnostics)
    misspelt_field = len(diagnostics) > before
    given = {name: to_python(entry.value) for name, entry in entries.items()}
    # With a stand-in for each unknown value, pydantic can check how the other fields combine.
    for name in model.model_fields:
        if name in unknown and given.get(name, name) is not None:
            given.pop(name, None)
            given |= _stand_in(model, name)
    # An empty value is an error even for an optional field: no field accepts one.
    empty = [
        name
        for name, value in given.items()
        if value is None and name not in values and name in model.model_fields
    ]
    given |= values
    diagnostics += [_without_value(model, name, owner, entries[name]) for name in empty]
    try:
        result = model.model_validate(given)
        incomplete = empty or any(name in unknown for name in model.model_fields)
        return None if incomplete or misspelt_field else result
    except ValidationError as error:
        problems = error.errors(include_url=False)
    # A misspelt key is one error: do not report the intended one as missing, too.
    misspelt = {
        intended_key(name, model.model_fields) for name in entries.keys() - model.model_fields
    }
    missing = [str(p["loc"][0]) for p in problems if p["type"] == "missing"]
    missing = [name for name in missing if name not in unknown and name not in misspelt]
    if missing:
        diagnostics.append(_missing(model, owner, missing, place))
    by_place: dict[Span | None, Diagnostic] = {}
    for problem in problems:
        field = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] != "missing" and field not in unknown and field not in empty:
            diagnostic = _diagnostic(problem, model, owner, entries, place)
            # Pydantic reports each member of a union: keep one error, preferably one with a fix.
            first = by_place.setdefault(diagnostic.span, diagnostic)
            if isinstance(diagnostic.hint, Replacement) and not isinstance(first.hint, Replacement):
                by_place[diagnostic.span] = diagnostic
    diagnostics += by_place.values()
    return None


def _stand_in(model: type[BaseModel], field: str) -> dict[str, object]:
    annotation = model.model_fields[field].annotation
    return {field: 1} if annotation is int else {field: 0.5} if annotation is float else {}


@cache
def allowed_kinds(model: type[BaseModel], field: str) -> tuple[str, ...]:
    """Return the kinds that a field such as ``activation`` accepts."""
    pending: list[Any] = list(get_args(model.model_fields[field].annotation))
    names = []
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            pending += kind.__subclasses__()
            names += [] if kind.__subclasses__() else [kind.__name__]
    return tuple(sorted(names))


def is_empty(node: Node) -> bool:
    """Return whether the value is missing, or the word null."""
    return isinstance(node, Scalar) and node.value is None


def _missing(model: type[BaseModel], owner: str, missing: list[str], place: Span) -> Diagnostic:
    positional = getattr(model, "positional_field", None)
    hint = None
    if positional in missing:
        hint = f"put the value of {positional} after the kind, as in {owner}: ..."
    return Diagnostic(Code.MISSING_KEY, f"{owner} needs {join_words(missing)}", place, hint=hint)


def _diagnostic(
    problem: Any, model: type[BaseModel], owner: str, entries: Mapping[str, Entry], place: Span
) -> Diagnostic:
    entry = entries.get(str(problem["loc"][0])) if problem["loc"] else None
    if entry is None:
        # The error is in a combination of fields; usually the window is wrong.
        positional = entries.get(getattr(model, "positional_field", None) or "")
        span = place if positional is None else positional.value.span
        return Diagnostic(Code.INVALID_VALUE, f"{owner}: {_message(problem)}", span)
    if problem["type"] == "extra_forbidden":
        return unknown_key(
            entry.key, owner, model.model_fields, getattr(model, "positional_field", None), entries
        )
    node = _inside(entry.value, problem["loc"][1:])
    name = _name(owner, entry)
    expected = _EXPECTED.get(problem["type"])
    if expected is None:
        message = f"{name}: {_message(problem)}"
        hint: Hint | None = getattr(problem.get("ctx", {}).get("error"), "hint", None)
        return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_applicable(hint, node))
    limits = {key: _short(value) for key, value in problem.get("ctx", {}).items()}
    expected = expected.format(**limits).replace("'", "")
    hint = value_hint(node, expected)
    if expected == "text" and problem["loc"][0] in getattr(model, "names", ()):
        hint = None  # a number in quotes is not a name either
    if problem["type"] == "literal_error" and isinstance(node, Scalar):
        hint = hint or suggest_keyword(node.text, re.findall(r"'([^']*)'", str(limits["expected"])))
    if to_python(node) == 0 and problem["loc"][0] == getattr(model, "channels_field", None):
        hint = "use at least one channel, or another module without this layer"
    message = f"{name}: expected {expected}, found {describe(node)}"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_applicable(hint, node))


def _applicable(hint: Hint | None, node: Node) -> Hint | None:
    """Return the hint; None for a replacement where the spec has a parameter's name."""
    if isinstance(node, Scalar) and node.span.text.strip("\"'") != node.text:
        return None if isinstance(hint, Replacement) else hint
    return hint


def _without_value(model: type[BaseModel], field: str, owner: str, entry: Entry) -> Diagnostic:
    node = entry.value
    message = f"{_name(owner, entry)}: expected a value, found {describe(node)}"
    hint = value_hint(node, "a value")
    if isinstance(node, Scalar) and node.text and allowed_kinds(model, field):
        hint = f"use none for no {field}, or leave it out for the default"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=hint)


def _name(owner: str, entry: Entry) -> str:
    return owner if entry.key.text == owner else f"{owner} {entry.key.text}"


def _inside(node: Node, path: tuple[int | str, ...]) -> Node:
    for step in path:
        if isinstance(node, nodes.List) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        elif isinstance(node, nodes.Mapping) and isinstance(step, str):
            node = node.get(step) or node
    return node


def intended_key(word: str, known: Iterable[str]) -> str | None:
    """Return the known key meant by ``word``, which may be misspelt or another tool's word."""
    return intended_word(word, known, ARGUMENTS)


def correct_typos(
    node: nodes.Mapping,
    owner: str,
    known: Iterable[str],
    diagnostics: list[Diagnostic],
    can_fill: Callable[[Node, str], bool] = lambda node, key: True,
) -> nodes.Mapping:
    """Return the mapping with misspelt keys corrected, and add a diagnostic for each of them.

    Checks then go on with the intended key: its value is checked, and it is not reported missing.
    ``can_fill`` tells whether a key can have a value; if not, the correction is wrong.
    """
    known = list(known)
    if len(node.entries) > 1000:  # generated, so not misspelt
        return node
    present = {entry.key.text for entry in node.entries}
    entries = []
    for key, value in node.entries:
        hint = None if key.text in known else _key_hint(key.text, known)
        correction = hint.text if isinstance(hint, Replacement) else None
        if correction and correction not in present and can_fill(value, correction):
            diagnostics.append(unknown_key(key, owner, known))
            key = key._replace(value=correction, text=correction)
        entries.append(Entry(key, value))
    return node._replace(entries=tuple(entries))


def correct_field_typos(
    entries: Mapping[str, Entry], owner: str, model: type[BaseModel], diagnostics: list[Diagnostic]
) -> dict[str, Entry]:
    """Return the entries with fields that are certainly misspelt under the intended name.

    Adds a diagnostic for each of them.
    """
    fields: dict[str, Entry] = {}
    for name, (key, value) in entries.items():
        if name not in model.model_fields:
            positional = getattr(model, "positional_field", None)
            diagnostic = unknown_key(
                key, owner, model.model_fields, positional, {**entries, **fields}
            )
            if isinstance(diagnostic.hint, Replacement) and diagnostic.hint.safe:
                diagnostics.append(diagnostic)
                name = diagnostic.hint.text
                key = key._replace(value=name, text=name)
        fields[name] = Entry(key, value)
    return fields


def unknown_key(
    key: Scalar,
    owner: str,
    known: Mapping[str, object] | list[str],
    positional: str | None = None,
    present: Container[str] = (),
) -> Diagnostic:
    """Return the diagnostic for a key that ``owner`` does not have.

    The hint names the intended key, or all known ones. ``positional`` is the field whose value
    follows the kind, as in ``Conv: 3x3``. ``present`` are the keys that are already set.
    """
    keys = [name for name in known if name != positional]
    hint: Hint | None = f"known keys: {', '.join(keys)}" if keys else None
    if key.text in ("after", "before"):
        hint = "use either after or before, to place a layer in a variant"
    elif (close := intended_key(key.text, known)) is not None and close == positional:
        hint = f"it is part of the {close}, after {owner}:"
    elif close is not None and close in present:
        hint = f"{close} is already set"
    else:
        hint = _key_hint(key.text, known) or hint
    return Diagnostic(Code.UNKNOWN_KEY, f"unknown key {key.text} in {owner}", key.span, hint=hint)


def _key_hint(word: str, known: Iterable[str]) -> Hint | None:
    """Return what to write instead of an unknown key, or None if that is unclear."""
    if word in _fields():
        return None  # a key of another operator is misplaced, not misspelt
    hint = word_hint(word, known, ARGUMENTS, [*_fields(), *OPERATORS])
    kind = next((kind for kind in OPERATORS if normalize(kind) == normalize(word)), None)
    return f"{kind} is a separate layer" if hint is None and kind is not None else hint


@cache
def _fields() -> frozenset[str]:
    """Return the fields of all operators."""
    return frozenset(field for kind in OPERATORS.values() for field in kind.model_fields)


def describe(node: Node) -> str:
    """Describe a value in a message by its type and its text: ``the number 3``."""
    if isinstance(node, Scalar) and node.text:
        return f"the {nodes.type_name(node)} {node.text[:60]}"
    if isinstance(node, nodes.List) and not node.items:
        return "an empty list"
    if isinstance(node, nodes.Mapping) and not node.entries:
        return "an empty mapping"
    return nodes.describe_type(node)


def _short(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _message(problem: Any) -> str:
    return str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
