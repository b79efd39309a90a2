"""Which words may become names in generated code."""

import builtins
import keyword
import re

from archc.diagnostics import Code, Diagnostic
from archc.source import Scalar

MAXIMUM_NAME = 40
_REST = f"{{0,{MAXIMUM_NAME - 1}}}"
NAME_PATTERN = f"[A-Za-z][A-Za-z0-9_]{_REST}"
KIND_PATTERN = f"[A-Z][A-Za-z0-9_]{_REST}"
_NAME = re.compile(NAME_PATTERN)
_COLUMN = re.compile(f"[#A-Za-z][#A-Za-z0-9_ ]{_REST}")
# What only some versions of Python have, so that a spec is good or bad whichever of them reads it.
_OF_SOME_VERSIONS = ("PythonFinalizationError", "WindowsError")
_PYTHON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_OF_SOME_VERSIONS}
RESERVED = _PYTHON | {"self", "x", "classes", "none"}


def is_python_word(text: str) -> bool:
    """Whether the text is a keyword or a builtin."""
    return text in _PYTHON


def is_name(text: str) -> bool:
    """Whether the text is an ASCII identifier that is no keyword and no builtin."""
    return bool(_NAME.fullmatch(text)) and text not in RESERVED


def is_kind(text: str) -> bool:
    """Whether the text is written as kinds are, with a capital first."""
    return text[:1].isascii() and text[:1].isupper()


def check_name(key: Scalar, what: str) -> Diagnostic | None:
    """Why the key cannot name ``what``; None where it can."""
    return None if is_name(key.text) else _refused(key, what, "a letter")


def check_class(key: Scalar, what: str) -> Diagnostic | None:
    """Why the key cannot be ``what``'s class name; None where it can."""
    fits = is_name(key.text) and is_kind(key.text)
    return None if fits else _refused(key, what, "a capital")


def _refused(key: Scalar, what: str, first: str) -> Diagnostic:
    hint = f"use letters, digits and underscores, {first} first, at most {MAXIMUM_NAME}"
    if key.text in RESERVED:
        hint = f"{key.text} means something in Python or in a spec: choose another"
    return Diagnostic(Code.INVALID_NAME, f"{key.text!r} cannot name {what}", key.span, hint=hint)


def check_column(item: Scalar) -> Diagnostic | None:
    """Why the item cannot head a column; None where it can."""
    text = item.text
    if _COLUMN.fullmatch(text) and is_name(identifier(text)) and not is_kind(text):
        return None
    hint = "use letters, digits, # and spaces, a small letter or # first, as in #3x3 reduce"
    if identifier(text) in RESERVED:
        hint = f"{text} means something in Python or in a spec: choose another"
    return Diagnostic(Code.INVALID_NAME, f"{text!r} cannot name a column", item.span, hint=hint)


def identifier(column: str) -> str:
    """A column as an argument's name: ``#3x3 reduce`` becomes ``n3x3_reduce``."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower().replace("#", "n")).strip("_")
