"""Tests variants with `extends`: merging, removals, and errors."""

from pathlib import Path

import pytest

from archc.analyses import Analysis
from archc.driver.pipeline import Compiled, compile_spec
from archc.network import ir

BASE = """\
archc: 1
name: Base
input: 3x32x32
classes: 10
defaults:
  Conv: {activation: ReLU}
modules:
  Fork:
    columns: [left, right]
    Concat:
      a: {Conv: 1x1, out: left}
      b: [{Conv: 1x1, out: left}, {Conv: 3x3, out: right}]
  Residue:
    Residual:
      conv: {Conv: 3x3, out: 8, activation: none}
    scale: 0.5
    activation: ReLU
  Last: {extends: Residue, scale: 1.0, activation: none}
stem:
  conv1: {Conv: 3x3/2, out: 8}
body:
  residue: Residue
  last: Last
  fork1: {Fork: [4, 6]}
  fork2: {Fork: [5, 7]}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def extended(folder: Path, text: str) -> Analysis:
    (folder / "variant.yaml").write_text(f"extends: base.yaml\nname: Variant\n{text}")
    compiled = compile_spec("variant.yaml")
    assert isinstance(compiled, Compiled), compiled
    return compiled.analysis


def refused(folder: Path, text: str) -> list[str]:
    (folder / "variant.yaml").write_text(f"extends: base.yaml\nname: Variant\n{text}")
    diagnostics = compile_spec("variant.yaml")
    assert isinstance(diagnostics, list)
    return [f"{diagnostic.span}: {diagnostic.message}" for diagnostic in diagnostics]


def rows(analysis: Analysis) -> list[str]:
    return [row.node.name for row in analysis.rows]


def layers(analysis: Analysis) -> dict[str, tuple[int, ...]]:
    return {layer.op.path: layer.output for row in analysis.rows for layer in row.layers}


def test_nothing_changed_is_the_base(folder: Path) -> None:
    base = compile_spec("base.yaml")
    assert isinstance(base, Compiled)
    variant = extended(folder, "")
    assert variant.network.name == "Variant"
    assert variant.cost == base.analysis.cost
    assert layers(variant) == layers(base.analysis)


def test_a_module_extends_another(folder: Path) -> None:
    residue, last = (row.node for row in extended(folder, "").rows[1:3])
    assert isinstance(residue, ir.Call)
    assert isinstance(residue.body, ir.Residual)
    assert (residue.body.scale, residue.body.activation is not None) == (0.5, True)
    assert isinstance(last, ir.Call)
    assert isinstance(last.body, ir.Residual)
    assert (last.body.scale, last.body.activation) == (1.0, None)
    assert [child.path for child in last.body.body.children] == ["last.conv"]


def test_one_cell_of_a_row(folder: Path) -> None:
    analysis = extended(folder, "body: {fork1: {Fork: {right: 9}}}\n")
    assert layers(analysis)["fork1.a"][0] == 4
    assert layers(analysis)["fork1.b.1"][0] == 9


def test_one_field_of_a_layer(folder: Path) -> None:
    analysis = extended(folder, "stem: {conv1: {Conv: 5x5/2}}\n")
    conv = analysis.rows[0].layers[0].op.operator
    assert (conv.notation, getattr(conv, "out", None)) == ("5x5/2", 8)


def test_another_kind_replaces(folder: Path) -> None:
    assert layers(
        extended(folder, "stem: {conv1: {MaxPool: 2x2/2}}\nbody: {residue: none, last: none}\n")
    )["conv1"] == (3, 16, 16)


def test_removed_inserted_and_moved(folder: Path) -> None:
    analysis = extended(
        folder,
        "body:\n"
        "  fork1: none\n"
        "  pool: {MaxPool: 2x2/2, before: last}\n"
        "head:\n"
        "  pool: none\n"
        "  gap: {AvgPool: global, before: fc}\n"
        "  drop: {Dropout: 0.5, after: gap}\n",
    )
    assert rows(analysis) == ["conv1", "residue", "pool", "last", "fork2", "gap", "drop", "fc"]


def test_defaults_and_modules_merge(folder: Path) -> None:
    analysis = extended(
        folder,
        "defaults: {Conv: {norm: BatchNorm}}\n"
        "modules: {Fork: {Concat: {b: [{Conv: 1x1, out: left}, {Conv: 5x5, out: right}]}}}\n",
    )
    conv = analysis.rows[0].layers[0].op.operator
    assert getattr(conv, "norm", None) is not None
    assert getattr(conv, "activation", None) is not None
    fork = analysis.rows[3].layers
    assert [layer.op.operator.notation for layer in fork] == ["1x1/1", "1x1/1", "5x5/1"]


def test_input_and_classes(folder: Path) -> None:
    analysis = extended(folder, "input: 3x64x64\nclasses: 7\n")
    assert analysis.rows[-1].output == (7,)
    assert analysis.rows[0].output == (8, 32, 32)


def test_a_variant_of_a_variant(folder: Path) -> None:
    (folder / "middle.yaml").write_text("extends: base.yaml\nname: Middle\nclasses: 5\n")
    (folder / "variant.yaml").write_text(
        "extends: middle.yaml\nname: Variant\nstem: {conv1: {Conv: 1x1}}\n"
    )
    compiled = compile_spec("variant.yaml")
    assert isinstance(compiled, Compiled)
    assert compiled.analysis.rows[-1].output == (5,)
    assert [source.name for source in compiled.network.sources] == [
        "variant.yaml",
        "middle.yaml",
        "base.yaml",
    ]


def test_the_printed_table_is_not_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("variant.yaml").write_text("extends: googlenet.yaml\nname: Variant\n")
    compiled = compile_spec("variant.yaml")
    assert isinstance(compiled, Compiled)
    assert compiled.network.table is None
    assert compiled.analysis.cost.params == 6_998_552


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "stem: {conv2: none}\n",
            "variant.yaml:3:8: cannot remove conv2: the base has none",
        ),
        (
            "stem: {conv2: {Conv: 1x1, out: 4}}\n",
            "variant.yaml:3:8: conv2 changes nothing: the base has no such layer",
        ),
        (
            "stem: {conv2: {Conv: 1x1, out: 4, after: conv9}}\n",
            "variant.yaml:3:42: cannot place conv2 after the unknown layer conv9",
        ),
        (
            "body: {fork1: {Fork: {middle: 9}}}\n",
            "variant.yaml:3:23: unknown key middle in a row of Fork",
        ),
        ("stem: {conv1: }\n", "variant.yaml:3:15: expected a layer, found an empty value"),
        (
            "defaults: {Linear: none}\n",
            "variant.yaml:3:12: cannot remove Linear: the base has none",
        ),
    ],
)
def test_an_override_that_matches_nothing(folder: Path, text: str, expected: str) -> None:
    assert refused(folder, text) == [expected]


@pytest.mark.parametrize(
    ("extends", "message"),
    [
        ("nothing.yaml", "spec not found: nothing.yaml"),
        ("variant.yaml", "variant.yaml extends itself through variant.yaml"),
        (
            "/etc/passwd",
            "extends: expected the file name of a spec such as base.yaml, found '/etc/passwd'",
        ),
        ("[a]", "extends: expected the file name of a spec such as base.yaml, found a list"),
    ],
)
def test_what_cannot_be_extended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extends: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("variant.yaml").write_text(f"name: Variant\nextends: {extends}\n")
    diagnostics = compile_spec("variant.yaml")
    assert isinstance(diagnostics, list)
    assert [(str(diagnostic.span), diagnostic.message) for diagnostic in diagnostics] == [
        ("variant.yaml:2:10", message)
    ]


def test_a_fault_of_the_base_is_shown_in_the_base(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("scale: 0.5", "scale: half"))
    assert refused(folder, "classes: 5\n") == [
        "base.yaml:16:12: Residual scale: expected a number, found the text half"
    ]


def test_modules_that_extend_each_other(folder: Path) -> None:
    text = "modules:\n  One: {extends: Two}\n  Two: {extends: One}\n"
    assert refused(folder, text) == [
        "variant.yaml:5:18: module One extends itself: One -> Two -> One"
    ]


def test_a_module_that_extends_nothing_known(folder: Path) -> None:
    assert refused(folder, "modules: {One: {extends: Frok}}\n") == [
        "variant.yaml:3:26: module One extends the unknown module Frok"
    ]


def test_heads_and_network_must_give_as_many_features(folder: Path) -> None:
    (folder / "base.yaml").write_text(
        BASE.replace(
            "  Last:",
            "  Head: {Sequence: {gap: {AvgPool: global}, fc: {Linear: classes}}}\n  Last:",
        )
        + "aux: {aux1: {Aux: Head, from: fork1, loss_weight: 0.3}}\n"
    )
    assert extended(folder, "classes: 7\n").aux[0].output == (7,)
    found = refused(folder, "head: {fc: {Conv: 1x1, out: classes}}\n")
    assert found == [
        "variant.yaml:3:13: the network gives 10x1x1, aux1 10: "
        "the loss needs the same number of features from both"
    ]
    assert refused(folder, "head: {fc: {Linear: 9}}\n")[0].endswith(
        "the network gives 9, aux1 10: the loss needs the same number of features from both"
    )


def test_what_a_variant_makes_wrong_in_its_base_is_shown_in_the_variant(folder: Path) -> None:
    (folder / "variant.yaml").write_text("extends: base.yaml\nname: Variant\ninput: 3x1x1\n")
    (folder / "base.yaml").write_text(BASE.replace("Conv: 3x3/2,", "Conv: 3x3/2 valid,"))
    diagnostics = compile_spec("variant.yaml")
    assert isinstance(diagnostics, list)
    assert str(diagnostics[0].span) == "variant.yaml:3:1"
    assert [str(label.span) for label in diagnostics[0].labels] == ["base.yaml:20:11"]


def test_a_variant_needs_a_name_of_its_own(folder: Path) -> None:
    (folder / "variant.yaml").write_text("extends: base.yaml\nclasses: 7\n")
    diagnostics = compile_spec("variant.yaml")
    assert isinstance(diagnostics, list)
    assert [f"{f.span}: {f.message}" for f in diagnostics] == ["variant.yaml:2:1: spec needs name"]


def test_a_long_chain_of_variants_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("v0.yaml").write_text(BASE)
    for i in range(1, 20):
        Path(f"v{i}.yaml").write_text(f"extends: v{i - 1}.yaml\nname: V{i}\n")
    assert isinstance(compile_spec("v16.yaml"), Compiled)
    diagnostics = compile_spec("v17.yaml")
    assert isinstance(diagnostics, list)
    assert [(str(f.span), f.message) for f in diagnostics] == [
        ("v1.yaml:1:10", "the chain of extends is longer than 16 specs")
    ]


def test_too_many_modules_are_refused(folder: Path) -> None:
    modules = "".join(f"  M{i}: {{extends: M{i + 1}}}\n" for i in range(600))
    text = BASE.replace("modules:\n", f"modules:\n{modules}  M600: {{Sequence: {{a: ReLU}}}}\n")
    (folder / "base.yaml").write_text(text)
    diagnostics = compile_spec("base.yaml")
    assert isinstance(diagnostics, list)
    assert [f.message for f in diagnostics] == ["too many modules: 604, at most 256 are allowed"]
