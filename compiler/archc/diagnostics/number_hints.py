"""Numbers in notations that a spec does not have, such as ``1_000``, ``0x10`` or ``.5``."""

import re
from math import isfinite

from archc.diagnostics.diagnostic import Replacement


def number_hint(text: str, whole: bool) -> Replacement | None:
    """How archc writes the number that the text is elsewhere: ``1_000``, ``017``, ``0x10``, ``.5``.

    Safe where it has one reading. ``017`` may be octal, ``0x10`` a size, and in ``1,000`` the comma
    may be a decimal point.
    """
    number = _meant(text)
    if number is None or (whole and isinstance(number, float)):
        return None
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        words = f"write {number} where {text} is a hexadecimal number"
        return Replacement(str(number), words, safe=False)
    if re.fullmatch("0[0-7]{1,18}", text) and int(text, 8) != number:
        octal = f"write {number}, or {int(text, 8)} where octal is meant"
        return Replacement(str(number), octal, safe=False)
    if re.fullmatch(r"\d+,\d+", text):
        words = f"write {number} where the comma separates thousands"
        return Replacement(str(number), words, safe=False)
    return Replacement(str(number), f"write {number}", safe=True)


def _meant(text: str) -> int | float | None:
    """The number that is meant by ``1_000``, ``017``, ``0x10`` or ``.5``; None for other text."""
    digits = text
    if re.fullmatch(r"\d+(_\d+)+", text, re.ASCII):
        digits = text.replace("_", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", digits, re.ASCII):
        digits = digits.replace(",", "")
    if len(digits) > 18:
        return None
    if digits.isascii() and digits.isdigit():
        return int(digits)
    try:
        if text[:2].lower() in ("0x", "0o", "0b"):
            return int(text, 0)
        number = float(text)
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number
