"""JSON with stable keys."""

import json
from collections.abc import Sequence

from archc import __version__
from archc.diagnostics import Severity
from archc.diagnostics.check_result import CheckResult, count_diagnostics, diagnostic_json


def write(reports: Sequence[CheckResult]) -> str:
    """Return the specs in the order of the arguments, each with its diagnostics."""
    return json.dumps(
        {
            "archc": __version__,
            "specs": [
                {
                    "spec": report.spec,
                    "findings": [diagnostic_json(diagnostic) for diagnostic in report.diagnostics],
                    "summary": report.summary._asdict() if report.summary else None,
                }
                for report in reports
            ],
            "errors": count_diagnostics(reports, Severity.ERROR),
            "warnings": count_diagnostics(reports, Severity.WARNING),
        },
        indent=2,
    )
