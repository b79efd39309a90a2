"""Structures (the kinds that hold layers), and hints for unknown kinds."""

import re
from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Hint, Replacement
from archc.language.fields.names import check_class
from archc.language.fields.terms import LAYERS, word_hint
from archc.language.yaml.nodes import Scalar
from archc.ops import OPERATORS

STRUCTURES: dict[str, tuple[str, ...]] = {
    "Sequence": (),
    "Concat": (),
    "Residual": ("scale", "activation", "shortcut"),
    "Repeat": ("of",),
}
"""Structures, and the fields they take besides their layers."""


def kind_hint(word: str, known: Iterable[str], none: bool = False) -> Hint | None:
    """Return what to write instead of an unknown kind; None if that is unclear.

    With ``none``, the word ``none`` is valid too.
    """
    if word == "Aux":
        return "put Aux under a name in the section aux"
    if word.lower() == "none":
        removed = "none only removes a layer of the base: leave out layers that you do not need"
        return removed if word == "none" else Replacement("none", "write none", safe=True)
    known = [*known, *(("none",) if none else ())]
    first = re.match(r"\w+", word)
    if first is not None and first[0] != word and first[0] in known:
        return f"use a mapping for a layer with a value, {{{first[0]}: ...}}"
    return word_hint(word, known, LAYERS, (*OPERATORS, *STRUCTURES))


def check_kind(key: Scalar, what: str) -> Diagnostic | None:
    """Return why the key cannot be the class name of ``what``; None if it can."""
    if key.text in OPERATORS or key.text in STRUCTURES:
        message = f"{key.text} is a built-in kind and cannot name {what}"
        return Diagnostic(Code.INVALID_NAME, message, key.span)
    return check_class(key, what)
