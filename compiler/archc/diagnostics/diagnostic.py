"""The diagnostic: code, message, place, labels, notes and hint."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span


class Severity(StrEnum):
    """An error makes a spec invalid; a warning is what an expert would point out in review."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """The codes of errors. A code never changes its meaning. Each lint defines its own code."""

    UNREADABLE = "A101"
    """A file that cannot be read: missing, a directory, not permitted, not UTF-8, not a spec."""
    SYNTAX = "A102"
    """Invalid YAML."""
    UNSUPPORTED_YAML = "A103"
    """YAML that specs do not use: tags, anchors, aliases, merge keys, several documents."""
    DUPLICATE_KEY = "A104"
    """A name that is used twice, or two names that differ only in case."""
    LIMIT = "A105"
    """A spec that exceeds a limit of archc."""
    UNKNOWN_KEY = "A201"
    """A key that is unknown in its place."""
    MISSING_KEY = "A202"
    """A required key that is missing."""
    INVALID_VALUE = "A203"
    """A value of the wrong type or out of range."""
    INVALID_NAME = "A204"
    """A name that is not valid in the generated code."""
    UNKNOWN_KIND = "A205"
    """A layer whose kind is neither an operator nor a module of the spec."""
    INVALID_LAYER = "A206"
    """A value that is not a layer where a layer is expected."""
    WRONG_COLUMNS = "A207"
    """A row whose cells do not match the columns of its module."""
    UNKNOWN_REFERENCE = "A208"
    """A reference to a row, module, parent or model that does not exist."""
    RECURSION = "A209"
    """A module that contains itself, or a spec that extends itself."""
    SHAPE = "A301"
    """A layer that does not accept the shape of its input."""
    CONCAT = "A302"
    """Branches of a Concat, or a Residual and its shortcut, with incompatible shapes."""
    MISMATCH = "A401"
    """A printed cell that differs from the computed value and has no erratum."""
    STALE_ERRATUM = "A402"
    """An erratum that is not needed, or that records a value other than the computed one."""
    OVER_BUDGET = "A403"
    """A network that exceeds the budget of its spec."""
    STALE_FILE = "A501"
    """A generated file that is out of date with its spec."""
    MISSING_FILE = "A502"
    """A generated file that is missing."""
    ORPHANED_FILE = "A503"
    """A generated file whose spec no longer exists."""
    FOREIGN_FILE = "A504"
    """A file that archc did not write, or that was edited afterwards."""
    UNWRITABLE = "A505"
    """Output that cannot be written."""
    UNSUPPORTED = "A506"
    """A layer or network that the backend does not support."""
    KEPT_FILE = "A507"
    """A file that a build must not replace: it has given weights, or another spec or settings."""
    DIFFERENT = "A601"
    """Generated code, or the library's reference model, that differs from the analysis."""
    MISSING_TENSOR = "A701"
    """A tensor of the network's state that is missing in a checkpoint."""
    LEFT_OVER_TENSOR = "A702"
    """A tensor of a checkpoint that has no counterpart in the network."""
    WRONG_SHAPE = "A703"
    """A tensor of a checkpoint whose shape differs from that of the network's tensor."""
    AMBIGUOUS_KEY = "A704"
    """Two keys of a checkpoint that map to one, or a key that could map to two."""
    INVALID_CHECKPOINT = "A705"
    """A checkpoint that is damaged, or contains something other than weights."""
    UNCONVERTIBLE = "A706"
    """A checkpoint that cannot be converted to or from an optimised network's checkpoint."""


class Label(NamedTuple):
    """A second place that a diagnostic points to, with a message."""

    span: Span
    message: str


class Replacement(NamedTuple):
    """A hint that can be applied: ``text`` replaces the text of the diagnostic's span.

    ``message`` is the hint as people read it. ``archc check --fix`` applies the replacement if it
    is ``safe``: the author cannot have meant anything else.
    """

    text: str
    message: str
    safe: bool

    def __str__(self) -> str:
        return self.message


Hint = str | Replacement


class Diagnostic(NamedTuple):
    """What archc reports about a spec or a file: an error or a warning, its place and a hint."""

    code: str
    message: str
    span: Span | None = None
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    hint: Hint | None = None
    severity: Severity = Severity.ERROR

    def __repr__(self) -> str:
        return f"<Diagnostic {self.headline}>"

    @property
    def headline(self) -> str:
        """The first line of the diagnostic: place, severity, code and message."""
        where = f"{self.span}: " if self.span else ""
        return f"{where}{self.severity}[{self.code}] {escape_line(self.message)}"


def in_file_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics by file and position, without duplicates.

    Diagnostics without a place come first.
    """

    def position(diagnostic: Diagnostic) -> tuple[str, int, int]:
        span = diagnostic.span
        return (span.source.name, span.line, span.column) if span else ("", 0, 0)

    return sorted(dict.fromkeys(diagnostics), key=position)
