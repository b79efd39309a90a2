"""The words of other tools and papers for activations, layers and arguments.

``terms.yaml`` lists them, and is read only to explain an invalid spec. A term is supported if one
of its names is a word of archc.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from archc.diagnostics import (
    Hint,
    Replacement,
    closest_match,
    did_you_mean,
    normalize,
    suggest_keyword,
)

LAYERS = ("activations", "layers")
"""The sections of ``terms.yaml`` with kinds of layers."""
ARGUMENTS = ("arguments", "keys")
"""The sections with keys: of layers, and of the other parts of a spec."""


class Term(NamedTuple):
    """A concept with all its names. ``category`` is activation, layer, argument or key."""

    category: str
    names: tuple[str, ...]

    def among(self, known: Iterable[str]) -> str | None:
        """Return the known word for the concept, or None."""
        names = set(map(normalize, self.names))
        return next((word for word in known if normalize(word) in names), None)


class Equivalent(NamedTuple):
    """Advice for a word without a counterpart in archc, such as ``GlobalAvgPool``.

    It applies where archc's ``word`` is valid, such as ``AvgPool``, and everywhere if ``word`` is
    None.
    """

    word: str | None
    advice: str


class TermIndex(NamedTuple):
    """The terms and equivalents of some sections, by normalized name."""

    terms: dict[str, list[Term]]
    equivalents: dict[str, list[Equivalent]]


def intended_word(word: str, known: Iterable[str], sections: tuple[str, ...]) -> str | None:
    """Return the known word meant by a term, a misspelt term or a misspelt known word."""
    known, index = list(known), _index(sections)
    if word in known:
        return word
    if normalize(word) in index.terms or normalize(word) in index.equivalents:
        equivalents = (equivalent.word for equivalent in _equivalents(word, known, index))
        return _synonym(word, known, index) or next(equivalents, None)
    if (close := closest_match(word, known)) is not None:
        return close
    synonyms = _synonyms(tuple(known), sections)
    close = closest_match(word, synonyms)
    return synonyms[close] if close else None


def word_hint(
    word: str, known: Iterable[str], sections: tuple[str, ...], language: Iterable[str]
) -> Hint | None:
    """Return what to write instead of a word that is not ``known``, or None if that is unclear.

    A term is never taken for a misspelling of another word: the hint names archc's word for it, or
    says that archc does not support it. ``language`` holds all words of archc.
    """
    return _word_hint(word, tuple(known), sections, tuple(language))


@lru_cache(maxsize=256)  # the same mistake is often made in many layers
def _word_hint(
    word: str, names: tuple[str, ...], sections: tuple[str, ...], language: tuple[str, ...]
) -> Hint | None:
    known, index = list(names), _index(sections)
    terms = index.terms.get(normalize(word), [])
    for equivalent in _equivalents(word, known, index):
        return equivalent.advice
    if terms and (synonym := _synonym(word, known, index)) is not None:
        hint = did_you_mean(word, synonym)
        return hint if hint.safe else hint._replace(message=f"archc calls it {synonym}")
    if terms and not any(term.category == "key" or term.among(language) for term in terms):
        return f"archc does not support the {terms[0].category} {word}"
    if terms or (intended := intended_word(word, known, sections)) is None:
        return None
    synonyms = _synonyms((intended,), sections)
    others = [name for name in index.terms if name not in synonyms]
    suggested = suggest_keyword(word, known, others)
    return suggested or Replacement(intended, f"did you mean {intended}?", safe=False)


@lru_cache(maxsize=64)
def _synonyms(known: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, str]:
    """Map each normalized term to the known word for the same concept, if there is one."""
    positions: dict[str, int] = {}
    for i, word in enumerate(known):
        positions.setdefault(normalize(word), i)
    synonyms = {}
    for name, terms in _index(sections).terms.items():
        equal = [positions[name]] if name in positions else []
        named = (
            [positions[n] for n in map(normalize, term.names) if n in positions] for term in terms
        )
        if places := equal or next(filter(None, named), []):
            synonyms[name] = known[min(places)]
    return synonyms


def _synonym(word: str, known: list[str], index: TermIndex) -> str | None:
    """Return the known word that differs only in notation, or names the same concept."""
    equal = (other for other in known if normalize(other) == normalize(word))
    named = (term.among(known) for term in index.terms.get(normalize(word), []))
    return next(equal, None) or next(filter(None, named), None)


def _equivalents(word: str, known: list[str], index: TermIndex) -> Iterator[Equivalent]:
    for equivalent in index.equivalents.get(normalize(word), []):
        if equivalent.word is None or equivalent.word in known:
            yield equivalent


@cache
def _index(sections: tuple[str, ...]) -> TermIndex:
    data = yaml.load(Path(__file__).with_suffix(".yaml").read_bytes(), yaml.CSafeLoader)
    index = TermIndex({}, {})
    for section in sections:
        for item in data[section]:
            names = (item,) if isinstance(item, str) else tuple(item)
            for name in names:
                term = Term(section.removesuffix("s"), names)
                index.terms.setdefault(normalize(name), []).append(term)
        for entry in data["equivalents"].get(section, ()):
            for name in entry["names"]:
                equivalent = Equivalent(entry.get("of"), entry["write"])
                index.equivalents.setdefault(normalize(name), []).append(equivalent)
    return index
