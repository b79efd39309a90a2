"""SARIF 2.1.0 (OASIS), for code scanning services."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archc import __version__
from archc.diagnostics import Diagnostic, Replacement
from archc.diagnostics.check_result import CheckResult, Place, place_of, relative_path
from archc.diagnostics.spans import Span
from archc.views.explanations import Explanation, as_markdown, as_text, explanations
from archc.views.formats import full_message

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"


def write(results: Sequence[CheckResult]) -> str:
    """Return one run, with a rule for each code that occurs."""
    diagnostics = [
        (result.spec, diagnostic) for result in results for diagnostic in result.diagnostics
    ]
    codes = sorted({str(diagnostic.code) for _, diagnostic in diagnostics})
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
        "results": [_result(spec, diagnostic, codes, seen) for spec, diagnostic in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(explanation: Explanation) -> dict[str, Any]:
    """Return the rule of a code, with the text of ``archc explain``."""
    return {
        "id": explanation.code,
        "name": explanation.name,
        "shortDescription": {"text": explanation.summary},
        "help": {"text": as_text(explanation), "markdown": as_markdown(explanation)},
    }


def _result(
    spec: str, diagnostic: Diagnostic, codes: list[str], seen: Counter[str]
) -> dict[str, Any]:
    place = place_of(diagnostic.span) if diagnostic.span else None
    file = place.file if place else relative_path(Path(spec), spec)
    result: dict[str, Any] = {
        "ruleId": str(diagnostic.code),
        "ruleIndex": codes.index(diagnostic.code),
        "level": str(diagnostic.severity),
        "message": {"text": full_message(diagnostic)},
        "locations": [_location(file, place, diagnostic.span)],
        "partialFingerprints": {"archcDiagnostic/v1": _fingerprint(diagnostic, file, seen)},
    }
    if diagnostic.labels:
        result["relatedLocations"] = [
            {
                "id": number,
                **_location(place_of(label.span).file, place_of(label.span), label.span),
                "message": {"text": label.message},
            }
            for number, label in enumerate(diagnostic.labels)
        ]
    if isinstance(diagnostic.hint, Replacement) and place is not None:
        result["fixes"] = [_fix(diagnostic.hint, place)]
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


def _fix(replacement: Replacement, place: Place) -> dict[str, Any]:
    change = {"deletedRegion": _region(place), "insertedContent": {"text": replacement.text}}
    return {
        "description": {"text": replacement.message},
        "artifactChanges": [{"artifactLocation": _artifact(place.file), "replacements": [change]}],
    }


def _fingerprint(diagnostic: Diagnostic, file: str, seen: Counter[str]) -> str:
    """Return an identifier that does not change when other lines of the file do."""
    line = diagnostic.span.source.line(diagnostic.span.line).strip() if diagnostic.span else ""
    text = "\n".join((str(diagnostic.code), file, line))
    seen[text] += 1
    return hashlib.sha256(f"{text}\n{seen[text]}".encode()).hexdigest()[:32]
