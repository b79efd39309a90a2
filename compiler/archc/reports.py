"""What ``archc check`` found out about one spec, for the formats that tools read."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from archc.diagnostics import Diagnostic, Replacement, Severity
from archc.spans import Span
from archc.visible import one_line


class Summary(NamedTuple):
    """The totals of a spec that is fine; cells are those of its printed table."""

    params: int
    macs: int
    matches: int
    errata: int


class Report(NamedTuple):
    """One spec, by the name it was asked for, with its findings; ``summary`` where it is valid."""

    spec: str
    findings: tuple[Diagnostic, ...]
    summary: Summary | None

    def __repr__(self) -> str:
        errors, name = len(self.errors), one_line(self.spec)
        return f"<Report {name}: errors {errors}, warnings {len(self.findings) - errors}>"

    @property
    def errors(self) -> list[Diagnostic]:
        """The findings that are faults."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def mendable(self) -> list[Diagnostic]:
        """The findings in the spec's own file that can safely be mended."""
        return [
            finding
            for finding in self.findings
            if isinstance(finding.hint, Replacement) and finding.hint.safe
            if finding.span is not None and finding.span.source.name == self.spec
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


def finding_json(finding: Diagnostic) -> dict[str, Any]:
    """The finding as plain data."""
    hint = finding.hint
    return {
        "code": str(finding.code),
        "severity": str(finding.severity),
        "message": finding.message,
        **(place_of(finding.span)._asdict() if finding.span else {}),
        "labels": [
            {"message": label.message, **place_of(label.span)._asdict()} for label in finding.labels
        ],
        "notes": list(finding.notes),
        "hint": None if hint is None else str(hint),
        "fix": {"text": hint.text, "safe": hint.safe} if isinstance(hint, Replacement) else None,
    }


def count(reports: Iterable[Report], severity: Severity) -> int:
    """How many findings of that severity there are."""
    return sum(f.severity is severity for report in reports for f in report.findings)
