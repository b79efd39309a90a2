"""The kinds that hold layers, and what is meant by a word that is no kind."""

import re
from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Hint, Replacement
from archc.language.fields.names import check_class
from archc.language.fields.terms import LAYERS, word_hint
from archc.language.yaml.source import Scalar
from archc.ops import OPERATORS

STRUCTURES: dict[str, tuple[str, ...]] = {
    "Sequence": (),
    "Concat": (),
    "Residual": ("scale", "activation", "shortcut"),
    "Repeat": ("of",),
}
"""Kinds that hold layers, and the fields they take beside them."""


def kind_hint(word: str, known: Iterable[str], none: bool = False) -> Hint | None:
    """What to write for a word that is none of the ``known`` kinds; None where that is unclear.

    With ``none`` the word none can stand here, too.
    """
    if word == "Aux":
        return "an Aux stands under a name in the section aux"
    if word.lower() == "none":
        removed = "none removes a layer of what a spec extends: what is not there is left out"
        return removed if word == "none" else Replacement("none", "write none", safe=True)
    known = [*known, *(("none",) if none else ())]
    first = re.match(r"\w+", word)
    if first is not None and first[0] != word and first[0] in known:
        return f"a layer with a value is a mapping, {{{first[0]}: ...}}"
    return word_hint(word, known, LAYERS, (*OPERATORS, *STRUCTURES))


def check_kind(key: Scalar, what: str) -> Diagnostic | None:
    """Why the key cannot name ``what``, a class of the spec's own; None where it can."""
    if key.text in OPERATORS or key.text in STRUCTURES:
        message = f"{key.text} is a kind of archc's own, and cannot name {what}"
        return Diagnostic(Code.INVALID_NAME, message, key.span)
    return check_class(key, what)
