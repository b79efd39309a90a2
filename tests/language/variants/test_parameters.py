"""Tests parameters, the width multiplier and budgets."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import archc
from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.settings import Settings
from archc.network import ir

SPEC = """\
archc: 1
name: Scaled
input: 3x32x32
classes: 10
parameters: {width: 0.5, rate: 0.2, narrow: 6}
width: {multiplier: width, multiple: 8}
modules:
  Fork:
    columns: [left, right]
    Concat:
      a: {Conv: 1x1, out: left}
      b: {Inner: [right, 3]}
      c: [{Conv: 1x1, out: 20}, {Dropout: rate}]
  Inner:
    columns: [filters, unused by filters]
    Sequence:
      conv: {Conv: 3x3, out: filters}
      norm: {LRN: "unused by filters"}
  Head:
    columns: [hidden]
    Sequence:
      pool: {AvgPool: global}
      fc1: {Linear: hidden}
      fc2: {Linear: classes}
body:
  conv1: {Conv: 3x3/2, out: 40}
  fork: {Fork: [24, 100]}
  narrow1: {Conv: 1x1, out: narrow}
  score: {Conv: 1x1, out: classes}
head:
  top: {Head: [50]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(SPEC)


def outputs(settings: Settings) -> dict[str, int]:
    compiled = compile_spec("spec.yaml", settings)
    assert isinstance(compiled, Compiled), compiled
    return {
        layer.op.path: layer.output[0] for row in compiled.analysis.rows for layer in row.layers
    }


def test_filters_are_scaled_and_rounded_and_nothing_else_is() -> None:
    found = outputs({})
    assert found["conv1"] == 24  # 40 * 0.5 = 20, halves up
    assert found["fork.a"] == 16  # 24 * 0.5 = 12, halves up
    assert found["fork.b.conv"] == 48  # 50, to the nearest multiple of 8
    assert found["fork.c.0"] == 8  # 10
    assert found["narrow1"] == 8  # 3, at least one multiple
    assert found["score"] == 10  # the classes stay
    assert (found["top.fc1"], found["top.fc2"]) == (50, 10)  # linear layers stay


def test_what_is_not_scaled_stays_as_it_was_written() -> None:
    wide = "{Conv: 4x4, out: 40, padding: 2x1, norm: {BatchNorm: {eps: 0.1}}}"
    Path("spec.yaml").write_text(SPEC.replace("{Conv: 3x3/2, out: 40}", wide))
    compiled = compile_spec("spec.yaml")
    assert isinstance(compiled, Compiled), compiled
    assert compiled.analysis.layers[0].output == (24, 33, 31)


def test_a_multiplier_of_one_changes_nothing() -> None:
    found = outputs({"width": 1})
    assert (found["conv1"], found["fork.b.conv"], found["narrow1"]) == (40, 100, 6)


def test_parameters_are_set() -> None:
    assert outputs({"width": 1, "narrow": 9})["narrow1"] == 9


def test_rows_and_layers_agree_after_scaling() -> None:
    compiled = compile_spec("spec.yaml")
    assert isinstance(compiled, Compiled)
    fork = compiled.network.rows[1]
    assert isinstance(fork, ir.Call)
    assert {name: cell.value for name, cell in fork.arguments.items()} == {"left": 16, "right": 48}
    (inner,) = (node for node in ir.walk(fork.body) if isinstance(node, ir.Call))
    values = {name: cell.value for name, cell in inner.arguments.items()}
    assert values == {"filters": 48, "unused by filters": 3}


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, arguments)
    return result.exit_code, result.output


def test_the_scaled_network_is_what_torch_runs() -> None:
    given = ("--set", "width=0.75")
    wrote = "wrote generated/spec_width_0p75.py\n"
    assert run("build", "spec.yaml", *given) == (0, wrote)
    text = Path("generated/spec_width_0p75.py").read_text()
    assert "from spec.yaml with width = 0.75: do not edit" in text
    assert run("build", "spec.yaml", "--check")[0] == 1
    assert run("build", "spec.yaml", "--check", *given)[0] == 0
    assert run("build", "spec.yaml") == (0, "wrote generated/spec.py\n")
    assert run("build", "spec.yaml", "--check")[0] == 0
    assert run("verify", "spec.yaml")[0] == 0
    assert run("verify", "spec.yaml", *given)[0] == 0


@pytest.mark.parametrize(
    ("setting", "status", "message"),
    [
        ("widht=1", 1, "spec.yaml has no parameter widht"),
        ("width=wide", 2, "expected width=NUMBER, got 'width=wide'"),
        ("width=0", 1, "width multiplier"),
        ("rate=2", 1, "Dropout: expected less than 1, found the number 2"),
    ],
)
def test_what_cannot_be_set(setting: str, status: int, message: str) -> None:
    code, output = run("check", "spec.yaml", "--set", setting)
    assert code == status
    assert message in output


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("parameters: [1]", "parameters: expected a mapping of names to numbers"),
        ("parameters: {width: wide}", "parameter width: expected a number, found the text wide"),
        ("parameters: {class: 1}", "'class' is not a valid name for a parameter"),
    ],
)
def test_what_is_no_parameter(line: str, message: str) -> None:
    first = "parameters: {width: 0.5, rate: 0.2, narrow: 6}"
    Path("spec.yaml").write_text(SPEC.replace(first, line))
    code, output = run("check", "spec.yaml")
    assert code == 1
    assert message in output
    assert "spec.yaml:5:" in output


def test_budgets() -> None:
    Path("spec.yaml").write_text(SPEC + "budget: {params: 1K, macs: 1.5G, depth: 3}\n")
    code, output = run("check", "spec.yaml")
    assert code == 1
    assert "spec.yaml:32:18: error[A403] params: 13,422 is more than the budget of 1,000" in output
    assert "depth: 6 is more than the budget of 3" in output
    assert "error[A403] macs" not in output
    Path("spec.yaml").write_text(SPEC + "budget: {params: 1M, macs: 1G}\n")
    assert run("check", "spec.yaml")[0] == 0
    Path("spec.yaml").write_text(SPEC + "budget: {parms: 1M, macs: lots}\n")
    code, output = run("check", "spec.yaml")
    assert code == 1
    assert "did you mean params?" in output
    assert "found 'lots'" in output


def test_a_parameter_that_is_used_nowhere() -> None:
    Path("spec.yaml").write_text(SPEC.replace("narrow: 6}", "narrow: 6, narow: 7}"))
    code, output = run("check", "spec.yaml")
    assert code == 1
    assert "spec.yaml:5:48: error[A208] unused parameter narow" in output


def test_parameters_in_the_python_api() -> None:
    network = archc.load("spec.yaml", {"width": 1, "narrow": 9})
    assert archc.analyze(network).rows[2].output[0] == 9


def test_a_width_leaves_a_padding_that_is_written() -> None:
    spec = Path("padded.yaml")
    layer = "{Conv: 4x4/2, out: 8, padding: 1x0, norm: BatchNorm}"
    text = "archc: 1\nname: Padded\ninput: 3x8x8\nclasses: 2\nwidth: {multiplier: 0.5}\n"
    spec.write_text(f"{text}body:\n  conv: {layer}\n")
    (row,) = archc.analyze(archc.load(spec)).rows
    assert row.output == (4, 4, 3)
