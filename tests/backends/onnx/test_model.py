"""Tests that ONNX models compute the same as the generated class.

Models run in ONNX Runtime, which people use, and in the ONNX project's reference evaluator, which
is slow but defines the operators, and computes in float64.
"""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from models import executed, randomized
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from shipped import NAMES, SPECS, by_cost
from strategies import specs
from torch import Tensor, nn

import archc
from archc.analyses import Analysis

torch.set_num_threads(1)

ROOT = Path(__file__).parents[3]
GOOD = sorted((ROOT / "tests" / "specs" / "good").glob("*.yaml"))
SMALLER = {"googlenet_bn": "3x97x131", "inception_v4": "3x107x139", "googlenet_small": "3x21x27"}
"""Odd input sizes, at which all pools round differently."""
BATCH = 3
EXAMPLES = 100

repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def modelled(spec: Path, dtype: torch.dtype) -> tuple[Analysis, Any, bytes]:
    """A spec's analysis, its class with random weights, and the ONNX model with these weights."""
    network = archc.load(spec)
    analysis = archc.analyze(network)
    (source,) = archc.emit(network, analysis).values()
    torch.set_default_dtype(dtype)
    try:
        model = executed(source, network.name)().eval()
    finally:
        torch.set_default_dtype(torch.float32)
    randomized(model)
    (content,) = archc.emit(network, analysis, backend="onnx", weights=model.state_dict()).values()
    onnx.checker.check_model(content, full_check=True)
    return analysis, model, content


def images(analysis: Analysis, dtype: torch.dtype) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(BATCH, *analysis.network.input, generator=generator, dtype=dtype)


def outputs(model: Any, x: Tensor) -> dict[str, "np.ndarray[Any, Any]"]:
    with torch.no_grad():
        given = {"logits": model(x)}
        if hasattr(model, "probabilities"):
            given["probabilities"] = model.probabilities(x)
    return {name: value.numpy() for name, value in given.items()}


def run(content: bytes, x: Tensor) -> dict[str, "np.ndarray[Any, Any]"]:
    """Return the outputs in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"images": x.numpy()}), strict=True))


def assert_close(got: Any, want: Any, tolerance: float) -> None:
    """Assert that outputs agree, relative to the largest number of each."""
    assert got.keys() == want.keys()
    for name, expected in want.items():
        assert got[name].shape == expected.shape
        assert got[name].dtype == expected.dtype
        assert np.isfinite(expected).all()
        largest = np.abs(expected).max()
        assert np.abs(got[name] - expected).max() <= tolerance * largest, name


SIZED = [f"{stem} at {size}" for stem, size in SMALLER.items()]


@pytest.mark.parametrize("stem", by_cost([*NAMES, *SIZED]))
def test_onnx_runtime_gives_what_the_class_gives(stem: str, tmp_path: Path) -> None:
    stem, _, size = stem.partition(" at ")
    spec = SPECS / f"{stem}.yaml"
    if size:
        spec = tmp_path / "smaller.yaml"
        spec.write_text(f"extends: {stem}.yaml\nname: Smaller\ninput: {size}\n")
    analysis, model, content = modelled(spec, torch.float32)
    x = images(analysis, torch.float32)
    want = outputs(model, x)
    assert_close(run(content, x), want, 1e-4)
    alone = {name: value[:1] for name, value in want.items()}
    assert_close(run(content, x[:1]), alone, 1e-4)


class LRN(OpRun):
    """LRN as ONNX defines it; the evaluator's own version confuses channels and images."""

    op_domain = ""

    def _run(self, x: Any, alpha: float, beta: float, bias: float, size: int) -> tuple[Any]:
        before, after = (size - 1) // 2, size // 2
        padded = np.pad(x**2, ((0, 0), (before, after), (0, 0), (0, 0)))
        squares = sum(padded[:, i : i + x.shape[1]] for i in range(size))
        return (x / (bias + alpha / size * squares) ** beta,)


def defined(content: bytes, x: Tensor) -> dict[str, "np.ndarray[Any, Any]"]:
    """Return the outputs in the reference evaluator."""
    evaluator = ReferenceEvaluator(content, new_ops=[LRN])
    given = evaluator.run(None, {"images": x.numpy()})
    return dict(zip(evaluator.output_names, given, strict=True))


def as_attributes(model: nn.Module) -> None:
    """Round the numbers that become attributes of ONNX nodes, which are always float32."""
    for module in model.modules():
        for name in ("eps", "alpha", "beta", "k"):
            odd = not isinstance(module, nn.LocalResponseNorm) or module.size % 2
            if odd and isinstance(value := getattr(module, name, None), float):
                setattr(module, name, float(np.float32(value)))


@pytest.mark.parametrize("spec", GOOD, ids=lambda path: path.stem)
def test_by_definition_it_is_what_the_class_computes(spec: Path) -> None:
    analysis, model, content = modelled(spec, torch.float64)
    as_attributes(model)
    x = images(analysis, torch.float64)
    assert_close(defined(content, x), outputs(model, x), 1e-10)


@repeatable
@given(text=specs())
def test_random_networks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    # Not in the reference evaluator: its pools fail for windows that are not square.
    spec = tmp_path_factory.getbasetemp() / "net.yaml"
    spec.write_text(text)
    analysis, model, content = modelled(spec, torch.float32)
    x = images(analysis, torch.float32)
    assert_close(run(content, x), outputs(model, x), 1e-4)


KERNELS = ("1x1", "2x2", "3x3", "2x3", "4x1", "5x5")
STRIDES = ("1", "2", "3x2", "4")
SIZES = ("5x5", "6x9", "7x8", "11x10")
POOLS_AT_ONCE = 200  # a spec may have a limited number of keys


def pools(size: str) -> list[str]:
    """Yield every fitting pool with these kernels, strides and paddings as a branch of a Concat."""
    found = []
    height, width = map(int, size.split("x"))
    for kernel, stride, ceil in product(KERNELS, STRIDES, ("true", "false")):
        high, wide = map(int, kernel.split("x"))
        for down, across in product(range(high // 2 + 1), range(wide // 2 + 1)):
            if high > height + 2 * down or wide > width + 2 * across:
                continue
            fields = f"{kernel}/{stride}, padding: {down}x{across}, ceil: {ceil}"
            found.append(f"{{MaxPool: {fields}}}")
            for counts in ("true", "false"):
                found.append(f"{{AvgPool: {fields}, count_padding: {counts}}}")
    grids = product(range(1, 9), (1, 2, 3, 7))
    return found + [f"{{AdaptiveAvgPool: {rows}x{columns}}}" for rows, columns in grids]


def branches(layers: list[str], size: str, folder: Path) -> Path:
    """Return a spec that applies each layer to the same input and outputs all results."""
    spec = folder / "net.yaml"
    rows = "".join(f"      - [{layer}, Flatten]\n" for layer in layers)
    head = f"archc: 1\nname: Net\ninput: {size}\nclasses: 5\nmodules:\n  All:\n    Concat:\n"
    spec.write_text(f"{head}{rows}body:\n  each: All\n")
    return spec


@pytest.mark.parametrize("size", SIZES)
def test_every_pool_is_torchs(size: str, tmp_path: Path) -> None:
    layers = pools(size)
    assert len(layers) > 500
    for start in range(0, len(layers), POOLS_AT_ONCE):
        spec = branches(layers[start : start + POOLS_AT_ONCE], f"2x{size}", tmp_path)
        analysis, model, content = modelled(spec, torch.float32)
        # All numbers are negative, so a maximum over zero padding would differ.
        x = -1 - images(analysis, torch.float32).abs()
        assert_close(run(content, x), outputs(model, x), 1e-6)


def test_every_lrn_is_torchs(tmp_path: Path) -> None:
    layers = [
        f"{{LRN: {size}, alpha: {alpha}, beta: {beta}, k: {k}}}"
        for size in range(1, 9)
        for alpha, beta, k in ((0.0001, 0.75, 1.0), (0.9, 0.5, 2.0))
    ]
    analysis, model, content = modelled(branches(layers, "6x4x5", tmp_path), torch.float32)
    x = images(analysis, torch.float32)
    assert_close(run(content, x), outputs(model, x), 1e-6)
