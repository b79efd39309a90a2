"""GitHub workflow commands: annotations on the lines of a pull request.

GitHub shows at most 10 errors and 10 warnings per step. The last annotation counts the others, and
the log lists them.
"""

from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Severity
from archc.diagnostics.check_result import CheckResult, place_of
from archc.diagnostics.escapes import escape_invisible
from archc.views.formats import full_message

MAXIMUM = 10


def write(results: Sequence[CheckResult]) -> str:
    """Return a line for each annotation, then the diagnostics that GitHub would not show."""
    lines: list[str] = []
    rest: list[str] = []
    for severity in Severity:
        found = [f for result in results for f in result.diagnostics if f.severity is severity]
        shown = found if len(found) <= MAXIMUM else found[: MAXIMUM - 1]
        lines += [_annotation(diagnostic) for diagnostic in shown]
        if more := found[len(shown) :]:
            text = f"{len(more)} more archc {severity}s are in the log of this step"
            lines.append(f"::{severity} title=archc::{text}")
            rest += [diagnostic.headline for diagnostic in more]
    return "\n".join((*lines, *rest))


def _annotation(diagnostic: Diagnostic) -> str:
    properties = {"title": f"archc {diagnostic.code}"}
    if diagnostic.span is not None:
        place = place_of(diagnostic.span)
        properties |= {"file": place.file, "line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # GitHub allows columns only within one line
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    assignments = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{diagnostic.severity} {assignments}::{_data(full_message(diagnostic))}"


def _data(text: str) -> str:
    return escape_invisible(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
