"""Places in a spec's text: every node, diagnostic and layer knows where it was written."""

from pathlib import Path
from typing import NamedTuple

from archc.diagnostics.escapes import escape_line


class Source:
    """One spec file as it was read: its name for people, its text, its bytes' digest, its path."""

    __slots__ = ("digest", "lines", "name", "path")

    def __init__(self, name: str, text: str, digest: str = "", path: Path | None = None) -> None:
        self.name = name
        self.path = path
        self.lines = text.split("\n")
        self.digest = digest

    def __repr__(self) -> str:
        return f"<Source {escape_line(self.name)}>"

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1); empty past the end."""
        return self.lines[number - 1].removesuffix("\r") if 1 <= number <= len(self.lines) else ""


class Span(NamedTuple):
    """From ``line:column`` up to, not including, ``end_line:end_column``.

    Lines and columns count from 1; columns are code points, not bytes.
    """

    source: Source
    line: int
    column: int
    end_line: int
    end_column: int

    def to(self, end: "Span") -> "Span":
        """From where this span starts to where ``end`` ends."""
        return Span(self.source, self.line, self.column, end.end_line, end.end_column)

    @property
    def text(self) -> str:
        """What is written there, as far as its first line goes."""
        line = self.source.line(self.line)
        return line[self.column - 1 : self.end_column - 1 if self.end_line == self.line else None]

    def __str__(self) -> str:
        return f"{escape_line(self.source.name)}:{self.line}:{self.column}"
