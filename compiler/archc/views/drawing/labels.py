"""The label of a box."""

import re

from archc.network import ir
from archc.views.drawing.text import shorten

MAXIMUM_LABEL = 34
"""In characters; the table of layers has the complete text."""
_UNNAMED = {"Conv"}
"""Kinds whose name is omitted: the window and the number of filters are enough."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def label(op: ir.Op, symbolic: bool = False) -> str:
    """Return an operator as ``3x3/2 64`` or ``max 3x3``, with the stride unless it is 1.

    ``symbolic`` shows the names of a module's columns instead of their values.
    """
    operator = op.operator
    kind = type(operator).__name__
    words = [] if kind in _UNNAMED else kind_words(kind).split(" ")
    if notation := operator.notation.removesuffix("/1"):
        if words[1:] and operator.family.name.startswith(words[-1]):
            words.pop()  # only "max" for a max pool: the colour of the box shows the family
        words.append(notation)
    field = operator.channels_field or (None if notation else operator.positional_field)
    if field is not None:
        value = getattr(operator, field)
        if symbolic and field in op.symbols:
            words.append(op.symbols[field])
        elif isinstance(value, int | float):
            words.append(f"{value:g}" if isinstance(value, float) else str(value))
    return shorten(" ".join(words), MAXIMUM_LABEL)


def kind_words(kind: str) -> str:
    """Return ``max pool`` for ``MaxPool``; ``LRN`` and ``ReLU`` are unchanged."""
    parts = _WORD.findall(kind)
    if any(len(part) > 1 and part.isupper() for part in parts):
        return kind
    return " ".join(part.lower() for part in parts)


def is_implied(kind: str, name: str) -> bool:
    """Return whether the name already contains the kind: ``Inception`` and ``inception3a``."""
    plain = [re.sub("[^a-z0-9]", "", text.lower()) for text in (kind, name)]
    return re.fullmatch(f"{plain[0]}[0-9]*[a-z]?", plain[1]) is not None
