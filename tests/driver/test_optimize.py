"""Tests that optimised networks compute the same, and that their checkpoints are converted."""

import hashlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from shipped import NAMES, by_cost
from torch import Tensor, nn

import archc
from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state
from archc.driver.backend import Options, load_backend
from archc.driver.optimize import DEPLOY, MERGED, RECIPES, Optimized, Recipe, optimize
from archc.network import ir
from archc.network.transforms.drop_training import drop_training
from archc.network.transforms.fold_norms import fold_norms
from archc.network.transforms.merge_siblings import merge_siblings
from archc.ops.normalization import BatchNorm
from archc.ops.plain import Dropout

FIXED = ("bn_inception", "googlenet", "googlenet_separable")
"""Networks with a 7x7 pool at the end, which need large images."""

# Three kinds of siblings; parts passed on first and in the middle; a norm as a separate layer,
# after a convolution with a bias and after an activation; dropout in a list; a Concat in a branch
# of another.
TOY = """\
archc: 1
name: Toy
input: 3x12x10
classes: 5
defaults:
  Conv: {activation: ReLU}
modules:
  Fork:
    columns: [a, b, c]
    Concat:
      left: {Conv: 1x1, out: a}
      pool: [{MaxPool: 3x3/1 same}, {Conv: 1x1, out: 2}]
      middle: {Conv: 1x1, out: b}
      long: [{Conv: 1x1, out: c}, {Conv: 3x3, out: a}, {Dropout: 0.5}, {Conv: 3x3, out: b}]
      other: [{Conv: 1x1, out: c, activation: none}, {BatchNorm: {eps: 0.01}}, ReLU, BatchNorm]
      short: [{Conv: 1x1, out: 4}, {Conv: 3x3, out: 2}]
  Nested:
    columns: [a, b]
    Concat:
      - left: {Conv: 1x1, out: a}
      - reduce: {Conv: 1x1, out: b}
        Concat:
          one: {Conv: 1x1, out: 2}
          two: {Conv: 1x1, out: a}
      - pool: {MaxPool: 3x3/1 same}
  Normed:
    columns: [a, b]
    Concat:
      left: {Conv: 1x1, out: a, norm: BatchNorm}
      wide: [{Conv: 1x1, out: b, norm: BatchNorm}, {Conv: 3x3, out: a, norm: BatchNorm}]
      biased: {Conv: 1x1, out: b, norm: BatchNorm, bias: true}
      right: {Conv: 1x1, out: a, norm: {BatchNorm: {eps: 0.1}}}
  Head:
    Sequence:
      fork: {Fork: [1, 2, 3]}
      pool: {AvgPool: global}
      drop: {Dropout: 0.1}
      fc: {Linear: classes}
body:
  conv1: {Conv: 3x3, out: 4, activation: none, bias: false}
  norm1: BatchNorm
  conv2: {SeparableConv: 3x3, out: 6, multiplier: 2, norm: {BatchNorm: {eps: 0.02}}}
  fork1: {Fork: [3, 5, 2]}
  normed1: {Normed: [2, 3]}
  fork2: {Fork: [2, 2, 7]}
  nested1: {Nested: [3, 4]}
  normed2: {Normed: [4, 1]}
aux:
  aux1: {Aux: Head, from: fork1, loss_weight: 0.3}
head:
  pool: {AvgPool: global}
  drop: {Dropout: 0.2}
  fc: {Linear: classes}
  prob: Softmax
"""


def loaded(tmp_path: Path, text: str = TOY) -> Analysis:
    spec = tmp_path / "toy.yaml"
    spec.write_text(text)
    return archc.analyze(archc.load(spec))


@pytest.fixture
def toy(tmp_path: Path) -> Analysis:
    return loaded(tmp_path)


def emitted(optimized: Optimized) -> str:
    backend = load_backend()
    assert backend is not None
    files = backend.emit(optimized.analysis, Options("net", optimized=optimized))
    assert not isinstance(files, list), files
    return files["net.py"].decode()


def executed(source: str) -> Any:
    module = ModuleType(f"net_{hashlib.sha256(source.encode()).hexdigest()[:8]}")
    sys.modules[module.__name__] = module  # torch.export looks for it there
    exec(compile(source, "net.py", "exec"), module.__dict__)
    return module


def generated(written: Analysis, recipe: Recipe) -> tuple[Any, type[nn.Module]]:
    """Return the optimised file as a module, and its class."""
    optimized = optimize(written, recipe)
    module = executed(emitted(optimized))
    return module, module.__dict__[optimized.analysis.network.name]


def plain(written: Analysis) -> type[nn.Module]:
    (source,) = archc.emit(written.network, written).values()
    made: type[nn.Module] = executed(source.decode()).__dict__[written.network.name]
    return made


def randomized(model: nn.Module) -> nn.Module:
    """Draw random weights and statistics, none at its default, that keep the signals' size."""
    generator = torch.Generator().manual_seed(0)
    for name, value in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            value.fill_(3)
        elif name.endswith("running_var") or (value.dim() == 1 and name.endswith("weight")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif value.dim() == 1:
            value.normal_(0, 0.1, generator=generator)
        else:
            value.normal_(0, (2 / value[0].numel()) ** 0.5, generator=generator)
    return model


def state_of(written: Analysis) -> dict[str, Tensor]:
    state: dict[str, Tensor] = dict(randomized(plain(written)()).state_dict())
    return state


def images(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def error(got: Tensor, wanted: Tensor) -> float:
    """Return the largest difference, relative to the largest number."""
    assert wanted.isfinite().all() and wanted.abs().max() > 1e-3
    return float((got - wanted).abs().max() / wanted.abs().max())


@pytest.fixture
def in_float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def outputs(model: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        logits: Tensor = model.eval()(x)
    return logits


def compared(written: Analysis, recipe: Recipe, x: Tensor) -> float:
    """Return the difference of outputs between both networks, with the same weights."""
    model = randomized(plain(written)())
    module, made = generated(written, recipe)
    other = made()
    other.load_state_dict(module.convert_state(model.state_dict()))
    return error(outputs(other, x), outputs(model, x))


@pytest.mark.parametrize("name", by_cost())
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix)
def test_shipped_networks_compute_the_same(name: str, recipe: Recipe) -> None:
    written = archc.analyze(archc.load(f"{name}.yaml"))
    model = randomized(plain(written)()).eval()
    module, made = generated(written, recipe)
    other = made()
    channels, height, width = written.network.input
    sizes = [(64, 96), (80, 56)] if height < 299 else [(107, 139), (91, 123)]
    if name in FIXED:
        sizes = [(height, width), (height - 1, width)]
    for dtype, most in ((torch.float32, 1e-4), (torch.float64, 1e-12)):
        model.to(dtype)
        other.to(dtype).load_state_dict(module.convert_state(model.state_dict()))
        for size in sizes:
            x = images(1, channels, *size).to(dtype)
            assert error(outputs(other, x), outputs(model, x)) < most


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix)
@pytest.mark.parametrize("size", [(12, 10), (9, 17)])
def test_the_toy_computes_the_same(toy: Analysis, recipe: Recipe, size: tuple[int, int]) -> None:
    assert compared(toy, recipe, images(2, 3, *size)) < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_totals_stay(name: str) -> None:
    written = archc.analyze(archc.load(f"{name}.yaml"))
    merged = optimize(written, MERGED).analysis
    for same in ("cost", "cost_with_aux", "depth", "receptive_field", "memory"):
        assert getattr(merged, same) == getattr(written, same), same
    assert [row.output for row in merged.rows] == [row.output for row in written.rows]
    fields = [row.receptive_field for row in written.rows]
    assert [row.receptive_field for row in merged.rows] == fields
    assert [row.depth for row in merged.rows] == [row.depth for row in written.rows]
    deploy = optimize(written, DEPLOY).analysis
    assert deploy.cost_with_aux.macs == written.cost.macs
    assert (deploy.depth, deploy.receptive_field) == (written.depth, written.receptive_field)
    assert deploy.cost_with_aux.norm_params == 0
    assert deploy.cost_with_aux.weights == written.cost.weights


def test_the_peak_of_a_fork(tmp_path: Path) -> None:
    text = """\
archc: 1
name: Small
input: 2x4x4
classes: 5
modules:
  Two:
    Concat:
      a: [{Conv: 1x1, out: 3}, {Conv: 3x3, out: 5}]
      b: [{Conv: 1x1, out: 4}, {Conv: 3x3, out: 1}]
      c: {MaxPool: 3x3/1 same}
  Passing:
    Concat:
      a: [{Conv: 1x1, out: 30}, {Conv: 3x3, out: 5}]
      b: {Conv: 1x1, out: 40}
body:
"""
    peaks = []
    for module in ("Two", "Passing"):
        merged = optimize(loaded(tmp_path, f"{text}  only: {module}\n"), MERGED).analysis
        assert isinstance(merged.network.rows[0], ir.Call)
        assert isinstance(merged.network.rows[0].body, ir.Fork)
        peaks.append(merged.peak // 16)
    # Two: 2 in, 7 shared, 5 and 1 given: 2 + 7 + 5 + 1 in the second branch; the end, 6 + 2 and 8.
    # Passing: 70 shared and 5 given, beside all 45 of them joined.
    assert peaks == [16, 120]


def test_transforms_leave_the_old_tree_and_change_nothing_twice(toy: Analysis) -> None:
    before = archc.emit(toy.network)
    for transform in (drop_training, fold_norms, merge_siblings):
        once = transform(toy.network)
        assert once != toy.network
        assert transform(once) == once
        assert archc.emit(toy.network) == before
    network = archc.load("googlenet_small.yaml")
    assert fold_norms(drop_training(network)) == drop_training(fold_norms(network))


def operators(network: ir.Network) -> list[ir.Op]:
    rows = network.rows_and_heads
    return [node for row in rows for node in ir.walk(row) if isinstance(node, ir.Op)]


def test_what_is_for_training_is_dropped(toy: Analysis) -> None:
    network = drop_training(toy.network)
    assert network.aux == ()
    assert not [op for op in operators(network) if isinstance(op.operator, Dropout)]
    assert "drop" not in network.registration and "drop" not in network.sections


def test_a_norm_behind_an_activation_stays(toy: Analysis) -> None:
    network = fold_norms(drop_training(toy.network))
    assert [op.path for op in operators(network) if isinstance(op.operator, BatchNorm)] == [
        "fork1.other.2",
        "fork2.other.2",
    ]
    assert not [op for op in operators(network) if getattr(op.operator, "norm", None)]


HEAD = """\
aux:
  aux1: {Aux: Side, from: %s, loss_weight: 1.0}
modules:
  Side:
    Sequence: {pool: {AvgPool: global}, fc: {Linear: classes}}
  Norms:
    columns: [eps]
    Sequence:
      conv: {Conv: 3x3, out: 4}
      bn: {BatchNorm: {eps: eps}}
archc: 1
name: Toy
input: 3x8x8
classes: 5
body:
  conv: {Conv: 3x3, out: 4}
  bn: BatchNorm
  bn2: BatchNorm
  one: {Norms: [0.1]}
  two: {Norms: [0.001]}
  last: {Conv: 3x3, out: 4}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""


@pytest.mark.parametrize("tap", ["conv", "bn"])
def test_what_a_head_taps_is_not_folded(tmp_path: Path, tap: str) -> None:
    network = loaded(tmp_path, HEAD % tap).network
    assert [row.name for row in fold_norms(network).rows] == [row.name for row in network.rows]


@pytest.mark.usefixtures("in_float64")
def test_one_norm_is_folded_and_none_whose_eps_is_a_column(tmp_path: Path) -> None:
    written = loaded(tmp_path, HEAD % "last")
    deploy = optimize(written, DEPLOY).analysis.network
    norms = [op.path for op in operators(deploy) if isinstance(op.operator, BatchNorm)]
    assert norms == ["bn2", "one.bn", "two.bn"]
    assert compared(written, DEPLOY, images(2, 3, 8, 8)) < 1e-12


@pytest.mark.parametrize(
    "text",
    [
        "archc: 1\nname: Toy\ninput: 3x8x8\nclasses: 5\nbody: {drop: {Dropout: 0.5}}\n",
        "archc: 1\nname: Toy\ninput: 3x8x8\nclasses: 5\nbody: {d: {Dropout: 0.5}, p: Softmax}\n",
        "archc: 1\nname: Toy\ninput: 3x8x8\nclasses: 5\n"
        "modules: {M: {Sequence: [{Dropout: 0.5}, {Dropout: 0.1}]}}\nbody: {m: M, n: M}\n",
        "archc: 1\nname: Toy\ninput: 3x8x8\nclasses: 5\n"
        "modules: {M: {Concat: [{Dropout: 0.5}, [{Dropout: 0.1}, ReLU]]}}\nbody: {m: M, n: M}\n",
    ],
)
def test_networks_of_dropout_alone(tmp_path: Path, text: str) -> None:
    written = loaded(tmp_path, text)
    _, made = generated(written, DEPLOY)
    x = images(1, 3, 8, 8)
    assert torch.equal(outputs(made(), x), outputs(plain(written)(), x))


ORDER = """\
archc: 1
name: Order
input: 4x6x6
classes: 5
modules:
  Fork:
    columns: [n]
    Concat:
      left: {Conv: 1x1, out: n}
      pool: [{MaxPool: 3x3/1 same}, {Conv: 1x1, out: n}]
      right: {Conv: 1x1, out: n}
      long: [{Conv: 1x1, out: n}, {Conv: 3x3, out: n}]
body:
  only: {Fork: [3]}
"""
"""All branches have one size, so shapes do not reveal a wrong order."""


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("", ""),
        ("left, right, long = ", "right, left, long = "),
        ("left, right, long = ", "long, right, left = "),
        (
            "(left, self.pool(x), right, self.long(long))",
            "(left, right, self.long(long), self.pool(x))",
        ),
        (
            "(left, self.pool(x), right, self.long(long))",
            "(right, self.pool(x), left, self.long(long))",
        ),
        ('(_Source("left"), _Source("right"),', '(_Source("right"), _Source("left"),'),
    ],
)
def test_another_order_of_a_concat_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    """Check that the comparison in this file notices modified code."""
    written = loaded(tmp_path, ORDER)
    source = emitted(optimize(written, DEPLOY))
    assert right in source
    module = executed(source.replace(right, wrong))
    model = randomized(plain(written)())
    other = module.OrderDeploy()
    other.load_state_dict(module.convert_state(model.state_dict()))
    x = images(2, 4, 6, 6)
    found = error(outputs(other, x), outputs(model, x))
    assert found > 0.1 if right else found < 1e-12


@pytest.mark.usefixtures("in_float64")
def test_another_order_in_the_tree_is_found(tmp_path: Path) -> None:
    written = loaded(tmp_path, ORDER)
    optimized = optimize(written, DEPLOY)
    (row,) = optimized.analysis.network.rows
    assert isinstance(row, ir.Call) and isinstance(row.body, ir.Fork)
    fork = row.body
    model = randomized(plain(written)())
    x = images(2, 4, 6, 6)
    for order, right in (((0, 1, 2, 3), True), ((1, 0, 2, 3), False), ((0, 2, 3, 1), False)):
        body = fork._replace(
            parts=tuple(fork.parts[i] for i in order),
            branches=tuple(fork.branches[i] for i in order),
        )
        network = optimized.analysis.network._replace(rows=(row._replace(body=body),))
        permuted = optimized._replace(analysis=archc.analyze(network))
        module = executed(emitted(permuted))
        other = module.OrderDeploy()
        other.load_state_dict(module.convert_state(model.state_dict()))
        found = error(outputs(other, x), outputs(model, x))
        assert found < 1e-12 if right else found > 0.1


def alike(first: str, second: str) -> str:
    return f"""\
archc: 1
name: Pair
input: 4x6x6
classes: 5
modules:
  Two:
    columns: [n]
    Concat:
      first: {{Conv: 1x1, out: 4, {first}}}
      pool: [{{MaxPool: 3x3/1 same}}, {{Conv: 5x5, out: n}}]
      second: {{Conv: 1x1, out: 4, {second}}}
body:
  only: {{Two: [2]}}
"""


@pytest.mark.parametrize(
    ("second", "merges"),
    [
        ("activation: ReLU, norm: BatchNorm", True),
        ("activation: ReLU, norm: BatchNorm, groups: 1", True),
        ("norm: BatchNorm", False),
        ("activation: ReLU", False),
        ("activation: ReLU, norm: {BatchNorm: {eps: 0.1}}", False),
        ("activation: ReLU, norm: {BatchNorm: {momentum: 0.2}}", False),
        ("activation: ReLU, norm: BatchNorm, bias: true", False),
        ("activation: ReLU, norm: BatchNorm, groups: 2", False),
        ("activation: ReLU, norm: BatchNorm, groups: n", False),
    ],
)
def test_only_what_is_alike_is_merged(tmp_path: Path, second: str, merges: bool) -> None:
    text = alike("activation: ReLU, norm: BatchNorm", second)
    (row,) = merge_siblings(loaded(tmp_path, text).network).rows
    assert isinstance(row, ir.Call) and isinstance(row.body, ir.Fork) == merges


@pytest.mark.parametrize(
    "both",
    ["activation: Softmax", "groups: 2", "padding: 1"],
)
def test_what_must_not_be_merged(tmp_path: Path, both: str) -> None:
    text = alike(both, both)
    if "padding" in both:
        text = text.replace("{MaxPool: 3x3/1 same}", "{Conv: 3x3, out: 1, padding: 2}")
    (row,) = merge_siblings(loaded(tmp_path, text).network).rows
    assert isinstance(row, ir.Call) and isinstance(row.body, ir.Concat)


@pytest.mark.parametrize(
    ("wide", "merges"), [("1x1", True), ("1x1/2", False), ("3x3", False), ("1x3", False)]
)
def test_only_1x1_convolutions_are_merged(tmp_path: Path, wide: str, merges: bool) -> None:
    text = alike("bias: true", "bias: true").replace("Conv: 1x1", f"Conv: {wide}")
    text = text.replace("3x3/1 same", "3x3/2 same" if "/2" in wide else "3x3/1 same")
    (row,) = merge_siblings(loaded(tmp_path, text).network).rows
    assert isinstance(row, ir.Call) and isinstance(row.body, ir.Fork) == merges


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("name", ["toy", "googlenet_small"])
def test_merged_siblings_train_as_they_did_apart(toy: Analysis, name: str) -> None:
    """Compare one training step, with batch statistics, dropout and heads."""
    written = toy if name == "toy" else archc.analyze(archc.load(f"{name}.yaml"))
    module, made = generated(written, MERGED)
    model, other = randomized(plain(written)()), made()
    other.load_state_dict(module.convert_state(model.state_dict()))
    x = images(2, 3, 12, 10)
    target = torch.arange(2)
    losses = []
    for network in (model, other):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
        torch.manual_seed(0)
        given = network.train()(x)
        parts = [given] if isinstance(given, Tensor) else list(given)
        loss = sum((nn.functional.cross_entropy(part, target) for part in parts), torch.zeros(()))
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    before = state_of(written)
    after, restored = model.state_dict(), module.restore_state(other.state_dict())
    assert restored.keys() == after.keys()
    changed = 0
    for key, value in after.items():
        torch.testing.assert_close(restored[key], value, rtol=1e-9, atol=1e-9)
        changed += not torch.equal(value, before[key])
    assert changed == len(after)


def test_what_was_merged_is_restored_bit_for_bit(toy: Analysis) -> None:
    module, _ = generated(toy, MERGED)
    state = state_of(toy)
    before = {key: value.clone() for key, value in state.items()}
    restored = module.restore_state(module.convert_state(state))
    assert restored.keys() == before.keys() == state.keys()
    assert all(torch.equal(restored[key], before[key]) for key in before)
    assert all(torch.equal(state[key], before[key]) for key in before)


def test_without_norms_what_is_deployed_is_restored_but_for_the_heads() -> None:
    written = archc.analyze(archc.load("googlenet.yaml"))
    module, _ = generated(written, DEPLOY)
    state = state_of(written)
    restored = module.restore_state(module.convert_state(state))
    assert state.keys() - restored.keys() == {key for key in state if key.startswith("aux")}
    assert all(torch.equal(value, state[key]) for key, value in restored.items())


def test_folded_norms_are_not_restored(toy: Analysis) -> None:
    assert not hasattr(generated(toy, DEPLOY)[0], "restore_state")


def test_a_state_keeps_its_type(toy: Analysis) -> None:
    module, _ = generated(toy, DEPLOY)
    state = {k: v.half() if v.is_floating_point() else v for k, v in state_of(toy).items()}
    converted = module.convert_state(state)
    assert {value.dtype for key, value in converted.items() if "tracked" not in key} == {torch.half}


def test_the_state_is_that_of_the_analysis(toy: Analysis) -> None:
    for recipe in RECIPES:
        expected = expected_state(optimize(toy, recipe).analysis)
        state = generated(toy, recipe)[1]().state_dict()
        assert [(k, tuple(v.shape)) for k, v in state.items()] == [
            (key, tensor.shape) for key, tensor in expected.items()
        ]


State = dict[str, Tensor]
NORM = "normed1.left.bn"
KERNEL = "fork1.long.0.weight"


def bad(key: str, change: Callable[[Tensor], Tensor]) -> Callable[[State], State]:
    return lambda state: state | {key: change(state[key])}


def holed(value: Tensor) -> Tensor:
    value = value.clone()
    value.view(-1)[0] = float("nan")
    return value


FAULTS: dict[str, tuple[Callable[[State], State], str]] = {
    "a key too many": (lambda s: s | {"extra": s["fc.bias"]}, "extra is nothing in the model"),
    "one below a folded layer": (
        lambda s: s | {f"{NORM}.more": s["fc.bias"]},
        f"{NORM}.more is nothing in the model",
    ),
    "one of the other model": (
        lambda s: s | {"fork1.shared.weight": s["fc.bias"]},
        "fork1.shared.weight is nothing in the model",
    ),
    "a key missing": (lambda s: without(s, "fc.bias"), "fc.bias is missing"),
    "a sibling missing": (lambda s: without(s, "fork1.left.", True), "fork1.left is missing"),
    "a sibling's bias missing": (lambda s: without(s, "fork1.left.bias"), "the same tensors"),
    "a norm's mean missing": (
        lambda s: without(s, f"{NORM}.running_mean"),
        f"{NORM}.running_mean is missing",
    ),
    "a counter missing": (
        lambda s: without(s, f"{NORM}.num_batches_tracked"),
        f"{NORM}.num_batches_tracked is missing",
    ),
    "a folded bias missing": (
        lambda s: without(s, "normed1.biased.conv.bias"),
        "normed1.biased.conv.bias is missing",
    ),
    "a norm of one": (bad(f"{NORM}.weight", lambda v: v[:1]), "does not fit"),
    "a wrong shape": (bad("fc.weight", lambda v: v[:2]), r"fc.weight is \(2, \d+\)"),
    "other kernels": (bad(KERNEL, lambda v: v.expand(-1, -1, 3, 3)), "one shape and type"),
    "integers": (bad("fc.weight", Tensor.long), "torch.int64"),
    "a kernel of integers": (bad("normed1.left.conv.weight", Tensor.long), "type|int64"),
    "a NaN": (bad("fc.bias", holed), "fc.bias holds a number that is not finite"),
    "a NaN in a sibling": (bad(KERNEL, holed), "fork1.shared.weight holds a number"),
    "a NaN in a norm": (bad(f"{NORM}.running_mean", holed), "not finite"),
    "an infinite variance": (bad(f"{NORM}.running_var", lambda v: v / 0), "not finite"),
    "a negative variance": (bad(f"{NORM}.running_var", lambda v: -v), "not finite"),
    "siblings that trade filters": (
        lambda s: (
            s
            | {f"fork1.left.{n}": s[f"fork1.middle.{n}"] for n in ("weight", "bias")}
            | {f"fork1.middle.{n}": s[f"fork1.left.{n}"] for n in ("weight", "bias")}
        ),
        "is not of",
    ),
    "nothing": (lambda s: {}, "missing"),
}


def without(state: State, start: str, all_of_it: bool = False) -> State:
    kept = {
        k: v for k, v in state.items() if k != start and not (all_of_it and k.startswith(start))
    }
    assert len(kept) < len(state)
    return kept


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_state_is_refused(toy: Analysis, fault: str) -> None:
    change, message = FAULTS[fault]
    module, _ = generated(toy, DEPLOY)
    with pytest.raises(ValueError, match=message):
        module.convert_state(change(state_of(toy)))


def test_counters_that_differ_are_not_merged(toy: Analysis) -> None:
    module, _ = generated(toy, MERGED)
    state = state_of(toy)
    state["normed1.wide.0.bn.num_batches_tracked"] = torch.tensor(4)
    with pytest.raises(ValueError, match="num_batches_tracked is not one number"):
        module.convert_state(state)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.suffix)
def test_converting_twice_is_refused(toy: Analysis, recipe: Recipe) -> None:
    module, _ = generated(toy, recipe)
    converted = module.convert_state(state_of(toy))
    with pytest.raises(ValueError, match="converted already"):
        module.convert_state(converted)


def test_another_models_state_is_refused(toy: Analysis) -> None:
    small = archc.analyze(archc.load("googlenet_small.yaml"))
    with pytest.raises(ValueError, match="missing"):
        generated(toy, DEPLOY)[0].convert_state(state_of(small))
    with pytest.raises(ValueError, match="nothing in the model"):
        generated(toy, MERGED)[0].restore_state(state_of(toy))


def test_other_numbers_of_classes(toy: Analysis) -> None:
    module, made = generated(toy, DEPLOY)
    state = dict(plain(toy)(num_classes=3).state_dict())
    made(num_classes=3).load_state_dict(module.convert_state(state, num_classes=3))
    with pytest.raises(ValueError, match=r"fc\.weight is"):
        module.convert_state(state)


def test_merged_without_heads(toy: Analysis) -> None:
    module, made = generated(toy, MERGED)
    state = dict(plain(toy)(aux=False).state_dict())
    made(aux=False).load_state_dict(module.convert_state(state, aux=False))
    with pytest.raises(ValueError, match="aux1"):
        module.convert_state(state)


@pytest.fixture(scope="module")
def small() -> nn.Module:
    torch.manual_seed(0)
    made = generated(archc.analyze(archc.load("googlenet_small.yaml")), DEPLOY)[1]
    return made()


def test_it_is_made_for_inference(small: nn.Module) -> None:
    assert not [module for module in small.modules() if module.training]
    assert not [parameter for parameter in small.parameters() if parameter.requires_grad]
    kernels = [p for p in small.parameters() if p.dim() == 4]
    assert all(kernel.is_contiguous(memory_format=torch.channels_last) for kernel in kernels)
    features = small.inception3a(torch.zeros(1, 192, 8, 8))  # type: ignore[operator]
    assert features.is_contiguous(memory_format=torch.channels_last)
    probabilities = small.probabilities(images(2, 3, 32, 32))  # type: ignore[operator]
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


def test_it_exports(small: nn.Module) -> None:
    x = images(2, 3, 32, 32)
    exported = torch.export.export(small, (x,), strict=True)
    torch.testing.assert_close(exported.module()(x), small(x))


def test_it_compiles_as_one_graph(small: nn.Module) -> None:
    x = images(2, 3, 32, 32)
    compiled: Any = torch.compile(small, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), small(x))
    torch.compiler.reset()
