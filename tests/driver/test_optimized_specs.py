"""Tests optimised random networks: outputs, totals, and generated code."""

import hashlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from generated_code import assert_formatted, assert_linted, assert_typed, run
from hypothesis import HealthCheck, Phase, given, settings
from strategies import specs
from torch import Tensor, nn

import archc
from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state
from archc.driver.backend import Options, load_backend
from archc.driver.optimize import RECIPES, Optimized, is_invertible, optimize
from archc.network import ir
from archc.ops.plain import Identity
from archc_backends.pytorch.run.probe import observe
from archc_backends.pytorch.run.verify import differences, probe_arguments

torch.set_num_threads(1)  # the networks are so small that more threads would only wait

EXAMPLES = 100
COLLECTED = 20

repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("optimized")


@pytest.fixture
def in_float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def analysed(text: str, folder: Path) -> Analysis:
    spec = folder / "net.yaml"
    spec.write_text(text)
    return archc.analyze(archc.load(spec))


def emitted(optimized: Optimized) -> bytes:
    backend = load_backend()
    assert backend is not None
    files = backend.emit(optimized.analysis, Options("net", optimized=optimized))
    assert not isinstance(files, list), files
    return files["net.py"]


def executed(source: bytes) -> Any:
    module = ModuleType("net")
    exec(compile(source, "net.py", "exec"), module.__dict__)
    return module


def randomized(model: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for name, value in model.state_dict().items():
        if name.endswith("running_var") or (value.dim() == 1 and name.endswith("weight")):
            value.uniform_(0.5, 1.5, generator=generator)
        elif value.is_floating_point():
            scale = (2 / value[0].numel()) ** 0.5 if value.dim() > 1 else 0.3
            value.normal_(0, scale, generator=generator)
    return model


def outputs(model: nn.Module, x: Tensor) -> list[Tensor]:
    """Return the outputs; models that draw dropout alike get the same numbers."""
    torch.manual_seed(0)
    with torch.no_grad():
        given = model(x)
    return list(given) if isinstance(given, tuple) else [given]


def given_by_layers(analysis: Analysis) -> int:
    """Return the number of output elements of all layers that do not just pass their input on."""
    layers = (layer for row in analysis.rows for layer in row.layers)
    return sum(prod(x.output) for x in layers if not isinstance(x.op.operator, Identity))


def has_fork(network: ir.Network) -> bool:
    rows = network.rows_and_heads
    return any(isinstance(node, ir.Fork) for row in rows for node in ir.walk(row))


@pytest.mark.usefixtures("in_float64")
@repeatable
@given(text=specs(siblings=True))
def test_optimised_networks_compute_the_same(folder: Path, text: str) -> None:
    written = analysed(text, folder)
    (source,) = archc.emit(written.network, written).values()
    model = randomized(executed(source).Net())
    x = torch.randn(2, *written.network.input, generator=torch.Generator().manual_seed(1))
    for recipe in RECIPES:
        optimized = optimize(written, recipe)
        analysis = optimized.analysis
        module = executed(emitted(optimized))
        other = module.__dict__[analysis.network.name]()
        state = {key: value.clone() for key, value in model.state_dict().items()}
        other.load_state_dict(module.convert_state(state))
        for training in (False, True) if recipe.is_trainable else (False,):
            wanted, got = outputs(model.train(training), x), outputs(other.train(training), x)
            for one, two in zip(wanted, got, strict=True):
                torch.testing.assert_close(two, one, rtol=1e-10, atol=1e-10)
        assert hasattr(module, "restore_state") == is_invertible(analysis)
        if recipe.is_trainable:
            restored = module.restore_state(other.state_dict())
            assert restored.keys() == state.keys()
            for key, value in model.state_dict().items():
                torch.testing.assert_close(restored[key], value, rtol=1e-10, atol=1e-10)
        model.load_state_dict(state)


@repeatable
@given(text=specs(siblings=True))
def test_their_analysis_is_what_torch_does(folder: Path, text: str) -> None:
    written = analysed(text, folder)
    for recipe in RECIPES:
        optimized = optimize(written, recipe)
        analysis = optimized.analysis
        file = folder / "net.py"
        file.write_bytes(emitted(optimized))
        assert list(differences(analysis, observe(*probe_arguments(analysis, file)))) == []
        assert list(expected_state(analysis))
        before, after = written.cost_with_aux, analysis.cost_with_aux
        if recipe.is_trainable:
            assert after == before
            assert analysis.depth == written.depth
            assert analysis.receptive_field == written.receptive_field
            assert given_by_layers(analysis) == given_by_layers(written)
        assert [row.output for row in analysis.rows][-1] == [row.output for row in written.rows][-1]


def test_random_networks_are_merged_and_folded(folder: Path) -> None:
    """Check that the networks have the features that these tests need."""
    seen = {"forks": 0, "folds": 0, "both": 0}

    @repeatable
    @given(text=specs(siblings=True))
    def collect(text: str) -> None:
        deploy, merged = (optimize(analysed(text, folder), recipe).analysis for recipe in RECIPES)
        forks, folds = has_fork(merged.network), not is_invertible(deploy)
        seen["forks"] += forks
        seen["folds"] += folds
        seen["both"] += forks and folds

    collect()
    assert all(count >= 10 for count in seen.values()), seen


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the generated code of the shipped specs and of the longest random ones."""
    folder = tmp_path_factory.mktemp("collected")
    texts: set[str] = set()

    @repeatable
    @given(text=specs(siblings=True))
    def collect(text: str) -> None:
        texts.add(text)

    collect()
    longest = sorted(texts, key=lambda text: (len(text), text))[-COLLECTED:]
    networks = [analysed(text, folder) for text in longest]
    shipped = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
    networks += [archc.analyze(archc.load(spec)) for spec in shipped]
    for i, written in enumerate(networks):
        for recipe in RECIPES:
            source = emitted(optimize(written, recipe))
            (folder / f"net{i}_{recipe.suffix}.py").write_bytes(source)
    return folder


def test_the_code_is_laid_out_as_the_formatter_does_it(collected: Path) -> None:
    assert_formatted(collected)


def test_the_code_is_clean_under_the_linter(collected: Path) -> None:
    assert_linted(collected)


@pytest.mark.slow
def test_the_code_is_typed_strictly(collected: Path) -> None:
    assert_typed(collected, "optimized")


_DIGESTS = """
import hashlib
import archc
from archc.driver.backend import Options, load_backend
from archc.ops.plain import Identity
from archc.driver.optimize import RECIPES, optimize
for name in ("googlenet_bn", "inception_v3"):
    written = archc.analyze(archc.load(f"{name}.yaml"))
    for recipe in RECIPES:
        optimized = optimize(written, recipe)
        files = load_backend().emit(optimized.analysis, Options("net", optimized=optimized))
        print(hashlib.sha256(files["net.py"]).hexdigest())
"""


def test_emitting_depends_on_nothing_but_the_spec() -> None:
    first, second = (run("-c", _DIGESTS, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first == second
    assert len(set(first.split())) == 4
    written = archc.analyze(archc.load("googlenet_bn.yaml"))
    own = hashlib.sha256(emitted(optimize(written, RECIPES[0]))).hexdigest()
    assert first.split()[0] == own
