"""Tests weights for another number of classes, on the command line and in code.

Both have the same rule for auxiliary heads and accept the same layers to leave.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import run
from torch import Tensor

import archc
from archc.checks.checkpoints.match import match_checkpoint
from archc.checks.checkpoints.state import class_layers
from archc_backends.pytorch.run.reference import torchvision_models

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
modules:
  Head:
    columns: [wide]
    Sequence:
      pool: {AvgPool: global}
      fc1: {Linear: 8}
      fc2: {Linear: wide}
stem:
  conv1: {Conv: 3x3, out: 6, norm: BatchNorm, activation: ReLU}
body:
  conv2: {Conv: 1x1, out: 4}
aux:
  aux1: {Aux: {Head: [classes]}, from: conv1, loss_weight: 0.3}
  aux2: {Aux: {Head: [classes]}, from: conv2, loss_weight: 0.3}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
CLASSIFIERS = ("fc", "aux1.fc2", "aux2.fc2")

State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)


def model(classes: int = 5, aux: bool = True) -> Any:
    torch.manual_seed(classes)
    return archc.module_class("toy.yaml")(num_classes=classes, aux=aux)


def without(state: State, *layers: str) -> State:
    """Return the state without these layers."""
    starts = tuple(f"{layer}." for layer in layers)
    return {key: value for key, value in state.items() if not key.startswith(starts)}


def weights(state: State, *options: str) -> tuple[int, str]:
    torch.save(state, "theirs.pt")
    result = run("weights", "toy.yaml", "theirs.pt", *options)
    return result.exit_code, result.output


def test_the_layers_that_depend_on_the_classes() -> None:
    assert class_layers(archc.analyze("toy.yaml")) == CLASSIFIERS
    assert class_layers(archc.analyze("inception_v3.yaml")) == ("fc", "AuxLogits.fc")
    assert class_layers(archc.analyze("inception_v4.yaml")) == ("last_linear",)


@pytest.mark.parametrize("leave", [["--leave", ",".join(CLASSIFIERS)], ["--leave", "classes"]])
def test_everything_but_the_layers_named_is_taken(leave: list[str]) -> None:
    theirs = model(classes=7).state_dict()
    assert weights(theirs, "--check") == (
        1,
        "error[A703] aux1.fc2.weight is 7x8, expected 5x8\n"
        "error[A703] aux1.fc2.bias is 7, expected 5\n"
        "error[A703] aux2.fc2.weight is 7x8, expected 5x8\n"
        "error[A703] aux2.fc2.bias is 7, expected 5\n"
        "error[A703] fc.weight is 7x4, expected 5x4\n"
        "error[A703] fc.bias is 7, expected 5\n"
        "theirs.pt fits with archc weights --leave classes, without its layers for 7 classes; "
        "--set classes=7 loads them too\n",
    )
    assert weights(theirs, "--set", "classes=7", "--check")[0] == 0
    assert weights(theirs, *leave, "-o", "ours.pt") == (
        0,
        "wrote ours.pt: 12 tensors of Toy\n"
        "not loaded, left as initialised: fc, aux1.fc2 and aux2.fc2\n",
    )
    written = torch.load("ours.pt")
    assert written.keys() == without(theirs, *CLASSIFIERS).keys()
    assert all(torch.equal(written[key], theirs[key]) for key in written)


@pytest.mark.parametrize("aux", [True, False])
def test_the_class_takes_what_the_command_wrote_and_what_was_given_to_it(aux: bool) -> None:
    theirs = model(classes=7).state_dict()
    weights(theirs, "--leave", "classes", "-o", "ours.pt")
    leave = CLASSIFIERS if aux else ("fc",)
    for state in (theirs, torch.load("ours.pt")):
        ours = model(aux=aux)
        before = {key: value.clone() for key, value in ours.state_dict().items()}
        stay = ours.load_checkpoint(state, leave=leave)
        assert stay == [key for key in before if key.rpartition(".")[0] in leave]
        for key, value in ours.state_dict().items():
            assert torch.equal(value, before[key] if key in stay else theirs[key]), key


def test_a_layer_is_left_even_where_its_weights_would_fit() -> None:
    theirs = model().state_dict()
    assert weights(theirs, "--leave", "fc", "-o", "ours.pt")[0] == 0
    assert torch.load("ours.pt").keys() == without(theirs, "fc").keys()
    ours = model(classes=5)
    before = ours.fc.weight.clone()
    theirs["fc.weight"] = before + 1
    ours.load_checkpoint(theirs, leave=("fc",))
    assert torch.equal(ours.fc.weight, before)


DAMAGED: dict[str, Callable[[State], State]] = {
    "a missing key": lambda state: without(state, "conv2"),
    "a key of nothing": lambda state: state | {"fc3.bias": torch.zeros(7)},
    "a wrong shape": lambda state: state | {"conv2.bias": torch.zeros(3)},
    "one head of two": lambda state: without(state, "aux2"),
    "half a head": lambda state: without(state, "aux2.fc1"),
}


@pytest.mark.parametrize("leave", [(), CLASSIFIERS])
@pytest.mark.parametrize("damage", DAMAGED)
def test_everything_else_is_strict_in_both_places(damage: str, leave: tuple[str, ...]) -> None:
    state = DAMAGED[damage](model(classes=7 if leave else 5).state_dict())
    options = ["--leave", ",".join(leave)] if leave else []
    code, output = weights(state, "-o", "ours.pt", *options)
    assert code == 1 and "error[A70" in output
    assert not Path("ours.pt").exists()
    with pytest.raises(RuntimeError, match="Error"):
        model().load_checkpoint(state, leave=leave)


def test_no_head_at_all_or_a_head_that_is_left_is_fine_in_both_places() -> None:
    theirs = model().state_dict()
    for gone, leave in [(("aux1", "aux2"), ()), (("aux2",), ("aux2",)), ((), ("aux1", "aux2"))]:
        state = without(theirs, *gone)
        options = ["--leave", ",".join(leave)] if leave else []
        assert weights(state, "--check", *options)[0] == 0
        stay = model().load_checkpoint(state, leave=leave)
        assert {key.partition(".")[0] for key in stay} == {*gone, *leave}


def test_the_command_and_the_class_take_the_same() -> None:
    """For any layers that are missing, left, or of another shape."""
    analysis = archc.analyze("toy.yaml")
    wide, ours = model(classes=7).state_dict(), model()
    layers = ["conv2", "fc", "aux1.fc1", "aux1.fc2", "aux2.fc1", "aux2.fc2"]
    chosen = random.Random(0)
    taken = 0
    for _ in range(400):
        gone = chosen.sample(layers, chosen.choice([0, 0, 1, 2, 4]))
        gone += chosen.choice([[], [], ["aux1"], ["aux2"], ["aux1", "aux2"]])
        leave = chosen.sample([*layers, "aux1", "aux2"], chosen.choice([0, 1, 2, 3, 4]))
        state = without(chosen.choice([ours.state_dict(), wide]), *gone)
        fits = not match_checkpoint(analysis, state, leave=leave).diagnostics
        try:
            ours.load_checkpoint(state, leave=tuple(leave))
            loaded = True
        except RuntimeError:
            loaded = False
        assert loaded == fits, (gone, leave)
        taken += fits
    assert 50 < taken < 350


@pytest.mark.parametrize("name", ["fcc", "f", "fc.", "pool", "fc.weight", ""])
def test_a_name_that_is_no_layer_with_weights_is_refused_in_both_places(name: str) -> None:
    theirs = model().state_dict()
    code, output = weights(theirs, "--check", "--leave", name)
    assert code == 1
    assert output.startswith(f"error[A208] Toy has no layer {name} with weights\n")
    assert ("did you mean fc?" in output) == (name in ("fcc", "fc."))
    with pytest.raises(ValueError, match="is no layer with weights"):
        model().load_checkpoint(theirs, leave=(name,))


def test_a_string_in_place_of_a_tuple_is_refused() -> None:
    with pytest.raises(ValueError, match="f is no layer with weights"):
        model().load_checkpoint(model().state_dict(), leave=("fc"))


def test_with_a_mapping_that_drops_the_layer() -> None:
    keys = "{features.1: conv1.conv, norm: conv1.bn, features.2: conv2, classifier: none}"
    Path("toy.yaml").write_text(f"{SPEC}checkpoints:\n  zoo: {{source: a zoo, keys: {keys}}}\n")
    ours = without(model(classes=7).state_dict(), "aux1", "aux2")
    names = {"conv1.conv": "features.1", "conv1.bn": "norm", "conv2": "features.2"}
    theirs = {}
    for key, value in ours.items():
        layer, _, name = key.rpartition(".")
        theirs[f"{names.get(layer, 'classifier')}.{name}"] = value
    code, output = weights(theirs, "--check")
    assert (code, output.count("error[")) == (1, 2)
    assert weights(theirs, "-o", "ours.pt", "--leave", "fc") == (
        0,
        "wrote ours.pt: 8 tensors of Toy\n"
        "not loaded, left as initialised: fc\n"
        "auxiliary heads left out: the checkpoint has no weights for aux1 and aux2\n"
        "2 keys dropped by the mapping\n",
    )
    assert torch.load("ours.pt").keys() == without(ours, "fc").keys()


@pytest.mark.parametrize("option", ["--optimize", "--merge"])
def test_what_is_converted_needs_every_weight(option: str) -> None:
    code, output = weights(model().state_dict(), "--check", "--leave", "fc", option)
    assert code == 2
    assert f"--leave cannot be used with {option}, which needs every layer's weights" in output


def test_a_model_with_weights_needs_every_weight() -> None:
    weights(model().state_dict(), "--leave", "fc", "-o", "ours.pt")
    result = run("build", "--backend", "onnx", "--weights", "ours.pt", "toy.yaml")
    assert result.exit_code == 1
    assert result.stderr == (
        "error[A701] fc.weight, 5x4, is missing\n"
        "error[A701] fc.bias, 5, is missing\n"
        "nothing was written\n"
    )


def test_torchvisions_state_with_ten_classes() -> None:
    torch.manual_seed(1)
    googlenet = torchvision_models().googlenet
    theirs = googlenet(weights=None, aux_logits=True, init_weights=False).state_dict()
    ours = archc.module_class("googlenet_bn.yaml")(num_classes=10)
    stay = ours.load_checkpoint(theirs, leave=CLASSIFIERS)
    assert [key for key in theirs if key not in stay] == [
        key for key, value in ours.state_dict().items() if torch.equal(value, theirs[key])
    ]
    match = match_checkpoint(archc.analyze("googlenet_bn.yaml"), theirs, leave=["classes"])
    assert (match.diagnostics, match.left) == ((), CLASSIFIERS)
    assert ours.eval()(torch.rand(1, 3, 224, 224)).shape == (1, 10)


def test_weights_for_another_number_of_classes_fit_with_set() -> None:
    torch.save(model(classes=7).state_dict(), "theirs.pt")
    command = ("build", "--backend", "onnx", "--weights", "theirs.pt", "toy.yaml")
    result = run(*command)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-2:]
    assert last == ["theirs.pt fits with --set classes=7", "nothing was written"]
    assert run(*command, "--set", "classes=7").exit_code == 0
