"""GitHub's workflow commands: annotations on the lines of a pull request.

GitHub shows at most 10 errors and 10 warnings of a step; what is over is listed in the log, and
the annotation before says how many more there are.
"""

from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Severity
from archc.diagnostics.check_result import CheckResult, place_of
from archc.diagnostics.escapes import escape_invisible

MOST = 10


def write(reports: Sequence[CheckResult]) -> str:
    """One line for each annotation, then those findings for which there was no more room."""
    lines: list[str] = []
    rest: list[str] = []
    for severity in Severity:
        found = [f for report in reports for f in report.diagnostics if f.severity is severity]
        shown = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_annotation(diagnostic) for diagnostic in shown]
        if more := found[len(shown) :]:
            what = f"{len(more)} more {severity}s of archc stand in the log of this step"
            lines.append(f"::{severity} title=archc::{what}")
            rest += [diagnostic.headline for diagnostic in more]
    return "\n".join((*lines, *rest))


def _annotation(diagnostic: Diagnostic) -> str:
    properties = {"title": f"archc {diagnostic.code}"}
    if diagnostic.span is not None:
        place = place_of(diagnostic.span)
        properties |= {"file": place.file, "line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # columns count within one line alone
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    said = [
        diagnostic.message,
        *diagnostic.notes,
        *([str(diagnostic.hint)] if diagnostic.hint else []),
    ]
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{diagnostic.severity} {given}::{_data(chr(10).join(said))}"


def _data(text: str) -> str:
    return escape_invisible(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
