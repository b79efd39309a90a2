"""Compares the output for every faulty spec in ``specs/bad`` with the expected text.

``pytest tests/diagnostics/test_bad_specs.py --update-expected`` rewrites the expected texts: read
each difference before you commit it.
"""

from pathlib import Path

import pytest
from bad_specs import FOLDER, SPECS

from archc.diagnostics import Code, Diagnostic, in_file_order, render
from archc.driver.backend import DEFAULT, load_backend
from archc.driver.pipeline import compile_spec

BACKEND = load_backend(DEFAULT)


def diagnostics_of(name: str) -> list[Diagnostic]:
    """Return all diagnostics of ``archc check`` for a spec."""
    compiled = compile_spec(name)
    if isinstance(compiled, list):
        return compiled
    assert BACKEND is not None
    return in_file_order([*compiled.diagnostics, *BACKEND.check(compiled.analysis)])


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_a_bad_spec_is_explained(
    spec: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(FOLDER)
    diagnostics = diagnostics_of(spec.name)
    assert diagnostics, "nothing is found wrong with this spec"
    rendered = "\n\n".join(render(diagnostic) for diagnostic in diagnostics) + "\n"
    expected = spec.with_suffix(".txt")
    if request.config.getoption("--update-expected"):
        expected.write_text(rendered, encoding="utf-8", newline="")
    assert rendered == expected.read_bytes().decode()


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_diagnostics_are_in_file_order_and_unique(
    spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    diagnostics = diagnostics_of(spec.name)
    places = [
        (found.span.source.name, found.span.line, found.span.column)
        for found in diagnostics
        if found.span
    ]
    assert places == sorted(places)
    assert len(set(diagnostics)) == len(diagnostics)


def test_every_expectation_has_its_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in SPECS}


@pytest.mark.parametrize("inside", ["M{}", "[[[[[[[[M{}, ReLU]]]]]]]]"])
def test_modules_within_modules_have_a_limit(inside: str, tmp_path: Path) -> None:
    modules = [f"  M{i}: {{Sequence: {{b: {inside.format(i + 1)}}}}}\n" for i in range(200)]
    head = "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 4\nmodules:\n"
    last = "  M200: {Sequence: {b: {Conv: 1x1, out: 4}}}\nbody: {block: M0}\n"
    spec = tmp_path / "deep.yaml"
    spec.write_text(head + "".join(modules) + last)
    (diagnostic,) = diagnostics_of(str(spec))
    assert diagnostic.code is Code.LIMIT
    assert diagnostic.message == "more than 100 nested levels after expanding modules"
    assert diagnostic.span is not None
