"""Names in a spec, checked where they are defined."""

import re

from archc.diagnostics import Code, Diagnostic
from archc.language.yaml.source import Scalar
from archc.network.names import MAXIMUM_NAME, RESERVED, identifier, is_kind, is_name

COLUMN_PATTERN = f"[#A-Za-z][#A-Za-z0-9_ ]{{0,{MAXIMUM_NAME - 1}}}"
_COLUMN = re.compile(COLUMN_PATTERN)


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
