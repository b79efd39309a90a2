"""Every faulty spec in ``specs/bad`` beside the complete text that a person is shown for it.

``pytest tests/test_bad_specs.py --update-expected`` rewrites the expectations: look at each
difference before it is committed.
"""

from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, render
from archc.pipeline import compile_spec

FOLDER = Path(__file__).parent / "specs" / "bad"
SPECS = sorted(FOLDER.glob("*.yaml"))


def findings_of(name: str) -> list[Diagnostic]:
    """Everything that is found wrong with a spec, its table included."""
    compiled = compile_spec(name)
    return compiled if isinstance(compiled, list) else list(compiled.conformance.findings)


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_bad_spec_is_explained(
    spec: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(FOLDER)
    findings = findings_of(spec.name)
    assert findings, "nothing is found wrong with this spec"
    rendered = "\n\n".join(render(finding) for finding in findings) + "\n"
    expected = spec.with_suffix(".txt")
    if request.config.getoption("--update-expected"):
        expected.write_text(rendered, encoding="utf-8", newline="")
    assert rendered == expected.read_bytes().decode()


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_findings_are_in_file_order_and_stand_once(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    findings = findings_of(spec.name)
    places = [(found.span.line, found.span.column) if found.span else (0, 0) for found in findings]
    assert places == sorted(places)
    assert len(set(findings)) == len(findings)


def test_every_expectation_has_its_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}
