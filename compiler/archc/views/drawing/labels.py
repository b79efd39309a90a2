"""What is written on a box."""

import re

from archc.network import ir
from archc.views.drawing.text import shortened

LONGEST = 34
"""A label has at most so many characters; what is left out is told elsewhere."""
_PLAIN = {"Conv"}
"""So common that the window and the number of filters say it."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def label(op: ir.Op, symbolic: bool = False) -> str:
    """An operator in a few words, ``3x3/2 64`` or ``max 3x3``; the stride where it is not 1.

    With ``symbolic``, a number that a module takes from a column is called as the column is.
    """
    operator = op.operator
    kind = type(operator).__name__
    words = [] if kind in _PLAIN else kind_words(kind).split(" ")
    if notation := operator.notation.removesuffix("/1"):
        if words[1:] and operator.family.name.startswith(words[-1]):
            words.pop()  # a max pool is a max among poolings, and its box is coloured as they are
        words.append(notation)
    field = operator.channels or (None if notation else operator.primary)
    if field is not None:
        value = getattr(operator, field)
        if symbolic and field in op.symbols:
            words.append(op.symbols[field])
        elif isinstance(value, int | float):
            words.append(f"{value:g}" if isinstance(value, float) else str(value))
    return shortened(" ".join(words), LONGEST)


def kind_words(kind: str) -> str:
    """``MaxPool`` as ``max pool``; ``LRN`` and ``ReLU`` stay."""
    parts = _WORD.findall(kind)
    if any(len(part) > 1 and part.isupper() for part in parts):
        return kind
    return " ".join(part.lower() for part in parts)


def repeats(kind: str, name: str) -> bool:
    """Whether a kind says no more than the name: ``Inception`` and ``inception3a``."""
    plain = [re.sub("[^a-z0-9]", "", text.lower()) for text in (kind, name)]
    return re.fullmatch(f"{plain[0]}[0-9]*[a-z]?", plain[1]) is not None
