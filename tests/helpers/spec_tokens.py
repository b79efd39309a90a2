"""Finds the words and numbers of a spec, with places and roles, using the compiler's composer.

The effect of a typing mistake depends on the token: a key of the language, a kind, a name that the
spec defines, a reference, or a number.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from archc.diagnostics.spans import Source, Span
from archc.language.grammar.kinds import STRUCTURES
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping, Node, Scalar
from archc.ops import OPERATORS

Role = Literal["key", "kind", "name", "reference", "word", "number", "text"]
"""``key``: a key of the language; ``name``: one that the spec defines; ``word``: a value such as
``true``; ``text``: prose and other text that archc does not interpret."""

Path_ = tuple[str | int, ...]
"""The keys and positions that lead to a token, the token's own last."""

SECTIONS = ("stem", "inception", "body", "aux", "head")
_PROSE = ("about", "title", "authors", "why", "source", "name", "year", "arxiv")
_REFERRING = ("extends", "from", "after", "before")
_NUMBER = re.compile(r"[-+]?[0-9.]+(e-?[0-9]+)?[KMG]?|[0-9]+(x[0-9]+)+(/[0-9]+)?( same| valid)?")


class Token(NamedTuple):
    """A key or a single value: its text, role, start and end."""

    text: str
    role: Role
    start: int
    end: int
    path: Path_
    is_key: bool


class Spec(NamedTuple):
    """A spec's text with its tokens in file order."""

    name: str
    text: str
    tokens: tuple[Token, ...]
    brackets: tuple[tuple[int, int], ...]
    """The start and end of each list and mapping in brackets, including the brackets."""

    def at(self, path: Path_, is_key: bool = True) -> Token | None:
        """Return the token at the path."""
        return next((t for t in self.tokens if t.path == path and t.is_key == is_key), None)

    def line_of(self, offset: int) -> int:
        """Return the line number, from 1."""
        return self.text.count("\n", 0, offset) + 1


def read_spec(path: Path) -> Spec:
    """Parse the file's spec, which must be YAML that archc accepts."""
    text = path.read_text(encoding="utf-8")
    document = compose(Source(path.name, text))
    assert isinstance(document, Mapping), document
    reader = _Reader(text, document)
    tokens = sorted(reader.mapping(document, ()), key=lambda token: token.start)
    return Spec(path.name, text, tuple(tokens), tuple(sorted(reader.brackets)))


class _Reader:
    def __init__(self, text: str, document: Mapping) -> None:
        self.text = text
        self.lines = [0]
        for line in text.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.variant = document.get("extends") is not None
        self.modules = _keys(document.get("modules"))
        modules = document.get("modules")
        self.extending = {
            key.text
            for key, value in (modules.entries if isinstance(modules, Mapping) else ())
            if "extends" in _keys(value)
        }
        self.parameters = _keys(document.get("parameters"))
        self.brackets: list[tuple[int, int]] = []

    def mapping(self, node: Mapping, path: Path_) -> Iterator[Token]:
        is_layer = any(
            self._is_kind(e.key.text) and e.key.text not in _BODIES for e in node.entries
        )
        for key, value in node.entries:
            here = (*path, key.text)
            yield self._token(key, self._key_role(here, value, is_layer), here, True)
            yield from self._value(value, here)

    def _value(self, node: Node, path: Path_) -> Iterator[Token]:
        if isinstance(node, Scalar):
            yield self._token(node, self._value_role(node, path), path, False)
            return
        start, end = self._offsets(node.span)
        if self.text[start] in "[{":
            self.brackets.append((start, end))
        if isinstance(node, Mapping):
            yield from self.mapping(node, path)
            return
        for position, item in enumerate(node.items):
            yield from self._value(item, (*path, position))

    def _token(self, node: Scalar, role: Role, path: Path_, is_key: bool) -> Token:
        return Token(node.text, role, *self._offsets(node.span), path, is_key)

    def _offsets(self, span: Span) -> tuple[int, int]:
        start = self.lines[span.line - 1] + span.column - 1
        return start, self.lines[span.end_line - 1] + span.end_column - 1

    def _is_kind(self, text: str) -> bool:
        return text in OPERATORS or text in STRUCTURES or text in self.modules or text == "Aux"

    def _key_role(self, path: Path_, value: Node, is_layer: bool) -> Role:
        head, depth = path[0], len(path)
        if head == "checkpoints" and depth > 2:
            return "text" if depth == 4 else "key"
        if head == "reference" and depth == 2:
            return "text"
        if head == "table" and depth == 3 and path[1] in ("rows", "errata"):
            return "reference"
        if depth == 2 and head in ("parameters", "checkpoints"):
            return "name"
        if depth > 1 and head != "modules" and self._is_kind(str(path[-1])):
            return "kind"
        if head not in (*SECTIONS, "modules") or depth == 1:
            return "key"
        if depth == 3 and head == "modules":
            return "kind" if self._is_kind(str(path[-1])) else "key"
        if self._is_kind(str(path[-1])) and depth > 2:
            return "kind"
        if is_layer and depth > 2:
            return "key"
        placed = isinstance(value, Mapping) and {"after", "before"} & _keys(value)
        there = self.variant or (head == "modules" and path[1] in self.extending and depth > 2)
        return "reference" if there and not placed else "name"

    def _value_role(self, node: Scalar, path: Path_) -> Role:
        last = next((step for step in reversed(path) if isinstance(step, str)), "")
        if last in _REFERRING:
            return "reference"
        if path[0] in ("archc", "reference") or last in _PROSE or node.text == "":
            return "text"
        if path[0] == "checkpoints":
            return "reference"
        if last == "columns":
            return "word" if path[0] == "table" else "name"
        if _NUMBER.fullmatch(node.text):
            return "number"
        if node.text in self.parameters:
            return "reference"
        if self._is_kind(node.text):
            return "kind"
        # The value of a field in a module's layers is a column if it is not a word of the language.
        return "reference" if last == "out" and node.text != "classes" else "word"


_BODIES = ("Sequence", "Concat", "Residual")


def _keys(node: Node | None) -> set[str]:
    return {entry.key.text for entry in node.entries} if isinstance(node, Mapping) else set()
