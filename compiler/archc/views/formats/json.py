"""One JSON object; its keys are stable, other tools read them."""

import json
from collections.abc import Sequence

from archc import __version__
from archc.diagnostics import Severity
from archc.diagnostics.check_result import CheckResult, count, diagnostic_json


def write(reports: Sequence[CheckResult]) -> str:
    """The specs in the order in which they were asked for, each with its findings."""
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
            "errors": count(reports, Severity.ERROR),
            "warnings": count(reports, Severity.WARNING),
        },
        indent=2,
    )
