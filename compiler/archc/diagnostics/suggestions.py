"""Suggestions for misspelt words: ``did you mean X?``."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice
from posixpath import commonprefix

from archc.diagnostics.diagnostic import Replacement

_LONGEST_GUESSED, _MOST_GUESSED = 200, 5_000  # comparing words takes its time


def closest_match(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most likely meant; None where none is close."""
    from difflib import get_close_matches  # only a faulty spec pays for it

    near = (name for name in known if len(name) <= min(2 * len(word) + 2, _LONGEST_GUESSED))
    by_folded = {candidate.casefold(): candidate for candidate in islice(near, _MOST_GUESSED)}
    # In a short word one slip is much: `otu` and `out` share less than `cut` and `count` do.
    mistakes = [folded for folded in by_folded if is_typo(word, folded)]
    cutoff = 0.0 if mistakes else 0.7
    close = get_close_matches(word.casefold(), mistakes or by_folded, n=1, cutoff=cutoff)
    return by_folded[close[0]] if close else None


def suggest_keyword(
    word: str, known: Iterable[str], others: Iterable[str] = ()
) -> Replacement | None:
    """``did you mean X?`` for the word of the language closest to ``word``, or None.

    ``others`` are words that could be meant as well, so that the replacement is not safe.
    """
    known = list(known)
    close = closest_match(word, known)
    if close is None:
        return None
    rivals = (other for other in (*known, *others) if other != close)
    alone = normalize(word) == normalize(close) or not any(is_typo(word, rival) for rival in rivals)
    hint = did_you_mean(word, close)
    return hint._replace(safe=hint.safe and alone)


def suggest_name(word: str, names: Iterable[str]) -> Replacement | None:
    """The same for names that a spec gives: never safe, for they may be what is misspelt."""
    hint = suggest_keyword(word, names)
    return hint._replace(safe=False) if hint else None


def did_you_mean(word: str, meant: str) -> Replacement:
    """``did you mean X?``, safe to write where ``word`` is one slip of the finger from it."""
    plain = meant[:1].isalpha() and not set(meant) & set("#:,[]{}\"'")
    # In a word of three letters another letter makes another word.
    changed = len(normalize(word)) == len(normalize(meant)) and sorted(normalize(word)) != sorted(
        normalize(meant)
    )
    return Replacement(
        meant if plain else f'"{meant}"',
        f"did you mean {meant}?",
        is_typo(word, meant) and not (changed and len(normalize(meant)) < 4),
    )


@lru_cache(maxsize=8192)
def normalize(word: str) -> str:
    """The word without what tools write differently: case, underscores, hyphens and spaces."""
    return word.casefold().translate(_SEPARATORS)


_SEPARATORS = dict.fromkeys(map(ord, "_- "))


def is_typo(word: str, meant: str) -> bool:
    """Whether the words differ in case and separators, or in one letter, or in two swapped."""
    one, other = normalize(word), normalize(meant)
    if one == other:
        return True
    start = len(commonprefix((one, other)))
    end = len(commonprefix((one[start:][::-1], other[start:][::-1])))
    middle, instead = one[start : len(one) - end], other[start : len(other) - end]
    if len(middle) == 2 and middle == instead[::-1]:
        return True
    return max(len(middle), len(instead)) == 1 and min(len(one), len(other)) >= 3
