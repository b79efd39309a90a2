"""Tests that ONNX models of optimised networks compute the same as the network as written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from command_line import run, run_without
from hypothesis import HealthCheck, Phase, given, settings
from models import executed, randomized
from safetensors.torch import load_file, save_file
from shipped import SPECS, by_cost
from strategies import specs

import archc
from archc.diagnostics import Diagnostic
from archc.driver.backend import Options, load_backend
from archc.driver.optimize import (
    DEPLOY,
    MERGED,
    RECIPES,
    Optimized,
    Recipe,
    is_invertible,
    optimize,
)
from archc.network import ir

SPEC = """\
archc: 1
name: Toy
input: 3x8x8
classes: 5
modules:
  Both:
    columns: [n]
    Concat:
      left: {Conv: 1x1, out: n, norm: BatchNorm}
      pool: {MaxPool: 3x3/1 same}
      right: [{Conv: 1x1, out: 2, norm: BatchNorm}, {Conv: 3x3, out: n}]
      again: {Conv: 1x1, out: 4, norm: BatchNorm}
  Head:
    Sequence: {pool: {AvgPool: global}, fc: {Linear: classes}}
body:
  conv: {Conv: 3x3, out: 4, norm: BatchNorm}
  both: {Both: [3]}
aux:
  aux1: {Aux: Head, from: conv, loss_weight: 0.3}
head:
  pool: {AvgPool: global}
  drop: {Dropout: 0.5}
  fc: {Linear: classes}
"""
State = dict[str, torch.Tensor]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """Create a working directory with one spec and its weights, and return the weights."""
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)
    model = archc.module_class("toy.yaml")()
    randomized(model)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    save_file(state, "toy.safetensors")
    return state


def onnx_of(optimized: Optimized, state: State | None) -> bytes:
    backend = load_backend("onnx")
    assert backend is not None
    options = Options("net", weights=state, optimized=optimized)
    files = backend.emit(optimized.analysis, options)
    assert not isinstance(files, list), files
    return files["net.onnx"]


def logits(model: bytes, images: torch.Tensor) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"images": images.numpy()})[0]


def difference(spec: Path, recipe: Recipe) -> float:
    """Compare the model with the generated class of the network as written, with random weights.

    Returns the difference relative to the largest logit.
    """
    network = archc.load(spec)
    written = archc.analyze(network)
    (source,) = archc.emit(network, written).values()
    model = executed(source, network.name)().eval()
    randomized(model)
    content = onnx_of(optimize(written, recipe), model.state_dict())
    onnx.checker.check_model(content, full_check=True)
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, *network.input, generator=generator)
    with torch.no_grad():
        wanted = model(images).numpy()
    found = logits(content, images)
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix)
@pytest.mark.parametrize("name", by_cost())
def test_it_computes_what_the_class_as_written_computes(name: str, recipe: Recipe) -> None:
    assert difference(SPECS / f"{name}.yaml", recipe) <= 1e-4


def test_random_networks(tmp_path: Path) -> None:
    """Yield networks with siblings; check that enough of them are merged."""
    spec = tmp_path / "net.yaml"
    seen = {recipe.suffix: 0 for recipe in RECIPES}

    @settings(
        max_examples=60,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(text=specs(siblings=True))
    def compare(text: str) -> None:
        spec.write_text(text)
        written = archc.analyze(archc.load(spec))
        for recipe in RECIPES:
            rows = optimize(written, recipe).analysis.network.rows
            seen[recipe.suffix] += any(isinstance(n, ir.Fork) for r in rows for n in ir.walk(r))
            assert difference(spec, recipe) <= 1e-4

    compare()
    assert all(count >= 5 for count in seen.values()), seen


def both(
    optimized: Optimized, weights: State, back: bool = False
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the weights as both backends convert them."""
    found = []
    for name in ("pytorch", "onnx"):
        backend = load_backend(name)
        assert backend is not None
        made = backend.convert_weights(optimized, weights, back)
        assert not isinstance(made, Diagnostic), made
        found.append({key: np.asarray(value) for key, value in made.items()})
    return found[0], found[1]


def in_float64(spec: Path) -> State:
    """Return random numbers for the whole state. Created on meta, which skips initialisation."""
    with torch.device("meta"):
        model = archc.module_class(spec)()
    model = model.to_empty(device="cpu").double()
    randomized(model)
    state: State = model.state_dict()
    for value in state.values():
        if not value.is_floating_point():
            value.fill_(7)
    return state


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix)
@pytest.mark.parametrize("name", by_cost())
def test_weights_become_those_that_the_generated_file_makes(name: str, recipe: Recipe) -> None:
    """Without folding, conversion there and back is exact.

    numpy rounds square roots to the nearest float64; torch's vectorised ones may differ by one ulp.
    """
    spec = SPECS / f"{name}.yaml"
    state = in_float64(spec)
    optimized = optimize(archc.analyze(archc.load(spec)), recipe)
    ours, theirs = both(optimized, state)
    assert list(ours) == list(theirs)
    close = 0 if is_invertible(optimized.analysis) else 1e-14
    for key, array in ours.items():
        assert array.dtype == theirs[key].dtype
        np.testing.assert_allclose(array, theirs[key], rtol=close, atol=close / 10, err_msg=key)
    if is_invertible(optimized.analysis):
        converted = {key: torch.from_numpy(array) for key, array in ours.items()}
        kept = {head.name for head in optimized.analysis.network.aux}
        heads = {head.name for head in optimized.original.network.aux} - kept
        wanted = [key for key in state if key.partition(".")[0] not in heads]
        for back in both(optimized, converted, back=True):
            assert sorted(back) == sorted(wanted)
            for key, array in back.items():
                assert np.array_equal(array, state[key].numpy()), key


def test_without_weights_it_computes_what_the_plain_model_computes(toy: State) -> None:
    written = archc.analyze(archc.load("toy.yaml"))
    (plain,) = archc.emit(archc.load("toy.yaml"), written, backend="onnx").values()
    images = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(2))
    wanted = logits(plain, images)
    for recipe in RECIPES:
        found = logits(onnx_of(optimize(written, recipe), None), images)
        assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()


def test_its_nodes_and_values_are_the_paths(toy: State) -> None:
    optimized = optimize(archc.analyze(archc.load("toy.yaml")), DEPLOY)
    model = onnx.load_from_string(onnx_of(optimized, toy))
    (split,) = (node for node in model.graph.node if node.op_type == "Split")
    assert split.name == "both.split"
    assert list(split.input) == ["both.shared", "both.parts"]
    (concat,) = (node for node in model.graph.node if node.op_type == "Concat")
    first, second, third = split.output
    assert list(concat.input) == [first, "both.pool", "both.right", third]
    assert second in next(n for n in model.graph.node if n.name == "both.right").input
    sizes = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    assert sizes["both.parts"].tolist() == [3, 2, 4]
    assert not [node for node in model.graph.node if node.op_type == "BatchNormalization"]


def test_a_file_of_its_own_says_what_was_done(toy: State) -> None:
    given = ("--backend", "onnx", "--weights", "toy.safetensors", "toy.yaml")
    assert run("build", *given).output == "wrote generated/toy.onnx\n"
    assert run("build", "--optimize", *given).output == "wrote generated/toy_deploy.onnx\n"
    assert run("build", "--merge", *given).output == "wrote generated/toy_merged.onnx\n"
    first = Path("generated/toy_deploy.onnx").read_bytes()
    model = onnx.load_from_string(first)
    assert "ToyDeploy: Toy for inference." in model.doc_string
    assert "4 norms folded into the convolutions before" in model.doc_string
    assert "3 sibling 1x1 convolutions merged into 1" in model.doc_string
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["recipe"] == "optimize"
    assert properties["weights"] == "given"
    assert run("build", "--optimize", *given).output == "unchanged generated/toy_deploy.onnx\n"
    assert run("build", "--optimize", "--check", *given).exit_code == 0
    verified = run("verify", "--optimize", *given)
    assert verified.exit_code == 0, verified.output
    assert verified.output.startswith("generated/toy_deploy.onnx: verified every layer's shape")
    changed = SPEC.replace("Both: [3]", "Both: [6]")
    Path("toy.yaml").write_text(changed)
    bare = ("--backend", "onnx", "toy.yaml")
    assert "is out of date" in run("build", "--optimize", "--check", *bare).output
    Path("toy.yaml").rename("other.yaml")
    orphans = run("build", "--check", "--backend", "onnx", "other.yaml").output
    assert "toy_deploy.onnx" in orphans


def converted(state: State) -> State:
    optimized = optimize(archc.analyze(archc.load("toy.yaml")), DEPLOY)
    made, _ = both(optimized, state)
    return {key: torch.from_numpy(np.array(array)) for key, array in made.items()}


def changed(key: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[State], State]:
    return lambda state: {**state, key: change(state[key])}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (converted, "bad.safetensors already is a checkpoint of ToyDeploy"),
        (changed("both.left.bn.running_var", lambda v: v * float("nan")), "non-finite"),
        (changed("both.left.bn.running_var", lambda v: -v), "has a negative variance"),
        (changed("both.left.conv.weight", lambda v: v[:1].clone()), "is 1x4x1x1, expected 3x4x1x1"),
        (changed("both.left.conv.weight", lambda v: v.double()), "has type float64"),
        (
            lambda state: {k: v for k, v in state.items() if k != "fc.bias"},
            "fc.bias, 5, is",
        ),
        (
            lambda state: {**state, "more": torch.ones(1)},
            "more, 1, has no counterpart in the network",
        ),
        (
            lambda s: (
                s | {f"conv.{n}.weight": s[f"conv.{n}.weight"] * 1e30 for n in ("conv", "bn")}
            ),
            "error[A706] conv.weight becomes a number that is not finite in float32",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_weights_that_do_not_fit_leave_no_file(
    toy: State, spoil: Callable[[State], State], said: str
) -> None:
    save_file(spoil(toy), "bad.safetensors")
    given = ("--backend", "onnx", "--weights", "bad.safetensors", "toy.yaml")
    result = run("build", "--optimize", *given)
    assert result.exit_code == 1
    assert said in result.output
    assert not Path("generated").exists()


def test_a_head_that_is_left_out_may_hold_anything(toy: State) -> None:
    save_file(changed("aux1.fc.bias", lambda v: v * float("nan"))(toy), "toy.safetensors")
    given = ("toy.yaml", "toy.safetensors", "--check")
    for backend in ("onnx", "pytorch"):
        left_out = run("weights", "--backend", backend, "--optimize", *given)
        assert left_out.output == "toy.safetensors: fits, 8 tensors of ToyDeploy\n"
        kept = run("weights", "--backend", backend, "--merge", *given)
        assert kept.output == ("error[A705] aux1.fc.bias has 5 non-finite elements\n")


@pytest.mark.parametrize("option", ["--optimize", "--merge"])
@pytest.mark.parametrize(
    ("key", "change", "said"),
    [
        ("fc.weight", lambda v: v / 0, "error[A705] fc.weight has 70 non-finite elements"),
        ("fc.weight", torch.Tensor.long, "error[A705] fc.weight has type int64"),
        ("fc.weight", lambda v: v[:2].clone(), "error[A703] fc.weight is 2x14, expected 5x14"),
        ("both.left.conv.weight", torch.Tensor.double, "error[A706] the tensors that become both."),
    ],
)
def test_a_bad_checkpoint_gives_an_error_and_no_file(
    toy: State, key: str, change: Callable[[torch.Tensor], torch.Tensor], said: str, option: str
) -> None:
    save_file(changed(key, change)(toy), "bad.safetensors")
    given = ("weights", "--backend", "onnx", "toy.yaml", "bad.safetensors", option)
    result = run(*given, "-o", "out.safetensors")
    assert result.exit_code == 1 and said in result.output, result.output
    assert not Path("out.safetensors").exists()


def test_counters_that_differ_are_not_merged(toy: State) -> None:
    save_file(changed("both.left.bn.num_batches_tracked", lambda v: v + 4)(toy), "bad.safetensors")
    result = run(
        "weights", "--backend", "onnx", "toy.yaml", "bad.safetensors", "--check", "--merge"
    )
    assert (
        "error[A706] the counters that become both.shared.bn.num_batches_tracked" in result.output
    )


def test_checkpoints_go_there_and_back_without_torch(toy: State) -> None:
    def weights(*arguments: str) -> str:
        given = ("weights", "toy.yaml", *arguments, "--backend", "onnx", "--merge")
        done = run_without("torch", *given)
        return done.stdout + done.stderr

    there = weights("toy.safetensors", "-o", "merged.safetensors")
    assert there.startswith("wrote merged.safetensors: ")
    back = weights("merged.safetensors", "-o", "back.safetensors", "--back")
    assert back.startswith("wrote back.safetensors: ")
    found = load_file("back.safetensors")
    assert found.keys() == toy.keys()
    assert all(torch.equal(found[key], toy[key]) for key in toy)
    again = weights("merged.safetensors", "-o", "twice.safetensors")
    assert "merged.safetensors already is a checkpoint of ToyMerged" in again
    assert not Path("twice.safetensors").exists()


def test_folded_norms_are_not_had_back(toy: State) -> None:
    result = run(
        "weights",
        "--backend",
        "onnx",
        "toy.yaml",
        "toy.safetensors",
        "--check",
        "--optimize",
        "--back",
    )
    assert result.exit_code == 2
    assert "--back cannot restore norms that --optimize folded" in result.output
    assert not is_invertible(optimize(archc.analyze(archc.load("toy.yaml")), DEPLOY).analysis)
    assert is_invertible(optimize(archc.analyze(archc.load("toy.yaml")), MERGED).analysis)
