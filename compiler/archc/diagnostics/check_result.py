"""What ``archc check`` found out about one spec, for the formats that tools read."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from archc.diagnostics.diagnostic import Diagnostic, Replacement, Severity
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span


class Summary(NamedTuple):
    """The totals of a spec that is fine; cells are those of its printed table."""

    params: int
    macs: int
    matches: int
    errata: int


class CheckResult(NamedTuple):
    """One spec, by the name it was asked for, with its findings; ``summary`` where it is valid."""

    spec: str
    diagnostics: tuple[Diagnostic, ...]
    summary: Summary | None

    def __repr__(self) -> str:
        errors, name = len(self.errors), escape_line(self.spec)
        return f"<CheckResult {name}: errors {errors}, warnings {len(self.diagnostics) - errors}>"

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings that are faults."""
        return [
            diagnostic for diagnostic in self.diagnostics if diagnostic.severity is Severity.ERROR
        ]

    @property
    def fixable(self) -> list[Diagnostic]:
        """The findings in the spec's own file that can safely be mended."""
        return [
            diagnostic
            for diagnostic in self.diagnostics
            if isinstance(diagnostic.hint, Replacement) and diagnostic.hint.safe
            if diagnostic.span is not None and diagnostic.span.source.name == self.spec
        ]


class Place(NamedTuple):
    """Where a finding is: a file, and lines and columns that count from 1, the end excluded."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def place_of(span: Span) -> Place:
    """The span with its file as a path that a tool can open."""
    file = file_of(span.source.path, span.source.name)
    return Place(file, span.line, span.column, span.end_line, span.end_column)


def file_of(path: Path | None, name: str) -> str:
    """The path from the root of its repository, or from the working directory; ``/`` between."""
    if path is None:
        return name
    path = path.absolute()
    root = _root(path.parent) or Path.cwd()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


@cache
def _root(folder: Path) -> Path | None:
    """The repository that the folder is in, told by its ``.git``."""
    return next((f for f in (folder, *folder.parents) if (f / ".git").exists()), None)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The finding as plain data."""
    hint = diagnostic.hint
    return {
        "code": str(diagnostic.code),
        "severity": str(diagnostic.severity),
        "message": diagnostic.message,
        **(place_of(diagnostic.span)._asdict() if diagnostic.span else {}),
        "labels": [
            {"message": label.message, **place_of(label.span)._asdict()}
            for label in diagnostic.labels
        ],
        "notes": list(diagnostic.notes),
        "hint": None if hint is None else str(hint),
        "fix": {"text": hint.text, "safe": hint.safe} if isinstance(hint, Replacement) else None,
    }


def count(reports: Iterable[CheckResult], severity: Severity) -> int:
    """How many findings of that severity there are."""
    return sum(f.severity is severity for report in reports for f in report.diagnostics)
