"""JSON with stable keys."""

import json
from collections.abc import Sequence

from archc import __version__
from archc.diagnostics import Severity
from archc.diagnostics.check_result import CheckResult, count_diagnostics, diagnostic_json


def write(results: Sequence[CheckResult]) -> str:
    """Return the specs in the order of the arguments, each with its diagnostics."""
    return json.dumps(
        {
            "archc": __version__,
            "specs": [
                {
                    "spec": result.spec,
                    "diagnostics": [
                        diagnostic_json(diagnostic) for diagnostic in result.diagnostics
                    ],
                    "summary": result.summary._asdict() if result.summary else None,
                }
                for result in results
            ],
            "errors": count_diagnostics(results, Severity.ERROR),
            "warnings": count_diagnostics(results, Severity.WARNING),
        },
        indent=2,
    )
