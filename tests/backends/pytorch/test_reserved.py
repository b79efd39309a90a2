"""Tests that valid specs which PyTorch code cannot express are rejected with a reason."""

from pathlib import Path

import pytest

import archc

FRAME = """\
archc: 1
name: {name}
input: 4x8x8
classes: 5
modules:
  Part:
    {module}
body:
  first: {{Conv: 3x3, out: 4}}
  {row}
head:
  flatten: Flatten
  fc: {{Linear: classes}}
  prob: Softmax
"""
SEQUENCE = "Sequence: {conv: {Conv: 1x1, out: 4}}"
AUX = "\naux:\n  {name}: {{Aux: [Flatten, {{Linear: classes}}], from: {tap}, loss_weight: 1}}"

REFUSED = {
    "a layer that is an attribute of nn.Module": (
        "Sequence: {train: {Conv: 1x1, out: 4}}",
        "part: Part",
        "'train' is reserved in PyTorch code: it is an attribute of the module",
    ),
    "a layer that is a method of nn.Sequential": (
        SEQUENCE,
        "part: {Sequence: {append: ReLU}}",
        "'append' is reserved in PyTorch code: it is an attribute of the module",
    ),
    "a column that is an import": (
        "columns: [nn]\n    Sequence: {conv: {Conv: 1x1, out: nn}}",
        "part: {Part: [4]}",
        "'nn' is reserved in PyTorch code: it is an argument or an import of the file",
    ),
    "a scale that is a layer as well": (
        "columns: [factor]\n    Residual: {factor: {Conv: 1x1, out: 4}}\n    scale: factor",
        "part: {Part: [0.5]}",
        "'factor' is reserved in PyTorch code: it is already an attribute of Part",
    ),
    "a head behind the softmax": (
        SEQUENCE,
        "part: Part" + AUX.format(name="aux1", tap="prob"),
        "aux1 taps prob, the softmax after the logits",
    ),
    "positions of no single list": (
        "Concat: [{Conv: 1x1, out: 4}, {named: {Conv: 1x1, out: 4}}, {Conv: 1x1, out: 4}]",
        "part: Part",
        "layer 2 of Part has no name",
    ),
    "one class that normalises maps and features": (
        "Sequence: {norm: BatchNorm}",
        "part: Part\n  other: [{AvgPool: global}, Flatten, Part]\n  out: {Linear: 4}",
        "norm of Part gets features in one row and maps in another",
    ),
}


def emitted(folder: Path, module: str, row: str, name: str = "Net") -> str:
    spec = folder / "net.yaml"
    spec.write_text(FRAME.format(name=name, module=module, row=row))
    return archc.emit(archc.load(spec))["net.py"].decode()


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(what: str, tmp_path: Path) -> None:
    module, row, message = REFUSED[what]
    with pytest.raises(archc.SpecError) as raised:
        emitted(tmp_path, module, row)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["Tensor", "OrderedDict", "NamedTuple", "ConvBNReLU"])
def test_a_network_is_no_class_of_the_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(archc.SpecError, match=f"'{name}' is reserved in PyTorch code"):
        emitted(tmp_path, SEQUENCE, "part: Part", name)


def test_the_frame_itself_is_emitted(tmp_path: Path) -> None:
    assert "class Part(nn.Module)" in emitted(tmp_path, SEQUENCE, "part: Part")


def test_branches_by_position_are_a_list_of_modules(tmp_path: Path) -> None:
    source = emitted(tmp_path, "Concat: [{Conv: 1x1, out: 4}, {Conv: 3x3, out: 4}]", "part: Part")
    assert "class Part(nn.ModuleList)" in source
    assert "return torch.cat((self[0](x), self[1](x)), 1)" in source


def test_long_descriptions_leave_the_first_line_a_sentence(tmp_path: Path) -> None:
    about = "about: " + "words " * 30 + "\n    "
    source = emitted(tmp_path, about + SEQUENCE, "part: Part")
    assert '"""Sequence of conv.\n\n    words words' in source
