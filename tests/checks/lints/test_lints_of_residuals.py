"""Tests that lints do not report what residual blocks do on purpose."""

from pathlib import Path

import pytest

from archc.driver.check import check_spec

FRAME = """\
archc: 1
name: Net
input: 64x16x16
classes: 10
modules:
  Block: {block}
body:
  start: {start}
  block: Block
  end: ReLU
head:
  pool: {{AvgPool: global}}
  flatten: Flatten
  fc: {{Linear: classes}}
"""
RELU = "{Conv: 1x1, out: 64, activation: ReLU}"
BIASED = "{Conv: 3x3, out: 64, bias: true}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def reported(block: str, start: str = RELU) -> list[str]:
    Path("net.yaml").write_text(FRAME.format(block=block, start=start))
    return [str(diagnostic.code) for diagnostic in check_spec("net.yaml").diagnostics]


@pytest.mark.parametrize(
    ("block", "codes"),
    [
        # The bias that the norm cancels remains in the sum.
        ("{Residual: [BatchNorm, ReLU]}", []),
        ("{Concat: [Identity, [BatchNorm, ReLU]]}", []),
        ("{Concat: [[BatchNorm, ReLU], [BatchNorm, ReLU]]}", ["L104"]),
        ("{Residual: [BatchNorm, ReLU], shortcut: [BatchNorm]}", ["L104"]),
        ("{Sequence: {norm: BatchNorm}}", ["L104"]),
    ],
)
def test_a_bias_that_goes_past_the_norm_counts(block: str, codes: list[str]) -> None:
    assert reported(block, BIASED) == codes


def test_a_shortcut_may_skip_input() -> None:
    conv = "{Conv: 3x3/2, out: 64, activation: ReLU}"
    assert reported(f"{{Residual: [{conv}], shortcut: {{Conv: 1x1/2, out: 64}}}}") == []
    assert reported(f"{{Residual: [{{Conv: 1x1/2, out: 64}}], shortcut: {conv}}}") == ["L107"]


@pytest.mark.parametrize(
    ("inner", "out", "codes"), [(128, 256, []), (256, 256, []), (300, 256, ["L101"])]
)
def test_a_wide_block_may_widen_up_to_what_it_gives(inner: int, out: int, codes: list[str]) -> None:
    layers = (
        f"{{Conv: 1x1, out: {inner}, activation: ReLU}},"
        f" {{Conv: 3x3, out: {inner}, activation: ReLU}}, {{Conv: 1x1, out: {out}}}"
    )
    assert reported(f"{{Residual: [{layers}], shortcut: {{Conv: 1x1, out: {out}}}}}") == codes
    assert reported(f"{{Sequence: [{layers}]}}") == ["L101"]
