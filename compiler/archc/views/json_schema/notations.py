"""Notations and names as regular expressions with the same meaning in Python and ECMAScript."""

from typing import Any

from archc.language.grammar.kinds import STRUCTURES
from archc.language.sections.models import MAXIMUM_SIDE
from archc.network.names import KIND_PATTERN, NAME_PATTERN, RESERVED
from archc.ops import OPERATORS
from archc.ops.window import MAXIMUM_KERNEL

Schema = dict[str, Any]


def numbers_up_to(maximum: int) -> str:
    """Return a pattern of the numbers from 1 to ``maximum``."""
    digits = str(maximum)
    parts = ["[1-9]" + "[0-9]" * more for more in range(len(digits) - 1)]
    for i, digit in enumerate(digits):
        lowest = 0 if i else 1
        if int(digit) > lowest:
            rest = "[0-9]" * (len(digits) - i - 1)
            parts.append(f"{digits[:i]}[{lowest}-{int(digit) - 1}]{rest}")
    return f"(?:{'|'.join([*parts, digits])})"


_SIZE = numbers_up_to(MAXIMUM_KERNEL)
_ODD = f"(?=[0-9]*[13579](?:[^0-9]|$)){_SIZE}"
_SIDE = numbers_up_to(MAXIMUM_SIDE)
_STEPS = f"/{_SIZE}(?:x{_SIZE})?"
_PADDING = "(?:0|[1-9][0-9]{0,3})"
# Unprintable characters. YAML rejects most of them, but escapes can write them.
_INVISIBLE = "\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f"

PRINTED_NUMBER = "(?:0|[1-9][0-9]{0,11})(?:\\.[0-9]{1,6})?"


def anchored(pattern: str) -> str:
    """Return the pattern anchored at both ends.

    In Python, ``$`` alone would also match before a final line feed.
    """
    return f"^(?:{pattern})$(?!\\n)"


def _text(pattern: str, needed: str) -> Schema:
    return {"type": "string", "pattern": anchored(pattern), "patternErrorMessage": needed}


def convolution_window(padded: bool | None) -> Schema:
    """Return the schema of a convolution's window.

    ``padded`` tells whether ``padding`` is set; None if that is unknown.
    """
    odd, each = f"{_ODD}x{_ODD}(?:{_STEPS})?", f"{_SIZE}x{_SIZE}(?:{_STEPS})?"
    if padded:
        needed = "A window such as 3x3 or 7x7/2; padding already sets the padding."
        return _text(each, needed)
    needed = "A window such as 3x3, 7x7/2 or 3x3 valid; an even kernel needs valid or padding."
    unstated = odd if padded is False else each
    return _text(f"{unstated}|{odd} same|{each} valid", needed)


def pool_window(padded: bool, average: bool) -> Schema:
    """Return the schema of a pool's window.

    ``padded`` tells whether ``padding`` is set. An ``average`` pool without it may be ``global``.
    """
    each, odd = f"{_SIZE}x{_SIZE}{_STEPS}", f"{_ODD}x{_ODD}{_STEPS}"
    if padded:
        return _text(
            each, "A window and its stride, such as 3x3/2; padding already sets the padding."
        )
    needed = "A window and its stride, such as 3x3/2 or 3x3/1 same (odd kernels only)."
    text = f"{each}(?: valid)?|{odd} same"
    return _text(f"{text}|global", needed[:-1] + "; or global.") if average else _text(text, needed)


PADDED_WINDOW = anchored(f"(?!1x1/){_SIZE}x{_SIZE}{_STEPS} same")

NOTATIONS: dict[str, Schema] = {
    "window": {"type": "string", "examples": ["1x1", "3x3", "3x3/2"]},
    "pool window": {"type": "string", "examples": ["3x3/2", "3x3/1 same"]},
    "pool window or global": {"type": "string", "examples": ["global", "7x7/1"]},
    "pair": {
        **_text(f"{_PADDING}x{_PADDING}", "A number, or height x width such as 0x3."),
        "type": ["integer", "string"],
        "minimum": 0,
        "maximum": MAXIMUM_KERNEL,
    },
    "size": {
        **_text(f"{_SIZE}x{_SIZE}", "A number, or height x width such as 7x7."),
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": MAXIMUM_KERNEL,
    },
    "line of text": {
        **_text(f"[^{_INVISIBLE}]*", "One line of printable characters."),
        "minLength": 1,
        "maxLength": 500,
    },
    "arxiv": _text("[0-9]{4}\\.[0-9]{4,5}", 'An arXiv identifier in quotes, such as "1409.4842".'),
    "input": _text(
        f"{_SIDE}x{_SIDE}x{_SIDE}",
        f"Channels x height x width, such as 3x224x224, each at most {MAXIMUM_SIDE:,}.",
    ),
    "quantity": {
        **_text(f"{PRINTED_NUMBER}[KMG]?", "A whole number, or one such as 5M or 1.5G."),
        "type": ["integer", "string"],
        "minimum": 0,
    },
}
"""The values of fields, by the ``format`` of the field."""


def _name(pattern: str, needed: str, *taken: str) -> Schema:
    """Return the schema of a name that is neither reserved nor in ``taken``."""
    words = sorted({*(word for word in RESERVED if word[0] != "_"), *taken})
    return _text(f"(?!(?:{'|'.join(words)})$){pattern}", needed)


_LETTERS = "letters, digits and underscores"
NAME = _name(
    NAME_PATTERN,
    f"A name has at most 40 {_LETTERS}, a letter first, and is no Python keyword.",
)
LAYER_NAME = _name(
    NAME_PATTERN,
    f"A layer's name has at most 40 {_LETTERS}, a letter first, and is neither a Python keyword "
    "nor a kind.",
    *(*OPERATORS, *STRUCTURES, "Aux"),
)
CLASS_NAME = _name(
    KIND_PATTERN,
    f"A class name has at most 40 {_LETTERS}, an uppercase letter first, and is neither a Python "
    "keyword nor a kind.",
    *(*OPERATORS, *STRUCTURES),
)
COLUMN_NAME = _name(
    "[#a-z][#A-Za-z0-9_ ]{0,39}",
    "A column's name has letters, digits, underscores, # and spaces, a lowercase letter or # "
    'first. With a #, write it in quotes: "#3x3 reduce".',
)
