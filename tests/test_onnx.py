"""What ONNX models compute: the same as the generated class, in ONNX Runtime and by definition.

ONNX Runtime is what people run. The ONNX project's reference evaluator is slow and says what each
operator means; there numbers are compared in float64.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from models import executed, randomized
from onnx.reference import ReferenceEvaluator
from strategies import specs
from torch import Tensor, nn

import archc
from archc.analysis import Analysis

torch.set_num_threads(1)

ROOT = Path(__file__).parents[1]
SHIPPED = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
GOOD = sorted((ROOT / "tests" / "specs" / "good").glob("*.yaml"))
SMALLER = {"googlenet_bn": "3x97x131", "inception_v3": "3x107x139", "googlenet_small": "3x21x27"}
"""Inputs of other sizes, odd ones, where all pools round in another way."""
BATCH = 3
EXAMPLES = 100

repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def modelled(spec: Path, dtype: torch.dtype) -> tuple[Analysis, Any, bytes]:
    """A spec's analysis, its class with random numbers, and the ONNX model of the same numbers."""
    network = archc.load(spec)
    analysis = archc.analyze(network)
    (source,) = archc.emit(network, analysis).values()
    model = executed(source, network.name)().to(dtype).eval()
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
    """What ONNX Runtime gives."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"images": x.numpy()}), strict=True))


def assert_close(got: Any, want: Any, tolerance: float) -> None:
    """Equal outputs, to a tolerance relative to the largest number of each."""
    assert got.keys() == want.keys()
    for name, expected in want.items():
        assert got[name].shape == expected.shape
        assert got[name].dtype == expected.dtype
        assert np.isfinite(expected).all()
        largest = np.abs(expected).max()
        assert np.abs(got[name] - expected).max() <= tolerance * largest, name


@pytest.mark.parametrize("stem", [*SHIPPED, *(f"{stem} at {SMALLER[stem]}" for stem in SMALLER)])
def test_onnx_runtime_gives_what_the_class_gives(stem: str, tmp_path: Path) -> None:
    stem, _, size = stem.partition(" at ")
    spec = ROOT / "specs" / f"{stem}.yaml"
    if size:
        spec = tmp_path / "smaller.yaml"
        spec.write_text(f"extends: {stem}.yaml\nname: Smaller\ninput: {size}\n")
    analysis, model, content = modelled(spec, torch.float32)
    x = images(analysis, torch.float32)
    want = outputs(model, x)
    assert_close(run(content, x), want, 1e-4)
    alone = {name: value[:1] for name, value in want.items()}
    assert_close(run(content, x[:1]), alone, 1e-4)


def defined(content: bytes, x: Tensor) -> dict[str, "np.ndarray[Any, Any]"]:
    """What the reference evaluator gives."""
    evaluator = ReferenceEvaluator(content)
    given = evaluator.run(None, {"images": x.numpy()})
    return dict(zip(evaluator.output_names, given, strict=True))


def as_attributes(model: nn.Module) -> None:
    """Round the numbers that are attributes of ONNX nodes, which are float32 in any model."""
    for module in model.modules():
        for name in ("eps", "alpha", "beta", "k"):
            odd = not isinstance(module, nn.LocalResponseNorm) or module.size % 2
            if odd and isinstance(value := getattr(module, name, None), float):
                setattr(module, name, float(np.float32(value)))


def assert_by_definition(spec: Path) -> None:
    analysis, model, content = modelled(spec, torch.float64)
    as_attributes(model)
    x = images(analysis, torch.float64)
    assert_close(defined(content, x), outputs(model, x), 1e-10)


@pytest.mark.parametrize("spec", GOOD, ids=lambda path: path.stem)
def test_by_definition_it_is_what_the_class_computes(spec: Path) -> None:
    assert_by_definition(spec)


@repeatable
@given(text=specs())
def test_random_networks_by_definition(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    spec = tmp_path_factory.getbasetemp() / "net.yaml"
    spec.write_text(text)
    assert_by_definition(spec)
