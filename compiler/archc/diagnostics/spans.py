"""Places in the text of a spec."""

from pathlib import Path
from typing import NamedTuple

from archc.diagnostics.escapes import escape_line


class Source:
    """The text of one spec file.

    ``name`` is shown to people. ``digest`` is the SHA-256 of the file's bytes.
    """

    __slots__ = ("digest", "lines", "name", "path")

    def __init__(self, name: str, text: str, digest: str = "", path: Path | None = None) -> None:
        self.name = name
        self.path = path
        self.lines = text.split("\n")
        self.digest = digest

    def __repr__(self) -> str:
        return f"<Source {escape_line(self.name)}>"

    def line(self, number: int) -> str:
        """Return the line with that number, counted from 1; an empty text past the end."""
        return self.lines[number - 1].removesuffix("\r") if 1 <= number <= len(self.lines) else ""


class Span(NamedTuple):
    """A range of text, from ``line:column`` up to but excluding ``end_line:end_column``.

    Lines and columns count from 1; a column is a code point, not a byte.
    """

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, end: "Span") -> "Span":
        """Return the span from the start of this one to the end of ``end``."""
        return Span(self.source, self.line, self.column, end.end_line, end.end_column)

    @property
    def text(self) -> str:
        """The spec's text in the span; only the first line if the span covers several."""
        line = self.source.line(self.line)
        return line[self.column - 1 : self.end_column - 1 if self.end_line == self.line else None]

    def __str__(self) -> str:
        return f"{escape_line(self.source.name)}:{self.line}:{self.column}"
