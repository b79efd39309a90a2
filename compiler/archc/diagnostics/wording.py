"""Lists and plurals in messages."""

from collections.abc import Iterable


def join_words(words: Iterable[str]) -> str:
    """Join words as in ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def pluralize(number: int, word: str) -> str:
    """Return the number with the word, in the plural if needed: ``1 cell``, ``2 cells``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
