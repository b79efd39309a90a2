"""Tests that ``archc check --fix`` applies safe replacements and changes nothing else."""

import errno
import os
import shutil
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli import cli
from archc.diagnostics import Diagnostic, Replacement, closest_match, did_you_mean
from archc.driver.check import check_spec
from archc.driver.fix import fix_spec

BAD = """\
# What this net is for.
archc: 1
name: Net
input: 3x32x32
classes: 1_000   # a thousand

body:
    conv1: {Conv: 3X3, out_channels: 16, activation: Relu}  # kept
    conv2:
        conv: 3
        out:   "32"
        bias: yes
        activation: ReLU
head: {pool: {AvgPool: global}, fc: {Linear: clases}}
"""
FIXED = """\
# What this net is for.
archc: 1
name: Net
input: 3x32x32
classes: 1000   # a thousand

body:
    conv1: {Conv: 3x3, out_channels: 16, activation: ReLU}  # kept
    conv2:
        Conv: 3x3
        out:   32
        bias: true
        activation: ReLU
head: {pool: {AvgPool: global}, fc: {Linear: classes}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fix(name: str = "net.yaml") -> Result:
    return CliRunner().invoke(cli, ["check", "--fix", name])


def test_safe_replacements_are_applied_and_the_rest_is_shown() -> None:
    Path("net.yaml").write_text(BAD)
    result = fix()
    assert Path("net.yaml").read_text() == FIXED
    assert result.exit_code == 1
    assert result.stderr.startswith("net.yaml: 8 diagnostics fixed\nnet.yaml:8:24: error[A201]")
    assert result.stderr.endswith("archc calls it out\n1 error; no safe fix\n")
    assert fix().stderr.endswith("1 error; no safe fix\n")
    assert Path("net.yaml").read_text() == FIXED


def test_a_completely_fixed_spec_is_valid() -> None:
    Path("net.yaml").write_text(BAD.replace("out_channels", "outt"))
    result = fix()
    assert (result.exit_code, result.stderr) == (0, "net.yaml: 9 diagnostics fixed\n")
    assert Path("net.yaml").read_text() == FIXED.replace("out_channels", "out")


def test_a_lint_of_the_network_that_is_meant_keeps_no_fix_from_being_made() -> None:
    without = BAD.replace("        activation: ReLU\n", "").replace("out_channels", "outt")
    Path("net.yaml").write_text(without)
    result = fix()
    assert result.exit_code == 0
    assert result.stderr.startswith("net.yaml: 9 diagnostics fixed\nnet.yaml:10:9: warning[L105]")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_line_ends_byte_order_mark_and_permissions_stay(mark: str, end: str) -> None:
    spec = Path("net.yaml")
    spec.write_bytes((mark + BAD.replace("\n", end)).encode())
    spec.chmod(0o640)
    fix()
    assert spec.read_bytes() == (mark + FIXED.replace("\n", end)).encode()
    assert stat.S_IMODE(spec.stat().st_mode) == 0o640


def test_what_could_mean_two_things_is_left() -> None:
    text = FIXED.replace("out_channels: 16", "out: 017").replace("Net", "Net2")
    Path("net.yaml").write_text(text)
    result = fix()
    assert result.exit_code == 1
    assert "hint: write 17" in result.stderr
    assert Path("net.yaml").read_text() == text


def test_what_a_spec_extends_is_left_alone() -> None:
    Path("base.yaml").write_text(BAD)
    Path("net.yaml").write_text("extends: base.yaml\nname: Variant\n")
    assert fix().exit_code == 1
    assert Path("base.yaml").read_text() == BAD


def test_a_link_is_not_written_through() -> None:
    Path("other.yaml").write_text(BAD)
    Path("net.yaml").symlink_to("other.yaml")
    result = fix()
    assert result.exit_code == 1
    assert "net.yaml is a symbolic link" in result.stderr
    assert Path("other.yaml").read_text() == BAD


def test_a_full_disk_leaves_the_spec(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("net.yaml").write_text(BAD)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = fix()
    assert "cannot write net.yaml: No space left on device" in result.stderr
    assert Path("net.yaml").read_text() == BAD
    assert [path.name for path in folder.iterdir()] == ["net.yaml"]


@pytest.mark.parametrize(
    ("word", "meant", "safe"),
    [
        ("activaton", "activation", True),
        ("activatoin", "activation", True),
        ("activationn", "activation", True),
        ("axtivation", "activation", True),
        ("max_pool", "MaxPool", True),
        ("ACTIVATION", "activation", True),
        ("actvaton", "activation", False),
        ("ot", "out", False),
        ("bais", "bias", True),
        ("basi", "bias", False),
    ],
)
def test_one_mistake_is_safe(word: str, meant: str, safe: bool) -> None:
    assert did_you_mean(word, meant).safe is safe


def test_a_word_that_needs_quotes_gets_them() -> None:
    assert closest_match("#3x3 reduc", ["#3x3 reduce", "#3x3"]) == "#3x3 reduce"
    assert did_you_mean("#3x3 reduc", "#3x3 reduce").text == '"#3x3 reduce"'


def stage(diagnostic: Diagnostic) -> str:
    """Return the stage of a diagnostic's code; lints are last."""
    family = str(diagnostic.code)[:2]
    return family if family in ("A1", "A2", "A3") else "A4"


BAD_SPECS = Path(__file__).parents[1] / "specs" / "bad"


@pytest.mark.parametrize("name", sorted(path.name for path in BAD_SPECS.glob("*.yaml")))
def test_fixed_errors_disappear_and_fixing_ends(name: str, folder: Path) -> None:
    shutil.copy(BAD_SPECS / name, folder)
    shutil.copytree(BAD_SPECS / "bases", folder / "bases")
    first = check_spec(name)
    before = first.fixable
    lines = Path(name).read_bytes().split(b"\n")
    fixed = fix_spec(name)
    assert fixed.diagnostic is None
    assert bool(fixed.number) is bool(before)
    after = check_spec(name)
    assert after.fixable == []
    assert not {diagnostic.headline for diagnostic in before} & {
        diagnostic.headline for diagnostic in after.diagnostics
    }
    # New diagnostics were hidden: they are of a later stage. Replacements move columns, not lines.
    old = {(f.code, f.span.line if f.span else 0) for f in first.diagnostics}
    new = [f for f in after.diagnostics if (f.code, f.span.line if f.span else 0) not in old]
    stages = [stage(diagnostic) for diagnostic in first.diagnostics]
    assert all(stage(diagnostic) > max(stages) for diagnostic in new)
    changed = Path(name).read_bytes().split(b"\n")
    assert len(changed) == len(lines)
    assert sum(one != two for one, two in zip(lines, changed, strict=True)) <= fixed.number


@pytest.mark.parametrize(
    ("written", "read"),
    [("0,5", None), ("1,5", None), ("1,000", "1000"), ("1_000", "1000"), ("9" * 19, None)],
)
def test_a_number_is_not_guessed(written: str, read: str | None) -> None:
    Path("net.yaml").write_text(FIXED.replace("out_channels: 16", f'out: "{written}"'))
    (diagnostic,) = check_spec("net.yaml").diagnostics
    given = diagnostic.hint.text if isinstance(diagnostic.hint, Replacement) else None
    assert given == read


def test_the_value_of_a_parameter_is_not_written_over_its_name() -> None:
    text = FIXED.replace("out_channels: 16", "out: half").replace(
        "\nbody", "\nparameters: {half: 0.5}\nbody"
    )
    Path("net.yaml").write_text(text)
    assert fix().exit_code == 1
    assert Path("net.yaml").read_text() == text
