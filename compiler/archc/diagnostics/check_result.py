"""The result of ``archc check`` for one spec, and diagnostics as JSON data."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from archc.diagnostics.diagnostic import Diagnostic, Replacement, Severity
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span


class Summary(NamedTuple):
    """Totals of a valid spec. ``matches`` and ``errata`` count cells of its printed table."""

    params: int
    macs: int
    matches: int
    errata: int


class CheckResult(NamedTuple):
    """What ``archc check`` found in one spec.

    ``spec`` is the spec's name as shown to people. ``summary`` is None if the spec has errors.
    """

    spec: str
    diagnostics: tuple[Diagnostic, ...]
    summary: Summary | None

    def __repr__(self) -> str:
        errors, name = len(self.errors), escape_line(self.spec)
        return f"<CheckResult {name}: errors {errors}, warnings {len(self.diagnostics) - errors}>"

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are errors."""
        return [
            diagnostic for diagnostic in self.diagnostics if diagnostic.severity is Severity.ERROR
        ]

    @property
    def fixable(self) -> list[Diagnostic]:
        """The diagnostics that ``archc check --fix`` can fix in the spec's own file."""
        return [
            diagnostic
            for diagnostic in self.diagnostics
            if isinstance(diagnostic.hint, Replacement) and diagnostic.hint.safe
            if diagnostic.span is not None and diagnostic.span.source.name == self.spec
        ]


class Place(NamedTuple):
    """A range in a file. Lines and columns count from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def place_of(span: Span) -> Place:
    """Return the span's place, with its file as a path that a tool can open."""
    file = relative_path(span.source.path, span.source.name)
    return Place(file, span.line, span.column, span.end_line, span.end_column)


def relative_path(path: Path | None, name: str) -> str:
    """Return the path relative to its repository or the working directory, with ``/``.

    Without a path, return ``name``.
    """
    if path is None:
        return name
    path = path.absolute()
    root = _repository(path.parent) or Path.cwd()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


@cache
def _repository(folder: Path) -> Path | None:
    return next((f for f in (folder, *folder.parents) if (f / ".git").exists()), None)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return the diagnostic as JSON data."""
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


def count_diagnostics(results: Iterable[CheckResult], severity: Severity) -> int:
    """Count the diagnostics of that severity."""
    return sum(d.severity is severity for result in results for d in result.diagnostics)
