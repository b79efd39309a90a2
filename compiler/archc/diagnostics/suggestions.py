"""Suggestions for misspelt words, and for numbers in other notations."""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from math import isfinite
from posixpath import commonprefix

from archc.diagnostics.diagnostic import Replacement

# Limits on the words to compare, since comparing takes time.
_LONGEST_WORD, _MOST_WORDS = 200, 5_000


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most likely meant; None if no word is similar."""
    from difflib import get_close_matches  # only needed for invalid specs

    near = (name for name in known if len(name) <= min(2 * len(word) + 2, _LONGEST_WORD))
    by_folded = {candidate.casefold(): candidate for candidate in islice(near, _MOST_WORDS)}
    # A typo changes much of a short word: `otu` and `out` are less similar than `cut` and `count`.
    typos = [folded for folded in by_folded if is_typo(word, folded)]
    cutoff = 0.0 if typos else 0.7
    close = get_close_matches(word.casefold(), typos or by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


def suggest_keyword(
    word: str, known: Iterable[str], others: Iterable[str] = ()
) -> Replacement | None:
    """Suggest the word of the language that is closest to ``word``.

    ``others`` are words that could be meant but are not suggested: if ``word`` is a typo of one of
    them too, the replacement is not safe.
    """
    known = list(known)
    close = closest_match(word, known)
    if close is None:
        return None
    rivals = (other for other in (*known, *others) if other != close)
    unrivalled = normalize(word) == normalize(close) or not any(is_typo(word, r) for r in rivals)
    hint = did_you_mean(word, close)
    return hint._replace(safe=hint.safe and unrivalled)


def suggest_name(word: str, names: Iterable[str]) -> Replacement | None:
    """Suggest the closest of the names that a spec defines.

    The replacement is never safe: the definition may be misspelt instead.
    """
    hint = suggest_keyword(word, names)
    return hint._replace(safe=False) if hint else None


def did_you_mean(word: str, correction: str) -> Replacement:
    """Return the hint ``did you mean X?``, safe if ``word`` is a typo of the correction."""
    plain = correction[:1].isalpha() and not set(correction) & set("#:,[]{}\"'")
    one, other = normalize(word), normalize(correction)
    # Changing one letter of a three-letter word often gives another word.
    replaced = len(one) == len(other) and sorted(one) != sorted(other)
    return Replacement(
        correction if plain else f'"{correction}"',
        f"did you mean {correction}?",
        is_typo(word, correction) and not (replaced and len(other) < 4),
    )


@lru_cache(maxsize=8192)
def normalize(word: str) -> str:
    """Return the word in lower case, without underscores, hyphens and spaces."""
    return word.casefold().translate(_SEPARATORS)


_SEPARATORS = dict.fromkeys(map(ord, "_- "))


def is_typo(word: str, correction: str) -> bool:
    """Return whether ``word`` may be a typo of ``correction``.

    They may differ in case and separators, and in one letter or two swapped ones.
    """
    one, other = normalize(word), normalize(correction)
    if one == other:
        return True
    start = len(commonprefix((one, other)))
    end = len(commonprefix((one[start:][::-1], other[start:][::-1])))
    middle, instead = one[start : len(one) - end], other[start : len(other) - end]
    if len(middle) == 2 and middle == instead[::-1]:
        return True
    return max(len(middle), len(instead)) == 1 and min(len(one), len(other)) >= 3


def suggest_number(text: str, whole: bool) -> Replacement | None:
    """Suggest how to write a number in another notation: ``1_000``, ``017``, ``0x10``, ``.5``.

    The replacement is safe if the text can mean only one number. ``017`` may be octal, ``0x10`` a
    size, and the comma of ``1,000`` a decimal point. ``whole`` rejects fractions.
    """
    number = _parse_number(text)
    if number is None or (whole and isinstance(number, float)):
        return None
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        return Replacement(str(number), f"write {number} if {text} is hexadecimal", safe=False)
    if re.fullmatch("0[0-7]{1,18}", text) and int(text, 8) != number:
        message = f"write {number}, or {int(text, 8)} if {text} is octal"
        return Replacement(str(number), message, safe=False)
    if re.fullmatch(r"\d+,\d+", text):
        message = f"write {number} if the comma separates thousands"
        return Replacement(str(number), message, safe=False)
    return Replacement(str(number), f"write {number}", safe=True)


def _parse_number(text: str) -> int | float | None:
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
