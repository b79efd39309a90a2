"""The lines of a spec with content, and the mistake found in one of them."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from archc.diagnostics import Hint
from archc.diagnostics.spans import Source, Span

_BLOCK_SCALAR = re.compile(r"(^|\s)[|>][-+0-9]*\s*(#.*)?$")
_FIRST_WORD = re.compile(r"\s*(?:- )?([\"'][^\"']*[\"']|[^\s:\[{]+(?: [^\s:\[{]+)*|\S)")


class Mistake(NamedTuple):
    """The most likely mistake, its place and a hint."""

    message: str
    span: Span
    hint: Hint | None = None


class Line(NamedTuple):
    """A line that is neither blank nor a comment; ``text`` is without the indentation."""

    source: Source
    number: int
    indent: int
    text: str

    @property
    def levels(self) -> tuple[int, ...]:
        """The indentations that may follow this line. A dash allows one more."""
        return (self.indent, self.indent + 2) if self.is_item else (self.indent,)

    @property
    def is_item(self) -> bool:
        """Whether the line starts with a dash."""
        return self.text.startswith("- ")

    @property
    def has_value(self) -> bool:
        """Whether the line ends with a value, so that no line may be indented below it."""
        return not re.search(r":\s*(#.*)?$", self.text)

    @property
    def first_word(self) -> Span:
        """The span of the first word, usually a key."""
        match = _FIRST_WORD.match(self.text)
        return self.span(match.start(1), match.end(1)) if match else self.span(0, 1)

    def span(self, start: int, end: int) -> Span:
        """Return the span of that range of the text."""
        column = self.indent + 1
        return Span(self.source, self.number, column + start, self.number, column + end)


def content_lines(source: Source) -> Iterator[Line]:
    """Yield the lines, except comments, blank lines and the lines of block scalars."""
    block_indent: int | None = None
    for number in range(1, len(source.lines) + 1):
        text = source.line(number)
        content = text.lstrip(" ")
        indent = len(text) - len(content)
        if not content.strip() or content.startswith("#"):
            continue
        if block_indent is not None and indent > block_indent:
            continue
        block_indent = indent if _BLOCK_SCALAR.search(content) else None
        yield Line(source, number, indent, content.rstrip())


def missing_dash(line: Line) -> Mistake:
    """Return the mistake of a list item without a dash."""
    hint = "put `- ` before it, as before the other items"
    return Mistake("missing dash before an item of a list", line.first_word, hint)
