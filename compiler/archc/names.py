"""Which words may become names in generated code."""

import builtins
import keyword
import re

from archc.diagnostics import Code, Diagnostic
from archc.source import Scalar

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_COLUMN = re.compile(r"[#A-Za-z][#A-Za-z0-9_ ]{0,39}")
_RESERVED = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "self", "x", "classes", "none"}


def is_name(text: str) -> bool:
    """Whether the text is an ASCII identifier that is no keyword and no builtin."""
    return bool(_NAME.fullmatch(text)) and text not in _RESERVED


def is_kind(text: str) -> bool:
    """Whether the text is written as kinds are, with a capital first."""
    return text[:1].isascii() and text[:1].isupper()


def check_name(key: Scalar, what: str) -> Diagnostic | None:
    """Why the key cannot name ``what``; None where it can."""
    if is_name(key.text):
        return None
    if key.text in _RESERVED:
        hint = f"{key.text} means something in Python or in a spec: choose another"
    else:
        hint = "use letters, digits and underscores, a letter first, at most 40"
    return Diagnostic(Code.INVALID_NAME, f"{key.text!r} cannot name {what}", key.span, hint=hint)


def check_class(key: Scalar, what: str) -> Diagnostic | None:
    """Why the key cannot be ``what``'s class name; None where it can."""
    if is_name(key.text) and is_kind(key.text):
        return None
    hint = "a class name: letters, digits and underscores, a capital first, at most 40"
    return Diagnostic(Code.INVALID_NAME, f"{key.text!r} cannot name {what}", key.span, hint=hint)


def identifier(column: str) -> str:
    """A column as an argument's name: ``#3x3 reduce`` becomes ``n3x3_reduce``."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower().replace("#", "n")).strip("_")


def is_column(text: str) -> bool:
    """Whether the text may head a column."""
    return bool(_COLUMN.fullmatch(text)) and is_name(identifier(text))
