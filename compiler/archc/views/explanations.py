"""Explanations of the codes: the reason for each, an example, and the corrected example.

The texts are the Markdown files in ``diagnostics/explanations``, one per code, and the docstrings
of lints, which have the same form. ``archc explain`` and ``docs/errors.md`` show them.
"""

import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from typing import NamedTuple

from archc.checks.lints import lints
from archc.diagnostics import Code, closest_match

GROUPS = {
    "A1": "Reading a file",
    "A2": "The language",
    "A3": "Shapes",
    "A4": "The printed table and the budget",
    "A5": "Generated files",
    "A6": "Generated code",
    "A7": "Checkpoints",
    "L1": "Lints: what a network computes",
    "L2": "Lints: how a spec is written",
    "L3": "Lints: hardware",
}
"""The topics of codes, by their first two characters."""

_TITLE = re.compile(r"# ([a-z-]+)\n+")
_FORM = re.compile(
    r"(?P<summary>[^\n]+)\n+"
    r"## Why\n+(?P<why>.+?)\n+"
    r"## Example\n+(?P<example>.+?)\n+"
    r"## Instead\n+(?P<instead>.+?)\s*",
    re.DOTALL,
)
_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


class Explanation(NamedTuple):
    """The explanation of a code; ``why``, ``example`` and ``instead`` are Markdown."""

    code: str
    name: str
    summary: str
    why: str
    example: str
    instead: str

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """The headings, each with its text."""
        return ("Why", self.why), ("Example", self.example), ("Instead", self.instead)


def explanations() -> tuple[Explanation, ...]:
    """Return all explanations, in the order of their codes."""
    of_errors = [_of_error(code) for code in Code]
    of_lints = [parse(lint.code, lint.name, lint.documentation) for lint in lints().values()]
    return tuple(sorted([*of_errors, *of_lints]))


def find(word: str, known: Iterable[Explanation]) -> Explanation | None:
    """Return the explanation of a code or a name, ignoring case."""
    folded = word.casefold().replace("_", "-")
    return next((e for e in known if folded in (e.code.casefold(), e.name.replace("_", "-"))), None)


def nearest(word: str, known: Iterable[Explanation]) -> str | None:
    """Return the most similar code or name."""
    return closest_match(word, [text for e in known for text in (e.code, e.name)])


def parse(code: str, name: str, text: str) -> Explanation:
    """Parse an explanation without its title. Raises ValueError if a section is missing."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"the explanation of {code} is not a summary, Why, Example and Instead")
    return Explanation(code, name, **match.groupdict())


def as_text(explanation: Explanation, heading: Callable[[str], str] = str) -> str:
    """Return the text for a terminal, with code indented; ``heading`` styles a heading."""
    parts = [f"{heading(f'{explanation.code} {explanation.name}')}\n{explanation.summary}"]
    parts += [f"{heading(title)}\n{_unfenced(text)}" for title, text in explanation.sections]
    return "\n\n".join(parts)


def as_markdown(explanation: Explanation, level: int = 1) -> str:
    """Return a section of Markdown with a heading of this level."""
    parts = [f"{'#' * level} {explanation.code} {explanation.name}", explanation.summary]
    for title, text in explanation.sections:
        parts += [f"{'#' * (level + 1)} {title}", text]
    return "\n\n".join(parts)


def as_page(known: Iterable[Explanation]) -> str:
    """Return a table of the codes, then a section for each topic, in Markdown."""
    groups = grouped(known)
    index = ["| code | name | |", "| --- | --- | --- |"]
    parts = []
    for title, members in groups.items():
        index += [f"| [{e.code}](#{_anchor(e)}) | {e.name} | {e.summary} |" for e in members]
        parts += [f"## {title}", *(as_markdown(e, level=3) for e in members)]
    return "\n\n".join(["\n".join(index), *parts])


def grouped(known: Iterable[Explanation]) -> dict[str, list[Explanation]]:
    """Return the explanations by topic, without empty topics."""
    known = list(known)
    groups = {title: [e for e in known if e.code[:2] == start] for start, title in GROUPS.items()}
    return {title: members for title, members in groups.items() if members}


def _of_error(code: Code) -> Explanation:
    text = (
        files("archc.diagnostics").joinpath(f"explanations/{code}.md").read_text(encoding="utf-8")
    )
    title = _TITLE.match(text)
    if title is None:
        raise ValueError(f"the explanation of {code} has no title")
    return parse(code.value, title[1], text[title.end() :])


def _anchor(explanation: Explanation) -> str:
    """Return the anchor of its heading."""
    return f"{explanation.code}-{explanation.name}".lower()


def _unfenced(text: str) -> str:
    """Return the text with blocks of code indented instead of fenced."""

    def indented(block: re.Match[str]) -> str:
        lines = block[1].rstrip("\n").split("\n")
        return "\n".join(f"    {line}".rstrip() for line in lines)

    return _FENCE.sub(indented, text)
