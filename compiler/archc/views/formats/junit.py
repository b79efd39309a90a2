"""JUnit XML, which CI systems show as test results: one test case per spec."""

from collections.abc import Sequence
from xml.etree import ElementTree

from archc.diagnostics import Severity, render
from archc.diagnostics.check_result import CheckResult
from archc.diagnostics.escapes import escape_line


def write(results: Sequence[CheckResult]) -> str:
    """Return a test suite. An error makes a test case fail; warnings are its output."""
    suite = ElementTree.Element(
        "testsuite",
        name="archc check",
        tests=str(len(results)),
        failures=str(sum(bool(result.errors) for result in results)),
        errors="0",
        skipped="0",
    )
    for result in results:
        case = ElementTree.SubElement(
            suite, "testcase", classname="archc", name=_text(escape_line(result.spec))
        )
        if errors := result.errors:
            failure = ElementTree.SubElement(
                case,
                "failure",
                message=_text(escape_line(errors[0].message)),
                type=str(errors[0].code),
            )
            failure.text = _text("\n\n".join(render(diagnostic) for diagnostic in errors))
        warnings = [f for f in result.diagnostics if f.severity is Severity.WARNING]
        if warnings:
            output = ElementTree.SubElement(case, "system-out")
            output.text = _text("\n\n".join(render(diagnostic) for diagnostic in warnings))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, "unicode", xml_declaration=True)


def _text(text: str) -> str:
    """Return the text with replacements for the characters that XML cannot contain."""
    return "".join(c if c in "\t\n" or (c.isprintable() and c < "\ufffe") else "?" for c in text)
