"""Upper bounds of text widths in any common sans-serif font."""

import unicodedata

FAMILY = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
SIZE = 11
"""In pixels."""

# The widths of the characters from the space on, in hundredths of the font size. DejaVu Sans is the
# widest of the common fonts.
_ADVANCES = (
    *(32, 41, 46, 84, 64, 96, 78, 28, 40, 40, 50, 84, 32, 37, 32, 34),  # up to the slash
    *(64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 54),  # up to the question mark
    *(100, 69, 69, 70, 78, 64, 58, 78, 76, 30, 30, 66, 56, 87, 75, 79),  # up to O
    *(61, 79, 70, 64, 62, 74, 69, 99, 69, 62, 69, 40, 34, 40, 84, 50),  # up to the underscore
    *(50, 62, 64, 55, 64, 62, 36, 64, 64, 28, 28, 58, 28, 98, 64, 62),  # up to o
    *(64, 64, 42, 53, 40, 64, 60, 82, 60, 60, 53, 64, 34, 64, 84),  # up to the tilde
)
_BOLD = (
    *(35, 46, 53, 84, 70, 101, 88, 31, 46, 46, 53, 84, 38, 42, 38, 37),  # up to the slash
    *(70, 70, 70, 70, 70, 70, 70, 70, 70, 70, 40, 40, 84, 84, 84, 59),  # up to the question mark
    *(100, 78, 77, 74, 84, 69, 69, 83, 84, 38, 38, 78, 64, 100, 84, 86),  # up to O
    *(74, 86, 78, 73, 69, 82, 78, 111, 78, 73, 73, 46, 37, 46, 84, 50),  # up to the underscore
    *(50, 68, 72, 60, 72, 68, 44, 72, 72, 35, 35, 67, 35, 105, 72, 69),  # up to o
    *(72, 72, 50, 60, 48, 72, 66, 93, 65, 66, 59, 72, 37, 72, 84),  # up to the tilde
)
_OTHER = 125
"""The width of any other character; emoji are the widest."""


def width_of(text: str, size: int = SIZE, bold: bool = False) -> int:
    """Return the largest width of the text in one line, in pixels."""
    advances = _BOLD if bold else _ADVANCES
    hundredths = sum(_advance(character, advances) for character in text)
    return -(-hundredths * size // 100)


def shorten(text: str, length: int) -> str:
    """Return the text cut to at most ``length`` characters, with an ellipsis at the end."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _advance(character: str, advances: tuple[int, ...]) -> int:
    place = ord(character) - 32
    if 0 <= place < len(advances):
        return advances[place]
    return 0 if unicodedata.combining(character) else _OTHER
