"""Nodes held against a pydantic model; what pydantic finds becomes diagnostics at the token."""

from collections.abc import Container, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from archc import source
from archc.diagnostics import Code, Diagnostic, suggestion
from archc.source import Entry, Node, Scalar
from archc.spans import Span

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
}

# What people write for a field, where edit distance would not find it.
_ALIASES = {
    "out_channels": "out",
    "filters": "out",
    "channels": "out",
    "features": "out",
    "kernel": "window",
    "kernel_size": "window",
    "ceil_mode": "ceil",
    "pad": "padding",
    "count_include_pad": "count_padding",
    "batch_norm": "norm",
    "bn": "norm",
    "act": "activation",
    "relu": "activation",
    "weight": "loss_weight",
}


def plain(node: Node) -> Any:
    """The node as Python values."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, source.List):
        return [plain(item) for item in node.items]
    return {entry.key.text: plain(entry.value) for entry in node.entries}


def validate(
    model: type[Model],
    what: str,
    entries: Mapping[str, Entry],
    place: Span,
    findings: list[Diagnostic],
    values: Mapping[str, object] | None = None,
    unknown: Container[str] = (),
) -> Model | None:
    """The model filled from ``entries``; None, with findings added, where it cannot be.

    ``values`` replaces what the entries say (a column's cell, a norm already built); fields in
    ``unknown`` have no value yet and are not judged; ``place`` is where missing keys are shown.
    """
    given = {name: plain(entry.value) for name, entry in entries.items()} | dict(values or {})
    try:
        return model.model_validate(given)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            field = str(problem["loc"][0]) if problem["loc"] else ""
            if field not in unknown:
                findings.append(_diagnostic(problem, model, what, entries.get(field), place))
    return None


def _diagnostic(
    problem: Any, model: type[BaseModel], what: str, entry: Entry | None, place: Span
) -> Diagnostic:
    field = str(problem["loc"][0]) if problem["loc"] else ""
    if problem["type"] == "missing":
        return Diagnostic(Code.MISSING_KEY, f"{what} needs {field}", place)
    if entry is None:
        return Diagnostic(Code.INVALID_VALUE, f"{what}: {_said(problem)}", place)
    if problem["type"] == "extra_forbidden":
        return unknown_key(entry.key, what, model.model_fields)
    expected = _EXPECTED.get(problem["type"])
    span = entry.value.span
    if expected is None:
        hint = None
        if problem["type"] == "greater_than_equal" and plain(entry.value) == 0:
            hint = "nothing has zero channels: another structure is another module"
        elif problem["type"] in ("less_than_equal", "greater_than_equal"):
            problem = {**problem, "msg": f"{problem['msg']}, found {found(entry.value)}"}
        return Diagnostic(Code.INVALID_VALUE, f"{what} {field}: {_said(problem)}", span, hint=hint)
    return Diagnostic(
        Code.INVALID_VALUE,
        f"{what} {field}: {expected} is needed, found {found(entry.value)}",
        span,
        hint=_scalar_hint(entry.value, expected),
    )


def unknown_key(key: Scalar, what: str, known: Mapping[str, object] | list[str]) -> Diagnostic:
    """``what`` takes no such key; the hint names the one meant, or all it takes."""
    alias = _ALIASES.get(key.text)
    hint = f"write {alias}" if alias in known else suggestion(key.text, known)
    hint = hint or (f"it takes {', '.join(known)}" if known else None)
    return Diagnostic(Code.UNKNOWN_KEY, f"{what} takes no {key.text}", key.span, hint=hint)


def found(node: Node) -> str:
    """What stands there, in a message: the kind of value and how it was written."""
    kind = source.kind_of(node)
    if isinstance(node, Scalar) and node.text:
        return f"the {kind} {node.text[:60]}"
    return f"a {kind}" if kind[0] not in "aeiou" else f"an {kind}"


def _said(problem: Any) -> str:
    message = str(problem["msg"])
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _scalar_hint(node: Node, expected: str) -> str | None:
    if not isinstance(node, Scalar):
        return None
    text = node.text
    if node.value is None:
        return "a value is missing behind the colon, or a `#` without quotes made it a comment"
    if expected == "text":
        return f'write "{text}" with quotes'
    if expected == "true or false" and text.lower() in ("on", "off", "yes", "no", "true", "false"):
        return f"write {'true' if text.lower() in ('on', 'yes', 'true') else 'false'}"
    digits = text.replace("_", "").replace(",", "")
    if digits.isascii() and digits.isdigit():
        return f"write {int(digits)}, without quotes, separators or leading zeros"
    if text.lower().startswith(("0x", "0o")) and text[2:].isalnum():
        try:
            return f"write {int(text, 0)}"
        except ValueError:
            return None
    return None
