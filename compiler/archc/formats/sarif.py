"""SARIF 2.1.0 (OASIS), which code scanning services read."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archc import __version__
from archc.diagnostics import Diagnostic, Replacement
from archc.explanations import Explanation, as_markdown, as_text, explanations
from archc.reports import Place, Report, file_of, place_of
from archc.spans import Span

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"


def write(reports: Sequence[Report]) -> str:
    """One run, with a rule for each code that was found."""
    findings = [(report, finding) for report in reports for finding in report.findings]
    codes = sorted({str(finding.code) for _, finding in findings})
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "archc",
                "version": __version__,
                "rules": [_rule(rule) for rule in explanations() if rule.code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [_result(report, finding, codes, seen) for report, finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(explanation: Explanation) -> dict[str, Any]:
    """The rule as ``archc explain`` explains it."""
    return {
        "id": explanation.code,
        "name": explanation.name,
        "shortDescription": {"text": explanation.summary},
        "help": {"text": as_text(explanation), "markdown": as_markdown(explanation)},
    }


def _result(
    report: Report, finding: Diagnostic, codes: list[str], seen: Counter[str]
) -> dict[str, Any]:
    place = place_of(finding.span) if finding.span else None
    said = [finding.message, *finding.notes, *([str(finding.hint)] if finding.hint else [])]
    file = place.file if place else file_of(Path(report.spec), report.spec)
    result: dict[str, Any] = {
        "ruleId": str(finding.code),
        "ruleIndex": codes.index(finding.code),
        "level": str(finding.severity),
        "message": {"text": "\n".join(said)},
        "locations": [_location(file, place, finding.span)],
        "partialFingerprints": {"archcFinding/v1": _fingerprint(finding, file, seen)},
    }
    if finding.labels:
        result["relatedLocations"] = list(_related(finding))
    if isinstance(finding.hint, Replacement) and place is not None:
        result["fixes"] = [_fix(finding.hint, place)]
    return result


def _location(file: str, place: Place | None, span: Span | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(file)}
    if place is not None and span is not None:
        snippet = {"text": span.source.line(span.line)}
        physical["region"] = {**_region(place), "snippet": snippet}
    return {"physicalLocation": physical}


def _artifact(file: str) -> dict[str, str]:
    if file.startswith("/"):
        return {"uri": f"file://{quote(file)}"}
    return {"uri": quote(file), "uriBaseId": ROOT}


def _region(place: Place) -> dict[str, int]:
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _related(finding: Diagnostic) -> Iterator[dict[str, Any]]:
    for number, label in enumerate(finding.labels):
        place = place_of(label.span)
        location = _location(place.file, place, label.span)
        yield {"id": number, **location, "message": {"text": label.message}}


def _fix(replacement: Replacement, place: Place) -> dict[str, Any]:
    change = {"deletedRegion": _region(place), "insertedContent": {"text": replacement.text}}
    return {
        "description": {"text": replacement.words},
        "artifactChanges": [{"artifactLocation": _artifact(place.file), "replacements": [change]}],
    }


def _fingerprint(finding: Diagnostic, file: str, seen: Counter[str]) -> str:
    """What stays the same while other lines of the file come and go."""
    line = finding.span.source.line(finding.span.line).strip() if finding.span else ""
    text = "\n".join((str(finding.code), file, line))
    seen[text] += 1
    return hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:32]
