"""Tests the lints with the examples in their documentation, and their settings."""

import re
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner, Result

from archc.checks.lints import Lint, LintSelection, lints
from archc.cli import cli
from archc.diagnostics import Code, Replacement, Severity, render
from archc.diagnostics.check_result import CheckResult
from archc.driver.check import check_spec
from archc.language.sections.lint_settings import TARGETS, Target

LINTS = list(lints().values())
FRAME = "archc: 1\nname: Net\ninput: 3x32x32\nclasses: 10\n"
HEAD = "head:\n  pool: {AvgPool: global}\n  fc: {Linear: classes}\n"
WIDE = (
    "body:\n"
    "  conv1: [{Conv: 1x1, out: 8, activation: ReLU}, {Conv: 3x3, out: 16, activation: ReLU}]\n"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked(text: str, selection: LintSelection | None = None) -> CheckResult:
    Path("net.yaml").write_text(text)
    return check_spec("net.yaml", selection=selection)


def codes(text: str, selection: LintSelection | None = None) -> list[str]:
    return [str(diagnostic.code) for diagnostic in checked(text, selection).diagnostics]


def archc(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def example(lint: Lint, heading: str) -> str:
    """Return the spec under a heading of the lint's documentation."""
    found = re.search(rf"## {heading}\n```yaml\n(.*?)```", lint.documentation, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_the_documented_example_is_reported_and_the_corrected_one_is_not(lint: Lint) -> None:
    bad = checked(example(lint, "Example"))
    assert [str(diagnostic.code) for diagnostic in bad.diagnostics] == [lint.code]
    assert bad.diagnostics[0].severity is Severity.WARNING
    assert bad.diagnostics[0].span is not None
    assert bad.diagnostics[0].hint
    assert codes(example(lint, "Instead")) == []


@pytest.mark.parametrize("lint", LINTS, ids=lambda lint: lint.name)
def test_every_lint_can_be_turned_off(lint: Lint) -> None:
    bad = example(lint, "Example")
    off = re.sub(r"lints:\n.*\n", "", bad) + f"lints:\n  {lint.name}: none\n"
    assert codes(off) == []
    assert codes(bad, LintSelection(ignored=[lint.name])) == []
    assert codes(bad, LintSelection(ignored=[lint.code])) == []
    assert codes(bad, LintSelection(ignored=["all"])) == []
    assert codes(bad, LintSelection(only=[lint.name])) == [lint.code]
    other = "idle_dropout" if lint.name != "idle_dropout" else "dead_column"
    assert codes(bad, LintSelection(only=[other])) == []


def test_codes_are_unique_and_none_of_the_errors() -> None:
    every = [lint.code for lint in LINTS]
    assert len(set(every)) == len(every)
    assert not {*every} & {*Code}
    assert all(re.fullmatch("L[123][0-9]{2}", code) for code in every)


def test_a_row_may_be_allowed() -> None:
    assert codes(FRAME + WIDE + HEAD) == ["L101"]
    assert codes(FRAME + "lints: {wide_reduce: {allow: [conv1]}}\n" + WIDE + HEAD) == []
    assert codes(FRAME + "lints: {wide_reduce: {allow: [conv1.0]}}\n" + WIDE + HEAD) == []
    other = FRAME + "lints: {wide_reduce: {allow: [fc]}}\n" + WIDE + HEAD
    assert codes(other) == ["L101"]


def test_a_missing_row_cannot_be_allowed() -> None:
    result = checked(FRAME + "lints: {wide_reduce: {allow: [conv2]}}\n" + WIDE + HEAD)
    error, _ = result.diagnostics
    assert error.code == Code.UNKNOWN_REFERENCE
    assert str(error.span) == "net.yaml:5:31"
    assert isinstance(error.hint, Replacement)
    assert (str(error.hint), error.hint.safe) == ("did you mean conv1?", False)


def test_the_targets_of_the_language_are_those_there_are() -> None:
    assert list(get_args(Target)) == list(TARGETS)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (
            "lints: [wide_reduce]\n",
            "lints: expected a mapping of lints to none or {allow: [a_row]}",
        ),
        ("lints: {wide_reduc: none}\n", "unknown lint wide_reduc"),
        (
            "lints: {wide_reduce: off}\n",
            "wide_reduce: expected none or a mapping, found the text off",
        ),
        ("lints: {wide_reduce: {allow: []}}\n", "allow: expected a list of 1 or more"),
        ("lints: {wide_reduce: {allow: conv1}}\n", "allow: expected a list, found the text conv1"),
        ("lints: {wide_reduce: {permit: [conv1]}}\n", "unknown key permit in wide_reduce"),
        (
            "lints: {unaligned_channels: {target: gpu}}\n",
            "neon or tensor_cores",
        ),
    ],
)
def test_a_wrong_lint_setting_is_an_error(section: str, line: str) -> None:
    result = checked(FRAME + section + WIDE + HEAD)
    assert result.summary is None
    assert line in render(result.diagnostics[0])


def test_a_variant_inherits_lint_settings_and_says_its_own() -> None:
    base = (
        FRAME
        + "lints: {wide_reduce: none}\n"
        + WIDE
        + HEAD.replace("fc:", "drop: {Dropout: 0}\n  fc:")
    )
    Path("base.yaml").write_text(base)
    assert codes("extends: base.yaml\nname: Variant\n") == ["L109"]
    variant = "extends: base.yaml\nname: Variant\nlints: {idle_dropout: none}\n"
    assert codes(variant) == []


def test_a_violation_in_a_module_is_reported_once_with_its_rows() -> None:
    conv = "{Conv: 3x3, out: 8, bias: true, norm: BatchNorm, activation: ReLU}"
    module = f"modules:\n  Block:\n    Sequence:\n      conv: {conv}\n"
    rows = "body:\n  row1: Block\n  row2: Block\n  row3: Block\n"
    (diagnostic,) = checked(FRAME + module + rows + HEAD).diagnostics
    assert diagnostic.labels[-1].message == "in this row, row1, and in 2 more places"


def test_violations_in_many_places_are_one_warning() -> None:
    rows = "".join(f"  conv{i}: {{Conv: 3x3, out: 8, activation: ReLU}}\n" for i in range(6))
    text = FRAME + "defaults:\n  Conv: {bias: true, norm: BatchNorm}\nbody:\n" + rows + HEAD
    (diagnostic,) = checked(text).diagnostics
    assert diagnostic.labels[-1].message == "in this row, conv0, and in 5 more places"


def test_grouped_convolutions_may_be_widened_in_front_of() -> None:
    inverted = WIDE.replace("{Conv: 3x3, out: 16,", "{Conv: 3x3, out: 16, groups: 8,")
    assert codes(FRAME + inverted + HEAD) == []


def test_layers_around_a_concat_are_one_after_the_other() -> None:
    body = (
        "modules:\n  Fork:\n    Concat:\n"
        "      a: {Conv: 1x1, out: 2}\n      b: {Conv: 1x1, out: 2}\n"
        "body:\n  fork: Fork\n  conv: {Conv: 3x3, out: 8, activation: ReLU}\n"
    )
    assert codes(FRAME + body + HEAD) == ["L105", "L105"]  # both branches
    body = body.replace("out: 2", "out: 2, activation: ReLU")
    assert codes(FRAME + body + HEAD) == []
    before = "body:\n  conv: {Conv: 3x3, out: 8}\n  fork: Fork\n"
    into = body[: body.index("body:")] + before
    assert codes(FRAME + into + HEAD) == ["L105"]


def test_warnings_fail_when_strict() -> None:
    Path("net.yaml").write_text(FRAME + WIDE + HEAD)
    lenient, strict = archc("check", "net.yaml"), archc("check", "--strict", "net.yaml")
    assert (lenient.exit_code, strict.exit_code) == (0, 1)
    assert lenient.stdout.endswith("no printed table, 1 warning\n")
    assert lenient.stderr.startswith("net.yaml:6:12: warning[L101] the 1x1 before a 3x3")
    assert lenient.stderr.endswith("1 warning\n")


def test_the_command_line_names_lints_and_targets() -> None:
    Path("net.yaml").write_text(FRAME + WIDE.replace("16", "20") + HEAD)
    assert "L301" not in archc("check", "net.yaml").stderr
    assert (
        "20 channels are not a multiple of 8"
        in archc("check", "--target", "avx2", "net.yaml").stderr
    )
    assert archc("check", "--ignore", "L101", "--strict", "net.yaml").exit_code == 0
    wrong = archc("check", "--ignore", "wide_reducer", "net.yaml")
    assert wrong.exit_code == 2
    assert "did you mean wide_reduce?" in wrong.stderr
    assert archc("check", "--target", "abacus", "net.yaml").exit_code == 2
