"""Tests --set for parameters, classes and input, on every command."""

from pathlib import Path

import pytest
from command_line import run

import archc
from archc.diagnostics import SpecError
from archc.language.settings import Setting

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
parameters: {rate: 0.5}
body:
  conv1: {Conv: 3x3/2, out: 8, activation: ReLU}
head:
  pool: {AvgPool: global}
  drop: {Dropout: rate}
  fc: {Linear: classes}
"""
GIVEN = ("--set", "classes=7", "--set", "input=1x20x24")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)
    Path("variant.yaml").write_text("extends: toy.yaml\nname: Variant\nclasses: 6\n")


@pytest.mark.parametrize("spec", ["toy.yaml", "variant.yaml"])
def test_classes_and_input_are_set_on_every_command(spec: str) -> None:
    # 9 * 8 + 8 in the convolution, 8 * 7 + 7 in the linear layer.
    checked = run("check", spec, *GIVEN)
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert checked.stdout.startswith(f"{spec}: ok, 143 params")
    rows = run("table", spec, *GIVEN, "--format", "csv").stdout
    assert "10x12x8" in rows and "1x1x7" in rows
    stem = spec.removesuffix(".yaml")
    file = f"generated/{stem}_classes_7_input_1x20x24.py"
    assert run("build", spec, *GIVEN).stdout == f"wrote {file}\n"
    assert f"from {spec} with classes = 7, input = 1x20x24: do not" in Path(file).read_text()
    assert run("build", spec, *GIVEN, "--check").exit_code == 0
    assert run("verify", spec, *GIVEN).stdout.startswith(f"{file}: verified ")
    report = run("report", spec, *GIVEN, "-o", "page.html")
    assert report.exit_code == 0 and "1x20x24" in Path("page.html").read_text()
    listed = run("bench", spec, *GIVEN, "--list")
    assert listed.exit_code == 0, listed.output


def test_the_printed_table_is_that_of_another_network() -> None:
    checked = run("check", "googlenet", "--set", "classes=10")
    # 1024 * 990 weights and 990 biases fewer than for 1000 classes.
    assert checked.stdout.endswith(": ok, 5,983,802 params, 1,581,658,112 MACs, no printed table\n")
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert run("build", "googlenet", "--set", "classes=10").stderr == ""
    assert "58 cells match" in run("check", "googlenet").stdout


def test_what_is_benched_is_what_is_set() -> None:
    only = ("--only", "plain", "--rounds", "1", "--batch", "1")
    result = run("bench", "toy.yaml", *only, *GIVEN)
    assert result.exit_code == 0, result.output
    assert "plain" in result.stdout  # it ran on 1x20x24 images, which no other network would accept


def test_the_api_takes_the_same_settings() -> None:
    network = archc.load("toy.yaml", {"classes": 7, "input": "1x20x24", "rate": 0.25})
    assert (network.classes, network.input) == (7, (1, 20, 24))
    assert [*archc.emit(network)] == ["toy_classes_7_input_1x20x24_rate_0p25.py"]
    assert [*archc.emit(network, stem="mine")] == ["mine.py"]
    assert [*archc.emit("toy.yaml")] == ["toy.py"]
    model = archc.module_class(network)()
    assert model.fc.out_features == 7


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("classes", 0, "--set classes: expected at least 1, found the number 0"),
        ("classes", 1.5, "--set classes: expected a whole number, found the number 1.5"),
        ("classes", "ten", "--set classes: expected a whole number"),
        ("input", "3x16", "--set input: expected channels x height x width"),
        ("input", 224, "--set input: expected channels x height x width"),
        ("rate", "low", "--set rate=low: expected a number"),
        ("rate", float("nan"), "--set rate=nan: expected a number"),
        ("rate", True, "--set rate=True: expected a number"),
    ],
)
def test_values_that_do_not_fit(name: str, value: Setting, message: str) -> None:
    with pytest.raises(SpecError, match=message) as raised:
        archc.load("toy.yaml", {name: value})
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.span is None  # no line of the spec is the cause


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("rates=1", "did you mean rate?"),
        ("clases=10", "did you mean classes?"),
        ("num_classes=10", "did you mean classes?"),
        ("input_size=3", "did you mean input?"),
        ("depth=3", "you can set rate, classes and input"),
    ],
)
def test_an_unknown_name_is_told_what_there_is(setting: str, hint: str) -> None:
    result = run("check", "toy.yaml", "--set", setting)
    assert result.exit_code == 1
    assert f"toy.yaml has no parameter {setting.partition('=')[0]}\n" in result.stderr
    assert f"hint: {hint}\n" in result.stderr


@pytest.mark.parametrize(
    ("parameters", "width", "hint"),
    [
        ("", "", "parameters: {width: 0.5} and width: {multiplier: width}"),
        (
            "parameters: {rate: 0.5}",
            "",
            "width: 0.5 to its parameters and width: {multiplier: width}",
        ),
        (
            "",
            "width: {multiplier: 0.75}",
            "parameters: {width: 0.5} and multiplier: width to its section width",
        ),
    ],
)
def test_a_width_is_what_the_hint_makes_it(parameters: str, width: str, hint: str) -> None:
    spec = SPEC.replace("parameters: {rate: 0.5}\n", "").replace("Dropout: rate", "Dropout: 0.5")
    if parameters:
        spec = SPEC
    Path("toy.yaml").write_text(f"{spec}{width}\n")
    result = run("check", "toy.yaml", "--set", "width=0.5")
    assert f"hint: to set width, add {hint} to the spec\n" in result.stderr
    declared = "parameters: {rate: 0.5, width: 0.5}" if parameters else "parameters: {width: 0.5}"
    spec = spec.replace("parameters: {rate: 0.5}\n", "")
    Path("toy.yaml").write_text(f"{spec}{declared}\nwidth: {{multiplier: width}}\n")
    assert archc.analyze(archc.load("toy.yaml", {"width": 0.25})).rows[0].output[0] == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("rate=0.1", "rate=0.2"), "rate is set twice"),
        (("input=",), "expected input=3x224x224, got 'input='"),
        (("classes=ten",), "expected classes=NUMBER, got 'classes=ten'"),
        (("rate",), "expected rate=NUMBER, got 'rate'"),
        (("=1e",), "expected NAME=NUMBER, got '=1e'"),
        (("rate=" + "9" * 5000,), "expected rate=NUMBER"),
    ],
)
def test_what_is_no_setting_is_wrong_usage(given: tuple[str, ...], message: str) -> None:
    options = [option for setting in given for option in ("--set", setting)]
    result = run("check", "toy.yaml", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
