"""Tests the lint stacked_linear: which layers it looks through, and which uses it accepts."""

from pathlib import Path

import pytest

from archc.driver.check import check_spec

FRAME = """\
archc: 1
name: Net
input: 16x32x32
classes: 10
defaults:
  Conv: {{activation: ReLU}}
lints: {{wide_reduce: none}}
modules:
  Inner: {module}
body:
  first: {{Conv: 1x1, out: 16, bias: false, activation: none}}
{body}
  last: {{Conv: 3x3, out: 8}}
head:
  pool: {{AvgPool: global}}
  flatten: Flatten
  fc: {{Linear: classes}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def reported(text: str) -> list[str]:
    """Return the reported layers, by the names in the messages or by place."""
    Path("net.yaml").write_text(text)
    diagnostics = check_spec("net.yaml").diagnostics
    assert {str(diagnostic.code) for diagnostic in diagnostics} <= {"L105"}, diagnostics
    return [diagnostic.message.partition(" (")[2].rstrip(")") for diagnostic in diagnostics]


@pytest.mark.parametrize(
    ("between", "layers"),
    [
        ("", ["first"]),
        ("pool1: {MaxPool: 3x3/2}", ["first"]),
        ("norm: BatchNorm", ["first"]),
        ("dropout: {Dropout: 0.2}", ["first"]),
        ("relu: ReLU", []),
        ("relus: [BatchNorm, {Dropout: 0.2}, ReLU]", []),
        ("repeat: {Repeat: 3, of: {Conv: 1x1, out: 8, norm: BatchNorm}}", ["first"]),
        # A linear bottleneck before a layer that widens again.
        ("b: [ReLU, {Conv: 1x1, out: 4, activation: none}, {Conv: 1x1, out: 24}]", []),
        ("b: [ReLU, {Conv: 1x1, out: 4, activation: none}, {Conv: 3x3, out: 24}]", ["b.1"]),
        ("b: [ReLU, {Conv: 1x1, out: 32, activation: none}, {Conv: 1x1, out: 24}]", ["b.1"]),
        # Depthwise before its 1x1, and grouped.
        ("d: [ReLU, {Conv: 3x3, out: 16, groups: 16, activation: none}, {Conv: 1x1, out: 8}]", []),
        (
            "d: [ReLU, {Conv: 3x3, out: 16, groups: 4, activation: none}, {Conv: 1x1, out: 8}]",
            ["d.1"],
        ),
    ],
)
def test_operators_between_two_layers_with_weights(between: str, layers: list[str]) -> None:
    body = f"  {between}" if between else ""
    assert reported(FRAME.format(body=body, module="{Sequence: [ReLU]}")) == layers


LINEAR = "{Conv: 3x3, out: 16, activation: none}"


@pytest.mark.parametrize(
    ("module", "layers"),
    [
        # Every branch of a Concat has to read it before an activation.
        ("{Concat: [{Conv: 1x1, out: 8}, [{MaxPool: 3x3/1 same}]]}", ["first"]),
        ("{Concat: [{Conv: 1x1, out: 8}, [ReLU, {Conv: 1x1, out: 8}]]}", []),
        # After a branch of a Concat.
        (
            f"{{Sequence: {{r: ReLU, Concat: {{a: {{Conv: 1x1, out: 8}}, b: {LINEAR}}}}}}}",
            ["inner.b"],
        ),
        # The input of a Residual continues through its sum; the added part is meant to be linear.
        ("{Residual: [{Conv: 3x3, out: 16}]}", ["first"]),
        (f"{{Residual: [ReLU, {LINEAR}]}}", []),
        ("{Residual: [{Conv: 3x3, out: 16}], activation: ReLU}", []),
        (f"{{Sequence: {{r: ReLU, Residual: {{a: {LINEAR}}}}}}}", []),
        (f"{{Residual: [ReLU, {LINEAR}], shortcut: {LINEAR}, activation: ReLU}}", []),
        # A block whose layers begin with an activation, and end without one.
        (f"{{Residual: [BatchNorm, ReLU, {LINEAR}], shortcut: [{LINEAR}]}}", []),
        # An inverted residual: bottleneck, depthwise layer, bottleneck.
        (
            "{Residual: [ReLU, {Conv: 1x1, out: 96}, {Conv: 3x3, out: 96, groups: 96},"
            " {Conv: 1x1, out: 16, activation: none}]}",
            [],
        ),
    ],
)
def test_what_a_layer_reaches_through_concat_and_residual(module: str, layers: list[str]) -> None:
    assert reported(FRAME.format(body="  inner: Inner", module=module)) == layers


def test_the_classifier_is_followed_by_nothing() -> None:
    text = FRAME.format(body="  inner: Inner", module="{Sequence: [ReLU]}")
    assert reported(text) == []
    assert reported(text.replace("{Linear: classes}", "[{Linear: 20}, {Linear: classes}]")) == [
        "fc.0"
    ]


@pytest.mark.parametrize(("start", "layers"), [("", ["first"]), ("ReLU, ", [])])
def test_an_auxiliary_head_is_one_of_the_ways(start: str, layers: list[str]) -> None:
    head = f"{{Aux: [{start}Flatten, {{Linear: classes}}], from: first, loss_weight: 0.3}}"
    text = FRAME.format(body="", module="{Sequence: [ReLU]}")
    assert reported(f"{text}aux: {{aux1: {head}}}\n") == layers


def test_another_kind_loses_what_defaults_give() -> None:
    Path("net.yaml").write_text(
        "extends: googlenet_bn.yaml\nname: Separable\nmodules:\n  Inception:\n    Concat:\n"
        '      branch2: [{Conv: 1x1, out: "#3x3 reduce"}, {SeparableConv: 3x3, out: "#3x3"}]\n'
    )
    (warning,) = check_spec("net.yaml").diagnostics
    assert (warning.code, str(warning.span)) == ("L105", "net.yaml:6:51")
    assert warning.hint == ("set activation: ReLU; defaults of Conv do not apply to SeparableConv")
