"""Terms of the field: what other tools and papers call activations, layers and arguments.

``terms.yaml`` lists them. It is read only to explain a faulty spec. Whether archc has what a term
names is asked of the words that archc knows.
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
"""The sections of the table that name kinds of layers."""
ARGUMENTS = ("arguments", "keys")
"""The sections that name keys: those of layers, and those of a spec's other parts."""


class Term(NamedTuple):
    """One thing of the field, with all its names: an activation, a layer, an argument or a key."""

    what: str
    names: tuple[str, ...]

    def among(self, known: Iterable[str]) -> str | None:
        """The known word that names the same thing; None where there is none."""
        names = set(map(normalize, self.names))
        return next((word for word in known if normalize(word) in names), None)


class Form(NamedTuple):
    """What to write for something that archc has in another form, as part of its word ``of``."""

    of: str | None
    write: str


class TermIndex(NamedTuple):
    """A part of the table, by the folded names of what it lists."""

    terms: dict[str, list[Term]]
    forms: dict[str, list[Form]]


def intended_word(word: str, known: Iterable[str], sections: tuple[str, ...]) -> str | None:
    """The known word that is meant by a term, by a misspelt term or by a misspelling."""
    known, table = list(known), _table(sections)
    if word in known:
        return word
    if normalize(word) in table.terms or normalize(word) in table.forms:
        return _same(word, known, table) or next(_forms(word, known, table), Form(None, "")).of
    if (close := closest_match(word, known)) is not None:
        return close
    same = _known_terms(tuple(known), sections)
    close = closest_match(word, same)
    return same[close] if close else None


def word_hint(
    word: str, known: Iterable[str], sections: tuple[str, ...], language: Iterable[str]
) -> Hint | None:
    """What to write for a word that is not ``known`` where it stands; None where that is unclear.

    A term of the field is never a misspelling of another word: the hint says what archc calls the
    same thing, or that archc does not have it. ``language`` are the words that archc has anywhere.
    """
    return _word_hint(word, tuple(known), sections, tuple(language))


@lru_cache(maxsize=256)  # one slip is often made in many layers
def _word_hint(
    word: str, names: tuple[str, ...], sections: tuple[str, ...], language: tuple[str, ...]
) -> Hint | None:
    known, table = list(names), _table(sections)
    terms = table.terms.get(normalize(word), [])
    for form in _forms(word, known, table):
        return form.write
    if terms and (same := _same(word, known, table)) is not None:
        hint = did_you_mean(word, same)
        return hint if hint.safe else hint._replace(words=f"archc calls it {same}")
    if terms and not any(term.what == "key" or term.among(language) for term in terms):
        return f"{word} is a known {terms[0].what}, which archc does not have"
    if terms or (meant := intended_word(word, known, sections)) is None:
        return None
    same_as_meant = _known_terms((meant,), sections)
    others = [name for name in table.terms if name not in same_as_meant]
    return suggest_keyword(word, known, others) or Replacement(
        meant, f"did you mean {meant}?", False
    )


@lru_cache(maxsize=64)
def _known_terms(known: tuple[str, ...], sections: tuple[str, ...]) -> Mapping[str, str]:
    """The folded terms that a known word is the same as, each with that word."""
    words: dict[str, int] = {}
    for i, word in enumerate(known):
        words.setdefault(normalize(word), i)
    found = {}
    for name, terms in _table(sections).terms.items():
        equal = [words[name]] if name in words else []
        named = ([words[n] for n in map(normalize, term.names) if n in words] for term in terms)
        if places := equal or next(filter(None, named), []):
            found[name] = known[min(places)]
    return found


def _same(word: str, known: list[str], table: TermIndex) -> str | None:
    """The known word that differs in case alone, or names the same thing."""
    if (
        equal := next((other for other in known if normalize(other) == normalize(word)), None)
    ) is not None:
        return equal
    named = (term.among(known) for term in table.terms.get(normalize(word), []))
    return next(filter(None, named), None)


def _forms(word: str, known: list[str], table: TermIndex) -> Iterator[Form]:
    for form in table.forms.get(normalize(word), []):
        if form.of is None or form.of in known:
            yield form


@cache
def _table(sections: tuple[str, ...]) -> TermIndex:
    data = yaml.load(Path(__file__).with_suffix(".yaml").read_bytes(), yaml.CSafeLoader)
    table = TermIndex({}, {})
    for section in sections:
        for item in data[section]:
            names = (item,) if isinstance(item, str) else tuple(item)
            for name in names:
                term = Term(section.removesuffix("s"), names)
                table.terms.setdefault(normalize(name), []).append(term)
        for form in data["forms"].get(section, ()):
            for name in form["names"]:
                of = Form(form.get("of"), form["write"])
                table.forms.setdefault(normalize(name), []).append(of)
    return table
