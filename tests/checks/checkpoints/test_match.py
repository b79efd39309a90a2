"""Tests checkpoints as people have them: prefixed, nested, for other networks, with odd numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from command_line import run
from safetensors.torch import save_file
from torch import Tensor

import archc
from archc.checks.checkpoints.match import match_checkpoint
from archc.diagnostics import Code, Diagnostic, SpecError, abridge
from archc.driver.pipeline import Compiled, compile_spec

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
stem:
  conv_1: {Conv: 3x3, out: 6, norm: BatchNorm, activation: ReLU}
body:
  conv_2b: {Conv: 1x1, out: 4}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
PREFIXES = ["module.", "_orig_mod.", "model.", "state_dict.", "backbone.", "x.", "module.model."]

State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)


def state(spec: str = "toy.yaml") -> State:
    torch.manual_seed(0)
    made: State = archc.module_class(spec)().state_dict()
    return made


def prefixed(prefix: str, given: State) -> State:
    return {prefix + key: value for key, value in given.items()}


def weights(given: object, *options: str, spec: str = "toy.yaml") -> tuple[int, str]:
    torch.save(given, "theirs.pt")
    result = run("weights", spec, "theirs.pt", *options)
    return result.exit_code, result.output


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_one_diagnostic_and_one_option_takes_it_off(prefix: str) -> None:
    theirs = prefixed(prefix, state())
    assert weights(theirs, "-o", "ours.pt") == (
        1,
        f"error[A702] all 10 keys start with {prefix}, but the network's keys do not\n"
        f"  = hint: use archc weights --strip-prefix {prefix}\n",
    )
    for option in (prefix, prefix.removesuffix(".")):
        code, output = weights(theirs, "-o", "ours.pt", "--force", "--strip-prefix", option)
        assert (code, output) == (0, "wrote ours.pt: 10 tensors of Toy\n")
        assert torch.load("ours.pt").keys() == state().keys()


def test_other_errors_are_shown_below_the_prefix() -> None:
    theirs = prefixed("module.", state())
    theirs["loss.weight"] = torch.zeros(5)
    theirs["module.fc.bias"] = torch.zeros(7)
    expected = (
        "error[A703] module.fc.bias (fc.bias here) is 7, expected 5\n"
        "error[A702] loss.weight, 5, has no counterpart in the network\n"
    )
    code, output = weights(theirs, "--check")
    assert code == 1
    first, _, rest = output.partition("--strip-prefix module.\n")
    assert "10 of 11 keys start with module., but" in first
    assert rest == expected
    assert weights(theirs, "--check", "--strip-prefix", "module.") == (1, expected)


def test_a_prefix_of_the_networks_own_keys_stays() -> None:
    text = SPEC.replace("conv_1: {Conv", "module: {Conv").replace(
        "  conv_2b: {Conv: 1x1, out: 4}\n", ""
    )
    text = text.replace("body:\n", "").replace("fc: {Linear: classes}", "flat: Flatten")
    Path("toy.yaml").write_text(text)
    ours = state()
    assert all(key.startswith("module.") for key in ours)
    assert weights(ours, "--check")[0] == 0
    code, output = weights({**ours, "module.conv.scale": torch.zeros(1)}, "--check")
    assert (code, output) == (
        1,
        "error[A702] module.conv.scale, 1, has no counterpart in the network\n",
    )
    code, output = weights(prefixed("module.", ours), "--check")
    assert "all 6 keys start with module., but" in output
    assert weights(prefixed("module.", ours), "--check", "--strip-prefix", "module.")[0] == 0


def test_a_prefix_in_front_of_a_mapping() -> None:
    keys = "{net/one.conv: conv_1.conv, net/one.bn: conv_1.bn, net/two: conv_2b, net/fc: fc}"
    Path("toy.yaml").write_text(f"{SPEC}checkpoints:\n  zoo: {{source: a zoo, keys: {keys}}}\n")
    names = {"conv_1": "net/one", "conv_2b": "net/two", "fc": "net/fc"}
    theirs = {}
    for key, value in state().items():
        layer, _, rest = key.partition(".")
        theirs[f"{names[layer]}.{rest}"] = value
    assert weights(theirs, "--check")[0] == 0
    code, output = weights(prefixed("model.", theirs), "--check")
    assert code == 1 and output.count("error[") == 1
    assert "all 10 keys start with model., but" in output
    code, _ = weights(prefixed("model.", theirs), "-o", "ours.pt", "--strip-prefix", "model.")
    assert code == 0
    assert torch.load("ours.pt").keys() == state().keys()


def test_a_prefix_that_no_key_has() -> None:
    code, output = weights(state(), "--check", "--strip-prefix", "modul.")
    assert (code, output) == (1, "error[A208] no key of the checkpoint starts with modul.\n")


def test_building_with_a_prefix_says_what_takes_it_off() -> None:
    torch.save(prefixed("module.", state()), "theirs.pt")
    result = run("build", "--backend", "onnx", "--weights", "theirs.pt", "toy.yaml")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "  = hint: use archc weights --strip-prefix module.",
        "nothing was written",
    ]


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict", "net"])
def test_a_state_dict_inside_of_another_dictionary(key: str) -> None:
    optimizer = {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]}
    nested = {"epoch": 3, key: state(), "optimizer": optimizer, "scaler": {}, "best": 0.7}
    assert weights(nested, "-o", "ours.pt") == (0, "wrote ours.pt: 10 tensors of Toy\n")
    pairs = zip(torch.load("ours.pt").values(), state().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_several_state_dicts_are_not_chosen_from() -> None:
    assert weights({"model": state(), "model_ema": state(), "epoch": 1}, "--check") == (
        1,
        "error[A705] theirs.pt holds several state_dicts: model and model_ema\n"
        "  = hint: save the right one, alone or under the key state_dict\n",
    )


def test_the_checkpoint_of_another_spec_is_recognised_in_few_lines() -> None:
    theirs = state("googlenet_bn.yaml")
    code, output = weights(theirs, "--check", spec="inception_v3.yaml")
    lines = output.splitlines()
    assert code == 1
    assert lines[5] == "  = note: and 465 more like this"
    assert lines[-2:] == [
        "theirs.pt fits googlenet_bn.yaml",
        "theirs.pt fits googlenet_bn_pretrained.yaml",
    ]
    assert len(lines) <= 16
    code, output = weights(prefixed("module.", theirs), "--check", spec="inception_v3.yaml")
    expected = "theirs.pt fits googlenet_bn.yaml with archc weights --strip-prefix module."
    assert expected in output.splitlines()
    assert weights(theirs, "--check", spec="googlenet_bn.yaml")[0] == 0


def test_a_spec_beside_and_its_mapping_are_known_too() -> None:
    Path("specs").mkdir()
    keys = "{features.0: conv_1.conv, features.1: conv_1.bn, two: conv_2b}"
    mapping = f"checkpoints:\n  zoo: {{source: a zoo, keys: {keys}}}\n"
    Path("specs/mine.yaml").write_text(SPEC.replace("Toy", "Mine") + mapping)
    Path("specs/broken.yaml").write_text("archc: 1\n")
    Path("toy.yaml").write_text(SPEC.replace("3x3", "5x5"))
    names = {"conv_1.conv": "features.0", "conv_1.bn": "features.1", "conv_2b": "two"}
    theirs = {}
    for key, value in state("mine.yaml").items():
        layer, _, rest = key.rpartition(".")
        theirs[f"{names.get(layer, layer)}.{rest}"] = value
    code, output = weights(theirs, "--check")
    assert code == 1
    assert output.splitlines()[-1] == "theirs.pt fits mine.yaml with archc weights --from zoo"
    code, output = weights(state("mine.yaml"), "--check")
    assert output.splitlines()[-1] == "theirs.pt fits mine.yaml with archc weights --from none"


def test_a_spec_that_fits_but_for_the_number_of_classes() -> None:
    theirs = archc.module_class("googlenet_small.yaml")(num_classes=3).state_dict()
    code, output = weights(theirs, "--check")
    expected = (
        "theirs.pt fits googlenet_small.yaml with archc weights --leave classes, "
        "without its layers for 3 classes; --set classes=3 loads them too"
    )
    assert (code, output.splitlines()[-1]) == (1, expected)


def test_what_fits_nothing_known_gets_no_advice() -> None:
    code, output = weights({"a.weight": torch.zeros(1)}, "--check")
    assert code == 1 and "fits" not in output


def test_many_diagnostics_that_are_alike_are_counted_and_cut() -> None:
    def diagnostics(code: Code, count: int) -> list[Diagnostic]:
        return [Diagnostic(code, f"{code} {number}") for number in range(count)]

    few = diagnostics(Code.MISSING_TENSOR, 10)
    assert abridge(few) == few
    many = diagnostics(Code.WRONG_SHAPE, 11)
    shown = abridge([*few, *many])
    assert shown[:10] == few
    assert [diagnostic.message for diagnostic in shown[10:]] == [f"A703 {n}" for n in range(5)]
    assert [diagnostic.notes for diagnostic in shown[13:]] == [(), ("and 6 more like this",)]
    assert str(SpecError(many)).count("error[A703]") == 5
    assert SpecError(many).diagnostics == tuple(many)


def test_diagnostics_at_places_of_their_own_are_all_shown() -> None:
    layers = "".join(f"  c{number}: {{Cnov: 3x3}}\n" for number in range(20))
    Path("toy.yaml").write_text(SPEC.replace("stem:\n", f"stem:\n{layers}"))
    assert run("build", "toy.yaml").stderr.count("error[A205]") == 20


def test_a_placeholder_that_is_a_whole_segment_has_underscores() -> None:
    text = (
        "checkpoints:\n  zoo:\n    source: a zoo\n"
        "    keys: {'net.{row}': '{row}', 'aux_{row}': 'fc.{row}'}\n"
    )
    Path("toy.yaml").write_text(SPEC + text)
    compiled = compile_spec("toy.yaml")
    assert isinstance(compiled, Compiled)
    key_mapping = compiled.network.checkpoints["zoo"]
    assert key_mapping.map_key("net.conv_2b.weight").key == "conv_2b.weight"
    assert key_mapping.map_key("net._x_.weight").key == "_x_.weight"
    assert key_mapping.map_key("aux_weight").key == "fc.weight"
    assert key_mapping.map_key("aux_weight_2").key == "aux_weight_2"
    assert weights(prefixed("net.", state()), "--check")[0] == 0


def of_type(dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    return lambda value: value.to(dtype)


FLOATS = "float16, bfloat16, float32 and float64"
BAD: dict[str, tuple[str, Callable[[Tensor], Tensor], str]] = {
    "bool": ("fc.bias", of_type(torch.bool), f"has type bool, expected one of {FLOATS}"),
    "int64": ("fc.bias", of_type(torch.int64), f"has type int64, expected one of {FLOATS}"),
    "complex": ("fc.bias", of_type(torch.complex64), "has type complex64, expected one of"),
    "float8": ("fc.bias", of_type(torch.float8_e4m3fn), "has type float8_e4m3fn, expected one of"),
    "NaN": ("conv_1.conv.weight", lambda v: v / 0 * 0, "has 162 non-finite elements"),
    "inf": (
        "fc.bias",
        lambda v: v.index_fill(0, torch.tensor(2), -torch.inf),
        "has 1 non-finite element",
    ),
    "variance": ("conv_1.bn.running_var", lambda v: -v, "has a negative variance"),
    "counter": (
        "conv_1.bn.num_batches_tracked",
        of_type(torch.float32),
        "expected an integer type",
    ),
    "truth": ("conv_1.bn.num_batches_tracked", of_type(torch.bool), "expected an integer type"),
}


@pytest.mark.parametrize("backend", ["pytorch", "onnx"])
@pytest.mark.parametrize("kind", BAD)
def test_numbers_that_are_no_weights_are_refused(kind: str, backend: str) -> None:
    key, change, expected = BAD[kind]
    theirs = state()
    theirs[key] = change(theirs[key])
    options = ["-o", "ours.safetensors", "--backend", backend]
    code, output = weights(theirs, *options)
    assert code == 1
    if (backend, kind) == ("onnx", "float8"):
        expected, start = "which numpy does not support", "error[A506]"
    else:
        start = "error[A705]"
    assert output.startswith(f"{start} {key} ") and expected in output, output
    assert output.count("error[") == 1
    assert not Path("ours.safetensors").exists()


@pytest.mark.parametrize("option", ["--optimize", "--merge"])
@pytest.mark.parametrize("kind", ["bool", "int64", "complex", "float8", "NaN"])
def test_they_are_refused_before_a_conversion_too(kind: str, option: str) -> None:
    key, change, _ = BAD[kind]
    theirs = state()
    theirs[key] = change(theirs[key])
    code, output = weights(theirs, "-o", "ours.pt", option)
    assert code == 1 and output.startswith(f"error[A705] {key} "), output
    assert not Path("ours.pt").exists()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_kept(dtype: torch.dtype) -> None:
    theirs = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state().items()}
    assert weights(theirs, "-o", "ours.pt")[0] == 0
    written = torch.load("ours.pt")
    assert all(torch.equal(written[key], theirs[key]) for key in theirs)
    assert {value.dtype for value in written.values()} == {dtype, torch.int64}


def test_a_type_that_numpy_lacks_is_reported() -> None:
    theirs = {k: v.bfloat16() if v.is_floating_point() else v for k, v in state().items()}
    save_file(theirs, "theirs.safetensors")
    result = run("weights", "toy.yaml", "theirs.safetensors", "--check", "--backend", "onnx")
    assert result.exit_code == 1
    assert "has type BF16, which numpy does not support\n  = hint: save it as float32" in (
        result.output
    )


def test_the_api_says_the_same_of_weights() -> None:
    theirs: dict[str, Any] = {**state(), "fc.bias": torch.zeros(5, dtype=torch.int64)}
    with pytest.raises(SpecError, match=r"A705.*fc\.bias has type int64"):
        archc.emit("toy.yaml", backend="onnx", weights=theirs)
    with pytest.raises(SpecError, match=r"all 10 keys start with module\."):
        archc.emit("toy.yaml", backend="onnx", weights=prefixed("module.", state()))


def test_a_hostile_file_of_keys_takes_no_time() -> None:
    keys = {f"{'a.' * 20_000}{number}": torch.zeros(1) for number in range(100)}
    match = match_checkpoint(archc.analyze("toy.yaml"), keys)
    assert match.prefix == "" and len(match.diagnostics) == 109
