"""Diagnostics as values, their codes, places, hints and replacements."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span


class Severity(StrEnum):
    """How grave a finding is: an error is a fault, a warning what an expert would point out."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """The kinds of errors; a code never changes its meaning. Those of lints stand in ``lints/``."""

    UNREADABLE = "A101"
    """The file cannot be read: missing, a directory, no permission, not UTF-8, not a spec."""
    SYNTAX = "A102"
    """The text is not YAML."""
    UNSUPPORTED_YAML = "A103"
    """YAML that a spec does without: tags, anchors, aliases, merge keys, several documents."""
    DUPLICATE_KEY = "A104"
    """The same name twice, or two names that differ only in case."""
    LIMIT = "A105"
    """Larger than what archc takes on."""
    UNKNOWN_KEY = "A201"
    """A key that has no meaning where it stands."""
    MISSING_KEY = "A202"
    """Something that must be stated is not."""
    INVALID_VALUE = "A203"
    """A value of the wrong type or out of range."""
    INVALID_NAME = "A204"
    """A name that cannot be a name in the generated code."""
    UNKNOWN_KIND = "A205"
    """A layer of a kind that is neither an operator nor a module of the spec."""
    INVALID_LAYER = "A206"
    """Something other than a layer where a layer must stand."""
    WRONG_COLUMNS = "A207"
    """A row whose cells are not the columns of its module."""
    UNKNOWN_REFERENCE = "A208"
    """A reference to a row, module, parent or model that does not exist."""
    RECURSION = "A209"
    """A module that contains itself, or a spec that extends itself."""
    SHAPE = "A301"
    """A layer that does not fit the shape it is given."""
    CONCAT = "A302"
    """Branches of a Concat, or a Residual and its shortcut, whose shapes do not fit together."""
    MISMATCH = "A401"
    """A printed cell that is neither the computed value nor a declared erratum."""
    STALE_ERRATUM = "A402"
    """An erratum that is not needed, or whose recorded value is not the computed one."""
    OVER_BUDGET = "A403"
    """A network that costs more than its spec allows."""
    STALE_FILE = "A501"
    """A generated file that is not what its spec gives now."""
    MISSING_FILE = "A502"
    """A generated file that is not there."""
    ORPHANED_FILE = "A503"
    """A generated file whose spec is gone."""
    FOREIGN_FILE = "A504"
    """A file that archc did not write, or that was edited since."""
    UNWRITABLE = "A505"
    """The output cannot be written."""
    UNSUPPORTED = "A506"
    """Something the backend cannot express."""
    KEPT_FILE = "A507"
    """A file that holds what the build would lose: given weights, another spec, other settings."""
    DIFFERENT = "A601"
    """The generated code, or a model named as its reference, is not what the analysis says."""
    MISSING_TENSOR = "A701"
    """A tensor of the network's state that a checkpoint lacks."""
    LEFT_OVER_TENSOR = "A702"
    """A tensor of a checkpoint that is nothing in the network."""
    WRONG_SHAPE = "A703"
    """A tensor of a checkpoint whose shape is not that of the network's."""
    AMBIGUOUS_KEY = "A704"
    """Two keys of a checkpoint that become one, or a key that may become two."""
    INVALID_CHECKPOINT = "A705"
    """A checkpoint that is damaged, or holds something other than weights."""
    UNCONVERTIBLE = "A706"
    """A checkpoint that cannot become one of an optimised network, or be turned back."""


class Label(NamedTuple):
    """A further place that matters to a diagnostic, and why."""

    span: Span
    message: str


class Replacement(NamedTuple):
    """A hint that can be carried out: what to write instead of all that the span covers.

    ``words`` is how it is said. ``safe``: nothing else can have been meant, so that
    ``archc check --fix`` writes it.
    """

    text: str
    words: str
    safe: bool

    def __str__(self) -> str:
        return self.words


Hint = str | Replacement


class Diagnostic(NamedTuple):
    """One finding: what is wrong, where, and what would mend it."""

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
        """The first line: place, severity, code and message, without the hint."""
        where = f"{self.span}: " if self.span else ""
        return f"{where}{self.severity}[{self.code}] {escape_line(self.message)}"


def in_file_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings by file and position, each once; those without a place come first."""

    def position(diagnostic: Diagnostic) -> tuple[str, int, int]:
        span = diagnostic.span
        return (span.source.name, span.line, span.column) if span else ("", 0, 0)

    return sorted(dict.fromkeys(diagnostics), key=position)
