"""Nodes held against a pydantic model; what pydantic finds becomes diagnostics at the token."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from archc.diagnostics import Code, Diagnostic, Hint, Replacement, normalize, suggest_keyword
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import listed
from archc.language.fields.terms import ARGUMENTS, intended_word, word_hint
from archc.language.fields.value_hints import value_hint
from archc.language.yaml import source
from archc.language.yaml.source import Entry, Node, Scalar
from archc.ops import OPERATORS

Model = TypeVar("Model", bound=BaseModel)

# What pydantic found to be wrong, as what is needed instead.
_NEEDED = {
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
    "too_short": "a list of at least {min_length}",
    "literal_error": "{expected}",
}


def to_python(node: Node) -> Any:
    """The node as Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, source.List):
        return [to_python(item) for item in node.items]
    return {entry.key.text: to_python(entry.value) for entry in node.entries}


def validate(
    model: type[Model],
    what: str,
    entries: Mapping[str, Entry],
    place: Span,
    diagnostics: list[Diagnostic],
    values: Mapping[str, object] | None = None,
    unknown: Container[str] = (),
) -> Model | None:
    """The model filled from ``entries``; None, with findings added, where it cannot be.

    ``values`` replaces what the entries say (a column's cell, a norm already built); fields in
    ``unknown`` have no value yet and are not judged; ``place`` is where missing keys are shown.
    """
    values = values or {}
    before = len(diagnostics)
    entries = correct_field_typos(entries, what, model, diagnostics)
    misspelt_field = len(diagnostics) > before
    given = {name: to_python(entry.value) for name, entry in entries.items()}
    # A stand-in for what is not known yet lets pydantic judge how the others go together.
    for name in model.model_fields:
        if name in unknown and given.get(name, name) is not None:
            given.pop(name, None)
            given |= _stand_in(model, name)
    # No field means anything without a value, so an empty one is never an optional one left out.
    empty = [
        name
        for name, value in given.items()
        if value is None and name not in values and name in model.model_fields
    ]
    given |= values
    diagnostics += [_without_value(model, name, what, entries[name]) for name in empty]
    try:
        result = model.model_validate(given)
        incomplete = empty or any(name in unknown for name in model.model_fields)
        return None if incomplete or misspelt_field else result
    except ValidationError as error:
        problems = error.errors(include_url=False)
    # A misspelt key is one fault, not also a missing one.
    misspelt = {
        intended_key(name, model.model_fields) for name in entries.keys() - model.model_fields
    }
    missing = [str(p["loc"][0]) for p in problems if p["type"] == "missing"]
    missing = [name for name in missing if name not in unknown and name not in misspelt]
    if missing:
        diagnostics.append(_missing(model, what, missing, entries, place))
    by_place: dict[Span | None, Diagnostic] = {}
    for problem in problems:
        field = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] != "missing" and field not in unknown and field not in empty:
            diagnostic = _diagnostic(problem, model, what, entries, place)
            # A field that may be one thing or another is at fault once, as what is most likely.
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
    """The kinds that a field such as ``activation`` may hold."""
    pending: list[Any] = list(get_args(model.model_fields[field].annotation))
    names = []
    while pending:
        kind = pending.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            pending += kind.__subclasses__()
            names += [] if kind.__subclasses__() else [kind.__name__]
    return tuple(sorted(names))


def is_empty(node: Node) -> bool:
    """Whether nothing stands where a value must, or the word null."""
    return isinstance(node, Scalar) and node.value is None


def _missing(
    model: type[BaseModel], what: str, missing: list[str], entries: Mapping[str, Entry], place: Span
) -> Diagnostic:
    primary = getattr(model, "primary", None)
    hint = f"the {primary} stands behind the kind, {what}: ..." if primary in missing else None
    return Diagnostic(Code.MISSING_KEY, f"{what} needs {listed(missing)}", place, hint=hint)


def _diagnostic(
    problem: Any, model: type[BaseModel], what: str, entries: Mapping[str, Entry], place: Span
) -> Diagnostic:
    entry = entries.get(str(problem["loc"][0])) if problem["loc"] else None
    if entry is None:
        # Several fields do not go together; most often it is the window that decides.
        primary = entries.get(getattr(model, "primary", None) or "")
        span = place if primary is None else primary.value.span
        return Diagnostic(Code.INVALID_VALUE, f"{what}: {_said(problem)}", span)
    if problem["type"] == "extra_forbidden":
        return unknown_key(
            entry.key, what, model.model_fields, getattr(model, "primary", None), entries
        )
    node = _inside(entry.value, problem["loc"][1:])
    name = _name(what, entry)
    needed = _NEEDED.get(problem["type"])
    if needed is None:
        message = f"{name}: {_said(problem)}"
        known: Hint | None = getattr(problem.get("ctx", {}).get("error"), "hint", None)
        return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_writable(known, node))
    limits = {key: _short(value) for key, value in problem.get("ctx", {}).items()}
    needed = needed.format(**limits).replace("'", "")
    hint = value_hint(node, needed)
    if needed == "text" and problem["loc"][0] in getattr(model, "names", ()):
        hint = None  # a number in quotes is no name, either
    if problem["type"] == "literal_error" and isinstance(node, Scalar):
        hint = hint or suggest_keyword(node.text, re.findall(r"'([^']*)'", str(limits["expected"])))
    if to_python(node) == 0 and problem["loc"][0] == getattr(model, "channels", None):
        hint = "nothing has zero channels: another structure is another module"
    message = f"{name}: {needed} is needed, found {describe(node)}"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_writable(hint, node))


def _writable(hint: Hint | None, node: Node) -> Hint | None:
    """The hint, unless it says what to write, and a parameter's name stands for the value."""
    if isinstance(node, Scalar) and node.span.text.strip("\"'") != node.text:
        return None if isinstance(hint, Replacement) else hint
    return hint


def _without_value(model: type[BaseModel], field: str, what: str, entry: Entry) -> Diagnostic:
    node = entry.value
    message = f"{_name(what, entry)}: a value is needed, found {describe(node)}"
    hint = value_hint(node, "a value")
    if isinstance(node, Scalar) and node.text and allowed_kinds(model, field):
        hint = "put none for none at all; what is left out is as the defaults say"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=hint)


def _name(what: str, entry: Entry) -> str:
    return what if entry.key.text == what else f"{what} {entry.key.text}"


def _inside(node: Node, path: tuple[int | str, ...]) -> Node:
    for step in path:
        if isinstance(node, source.List) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        elif isinstance(node, source.Mapping) and isinstance(step, str):
            node = node.get(step) or node
    return node


def intended_key(word: str, known: Iterable[str]) -> str | None:
    """The known key that is meant by ``word``, another tool's word for it or a misspelling."""
    return intended_word(word, known, ARGUMENTS)


def correct_typos(
    node: source.Mapping,
    what: str,
    known: Iterable[str],
    diagnostics: list[Diagnostic],
    can_fill: Callable[[Node, str], bool] = lambda node, key: True,
) -> source.Mapping:
    """The mapping with each misspelt key as the one it means, for which a finding is added.

    What stands under it is judged as that, and nothing is said to be missing that is there.
    ``can_fill`` tells whether a value can be that of a key; if not, something else is meant.
    """
    known = list(known)
    if len(node.entries) > 1000:  # of so many keys none is a slip
        return node
    present = {entry.key.text for entry in node.entries}
    entries = []
    for key, value in node.entries:
        hint = None if key.text in known else _word_hint(key.text, known)
        is_other = isinstance(hint, Replacement) and not can_fill(value, hint.text)
        if isinstance(hint, Replacement) and hint.text not in present and not is_other:
            diagnostics.append(unknown_key(key, what, known))
            key = key._replace(value=hint.text, text=hint.text)
        entries.append(Entry(key, value))
    return node._replace(entries=tuple(entries))


def correct_field_typos(
    entries: Mapping[str, Entry], what: str, model: type[BaseModel], diagnostics: list[Diagnostic]
) -> dict[str, Entry]:
    """The fields of a model, with each that is certainly misspelt under the name it means.

    A finding is added for it, and its value is judged as well.
    """
    fields: dict[str, Entry] = {}
    for name, (key, value) in entries.items():
        if name not in model.model_fields:
            primary = getattr(model, "primary", None)
            diagnostic = unknown_key(key, what, model.model_fields, primary, {**entries, **fields})
            if isinstance(diagnostic.hint, Replacement) and diagnostic.hint.safe:
                diagnostics.append(diagnostic)
                name = diagnostic.hint.text
                key = key._replace(value=name, text=name)
        fields[name] = Entry(key, value)
    return fields


def unknown_key(
    key: Scalar,
    what: str,
    known: Mapping[str, object] | list[str],
    primary: str | None = None,
    present: Container[str] = (),
) -> Diagnostic:
    """``what`` takes no such key; the hint names the one meant, or all it takes.

    ``primary`` is the one of them that stands behind the kind, ``present`` are those that are
    there already.
    """
    keys = [name for name in known if name != primary]
    hint: Hint | None = f"it takes {', '.join(keys)}" if keys else None
    if key.text in ("after", "before"):
        hint = "in a variant a layer stands after or before another, by one of the two"
    elif (close := intended_key(key.text, known)) is not None and close == primary:
        hint = f"it is part of the {close}, which stands behind {what}"
    elif close is not None and close in present:
        hint = f"{close} is there already"
    else:
        hint = _word_hint(key.text, known) or hint
    return Diagnostic(Code.UNKNOWN_KEY, f"{what} takes no {key.text}", key.span, hint=hint)


def _word_hint(word: str, known: Iterable[str]) -> Hint | None:
    """What to write for a key that is not among the ``known``; None where that is unclear."""
    if word in _fields():
        return None  # a word of the language in the wrong place is no misspelling
    hint = word_hint(word, known, ARGUMENTS, [*_fields(), *OPERATORS])
    kind = next((kind for kind in OPERATORS if normalize(kind) == normalize(word)), None)
    return f"{kind} is a layer of its own" if hint is None and kind is not None else hint


@cache
def _fields() -> frozenset[str]:
    """Every field of an operator."""
    return frozenset(field for kind in OPERATORS.values() for field in kind.model_fields)


def describe(node: Node) -> str:
    """What stands there, in a message: the kind of value and how it was written."""
    if isinstance(node, Scalar) and node.text:
        return f"the {source.type_name(node)} {node.text[:60]}"
    if isinstance(node, source.List) and not node.items:
        return "an empty list"
    if isinstance(node, source.Mapping) and not node.entries:
        return "an empty mapping"
    return source.describe_type(node)


def _short(limit: object) -> object:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _said(problem: Any) -> str:
    return str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
