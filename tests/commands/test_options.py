"""Tests that wrong values of options are usage errors."""

from pathlib import Path

import pytest
from command_line import run
from small_spec import SPEC


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a good spec into an empty working directory."""
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(SPEC)


def test_an_empty_folder_name_is_wrong_usage() -> None:
    result = run("build", "small.yaml", "--out", "")
    assert result.exit_code == 2
    assert "the name is empty" in result.stderr
    assert run("build", "small.yaml", "--out", ".").exit_code == 0


def test_a_number_to_set_is_in_ascii_digits() -> None:
    for number in ("\N{ARABIC-INDIC DIGIT THREE}", "1_0", " 1", "--1", "nan", ""):
        result = run("check", "small.yaml", "--set", f"w={number}")
        assert result.exit_code == 2, number
        assert "expected w=NUMBER" in result.stderr


def test_a_missing_backend() -> None:
    result = run("build", "small.yaml", "--backend", "other")
    assert result.exit_code == 2
    assert "unknown backend other; choose --backend from: " in result.stderr


def test_no_backend_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.driver.backend.load_backend", lambda name: None)
    monkeypatch.setattr("archc.driver.backend.backends", list)
    result = run("build", "small.yaml")
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: no backend is installed\n")
