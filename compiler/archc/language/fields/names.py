"""Check the names that a spec defines."""

import re

from archc.diagnostics import Code, Diagnostic
from archc.language.yaml.nodes import Scalar
from archc.network.names import MAXIMUM_NAME, RESERVED, identifier, is_kind, is_name

COLUMN_PATTERN = f"[#A-Za-z][#A-Za-z0-9_ ]{{0,{MAXIMUM_NAME - 1}}}"
_COLUMN = re.compile(COLUMN_PATTERN)


def check_name(key: Scalar, what: str) -> Diagnostic | None:
    """Return a diagnostic if the key is not a valid name for ``what``."""
    if is_name(key.text):
        return None
    return _invalid(key, what, "letters, digits and underscores", "a letter")


def check_class(key: Scalar, what: str) -> Diagnostic | None:
    """Return a diagnostic if the key is not a valid class name for ``what``."""
    if is_name(key.text) and is_kind(key.text):
        return None
    return _invalid(key, what, "letters, digits and underscores", "a capital letter")


def check_column(item: Scalar) -> Diagnostic | None:
    """Return a diagnostic if the item is not a valid name for a column."""
    name = identifier(item.text)
    if _COLUMN.fullmatch(item.text) and is_name(name) and not is_kind(item.text):
        return None
    start = "a lowercase letter or #, as in #3x3 reduce"
    return _invalid(item, "a column", "letters, digits, # and spaces", start, name in RESERVED)


def _invalid(
    name: Scalar, what: str, characters: str, start: str, is_reserved: bool = False
) -> Diagnostic:
    hint = f"use at most {MAXIMUM_NAME} {characters}, starting with {start}"
    if is_reserved or name.text in RESERVED:
        hint = f"{name.text} is reserved in Python or in specs: choose another name"
    message = f"{name.text!r} is not a valid name for {what}"
    return Diagnostic(Code.INVALID_NAME, message, name.span, hint=hint)
