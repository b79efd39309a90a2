"""Compares the code and table of every spec in ``specs/good`` with the expected ones.

``pytest tests/driver/test_build.py --update-expected`` rewrites the expected files: read each
difference before you commit it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import archc
from archc.driver.pipeline import compile_spec
from archc.views.tables.json import network_json

FOLDER = Path(__file__).parents[1] / "specs" / "good"
SPECS = sorted(FOLDER.glob("*.yaml"))


def code(spec: Path) -> str:
    """Return the generated module without its header."""
    return archc.emit(archc.load(spec))[f"{spec.stem}.py"].decode()


def table(spec: Path) -> str:
    """Return the output of ``archc table --format json``."""
    compiled = compile_spec(str(spec))
    assert not isinstance(compiled, list), compiled
    return json.dumps(network_json(compiled.analysis, compiled.conformance), indent=1) + "\n"


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("expect", "suffix"), [(code, ".py"), (table, ".json")])
def test_a_good_spec_gives_what_is_expected(
    spec: Path, expect: Callable[[Path], str], suffix: str, request: pytest.FixtureRequest
) -> None:
    given = expect(spec)
    expected = spec.with_suffix(suffix)
    if request.config.getoption("--update-expected"):
        expected.write_text(given, encoding="utf-8", newline="")
    assert given == expected.read_bytes().decode()


def test_every_expectation_has_its_spec() -> None:
    stems = {spec.stem for spec in SPECS}
    assert stems
    for suffix in (".py", ".json"):
        assert {path.stem for path in FOLDER.glob(f"*{suffix}")} == stems
