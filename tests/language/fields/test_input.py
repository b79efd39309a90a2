"""Tests messages and replacements for ``input:`` in the notations of other tools."""

from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic, Replacement
from archc.driver.check import check_spec
from archc.driver.fix import fix_spec

SPEC = """\
archc: 1
name: Net
input: {}
classes: 10
body:
  conv: {{Conv: 7x7/2, out: 8, activation: ReLU}}
  pool1: {{MaxPool: {}}}
head:
  pool: {{AvgPool: global}}
  flatten: Flatten
  fc: {{Linear: classes}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def diagnostics_of(text: str, pool: str = "3x3/2") -> tuple[Diagnostic, ...]:
    Path("net.yaml").write_text(SPEC.format(text, pool))
    return check_spec("net.yaml").diagnostics


@pytest.mark.parametrize(
    ("written", "meant", "safe", "order"),
    [
        ("224x224x3", "3x224x224", True, True),
        ("[224, 224, 3]", "3x224x224", True, True),
        ("(224, 224, 3)", "3x224x224", True, True),
        ("224 x 160 x 3", "3x224x160", True, True),
        ("[3, 224, 224]", "3x224x224", True, False),
        ("(3, 224, 224)", "3x224x224", True, False),
        ("3, 224, 224", "3x224x224", True, False),
        ("3X224*224", "3x224x224", True, False),
        ("03x224x224", "3x224x224", True, False),
        ("[64, 32, 16]", "64x32x16", True, False),
        ("[64, 64, 1]", "1x64x64", False, True),  # or a signal with 64 channels
        ("224", "3x224x224", False, True),
        ("224x160", "3x224x160", False, True),
        ("[1, 3, 224, 224]", "3x224x224", False, False),
        ("[1, 224, 224, 3]", "3x224x224", False, False),
    ],
)
def test_the_intended_input_is_suggested(written: str, meant: str, safe: bool, order: bool) -> None:
    (diagnostic,) = diagnostics_of(written)
    hint = diagnostic.hint
    assert isinstance(hint, Replacement)
    assert (str(diagnostic.span), hint.text, hint.safe) == ("net.yaml:3:8", meant, safe)
    assert meant in hint.message
    assert ("channels come first" in f"{diagnostic.message} {hint.message}") is order
    before = Path("net.yaml").read_text()
    assert fix_spec("net.yaml").number == (1 if safe else 0)
    assert Path("net.yaml").read_text() == (SPEC.format(meant, "3x3/2") if safe else before)


@pytest.mark.parametrize("written", ["[]", "{a: 1}", "3x0x224", "[3, 224, -1]", "3x224x99999", "a"])
def test_what_means_nothing_has_no_replacement(written: str) -> None:
    (diagnostic,) = diagnostics_of(written)
    assert diagnostic.hint is None
    assert "expected channels x height x width" in diagnostic.message


def test_a_network_that_fits_channels_at_the_end_gets_a_warning() -> None:
    (warning,) = diagnostics_of("32x32x3", "3x3/2 same")
    assert (warning.code, str(warning.span)) == ("L111", "net.yaml:6:10")
    assert warning.hint == "put channels first: input: 3x32x32"
    assert diagnostics_of("64x1x3", "1x1/1") == ()  # a signal
    assert diagnostics_of("3x3x3", "1x1/1") == ()


def test_channels_at_the_end_are_not_blamed_for_another_error() -> None:
    diagnostics = diagnostics_of("32x32x3", "33x33/1")
    assert [str(diagnostic.span) for diagnostic in diagnostics] == ["net.yaml:7:11"]
