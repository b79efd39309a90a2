"""How much room a text takes, whatever sans-serif font the reader has."""

import unicodedata
from math import ceil

FAMILY = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
SIZE = 11
"""Of most text, in pixels."""
SMALL = 10

# Advances in hundredths of the size, of the characters from the space on, in the widest of common
# fonts: DejaVu Sans, whose bold is up to an eighth wider. What fits in it fits in Helvetica.
_ADVANCES = (
    *(32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34),  # up to the slash
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53),  # up to the question mark
    *(100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79),  # up to O
    *(60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50),  # up to the underscore
    *(50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61),  # up to o
    *(63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84),  # up to the tilde
)
_BOLD = 1.14
_OTHER = 125
"""Of any other character: emoji are the widest."""


def width_of(text: str, size: int = SIZE, bold: bool = False) -> int:
    """The most pixels that the text takes in one line."""
    hundredths = sum(map(_advance, text))
    return ceil(hundredths * size * (_BOLD if bold else 1) / 100)


def shortened(text: str, length: int) -> str:
    """The text with at most ``length`` characters, an ellipsis for what is left out."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _advance(character: str) -> int:
    place = ord(character) - 32
    if 0 <= place < len(_ADVANCES):
        return _ADVANCES[place]
    return 0 if unicodedata.combining(character) else _OTHER
