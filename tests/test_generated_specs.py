"""Random networks: the analysis is what torch does, and the generated code is what is meant.

The interpreter below is a second reading of the IR, straight through torch.nn.functional.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from models import executed, randomized
from strategies import specs
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

import archc
from archc import ir
from archc.analysis import Analysis
from archc.ops.activation import Activation, ReLU, Softmax
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.normalization import LRN, Affine, BatchNorm
from archc.ops.operator import Operator
from archc.ops.plain import Dropout, Flatten, Identity
from archc.ops.pooling import AdaptiveAvgPool, AvgPool, MaxPool
from archc_backends.pytorch.probe import observe
from archc_backends.pytorch.verify import differences, request

torch.set_num_threads(1)  # the networks are so small that threads only wait for each other

EXAMPLES = 200
COLLECTED = 40
BATCH = 2

repeatable = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def compiled(text: str, folder: Path) -> tuple[Analysis, bytes]:
    """The analysis of a spec's text, and the code generated for it."""
    spec = folder / "net.yaml"
    spec.write_text(text)
    network = archc.load(spec)
    analysis = archc.analyze(network)
    return analysis, archc.emit(network, analysis)["net.py"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("networks")


@repeatable
@given(text=specs())
def test_torch_agrees_with_the_analysis(folder: Path, text: str) -> None:
    analysis, source = compiled(text, folder)
    file = folder / "net.py"
    file.write_bytes(source)
    observed = observe(*request(analysis, file))
    assert list(differences(analysis, observed)) == []


class Interpreter:
    """Runs the IR on weights by path; running statistics are kept in ``state``."""

    def __init__(self, state: Mapping[str, Tensor], training: bool) -> None:
        self.state = {key: value.clone() for key, value in state.items()}
        self.training = training

    def network(self, network: ir.Network, x: Tensor) -> list[Tensor]:
        """The logits, then the auxiliary heads' outputs while training."""
        rows = network.rows
        if isinstance(rows[-1], ir.Op) and isinstance(rows[-1].operator, Softmax):
            rows = rows[:-1]
        taps = {}
        for row in rows:
            x = taps[row.name] = self.node(row, x)
        heads = network.aux if self.training else ()
        return [x, *(self.node(head.body, taps[head.tap]) for head in heads)]

    def node(self, node: ir.Node, x: Tensor) -> Tensor:
        if isinstance(node, ir.Op):
            return self.operator(node.operator, node.path, x)
        if isinstance(node, ir.Concat):
            return torch.cat([self.node(branch, x) for branch in node.branches], 1)
        if isinstance(node, ir.Residual):
            body = self.node(node.body, x) * node.scale
            straight = x if node.shortcut is None else self.node(node.shortcut, x)
            return activate(node.activation, body + straight)
        for child in node.children:
            x = self.node(child, x)
        return x

    def operator(self, operator: Operator, path: str, x: Tensor) -> Tensor:
        weight, bias = (self.state.get(f"{path}.{name}") for name in ("weight", "bias"))
        if isinstance(operator, Conv):
            if operator.norm is not None:
                weight, bias = (self.state.get(f"{path}.conv.{n}") for n in ("weight", "bias"))
            assert weight is not None
            x = F.conv2d(x, weight, bias, operator.stride, operator.pads, 1, operator.groups)
        elif isinstance(operator, SeparableConv):
            depthwise, weight = (
                self.state[f"{path}.{part}.weight"] for part in ("depthwise", "pointwise")
            )
            bias = self.state.get(f"{path}.pointwise.bias")
            x = F.conv2d(x, depthwise, None, operator.stride, operator.pads, 1, x.shape[1])
            x = F.conv2d(x, weight, bias)
        elif isinstance(operator, Linear):
            assert weight is not None
            x = F.linear(x.flatten(1), weight, bias)
        if isinstance(operator, Conv | SeparableConv) and operator.norm is not None:
            x = self.norm(operator.norm, f"{path}.bn", x)
        if isinstance(operator, Conv | SeparableConv | Linear):
            return activate(operator.activation, x)
        if isinstance(operator, BatchNorm):
            return self.norm(operator, path, x)
        return stateless(operator, x)

    def norm(self, norm: BatchNorm, path: str, x: Tensor) -> Tensor:
        mean, var, weight, bias = (
            self.state[f"{path}.{name}"]
            for name in ("running_mean", "running_var", "weight", "bias")
        )
        self.state[f"{path}.num_batches_tracked"] += self.training
        return F.batch_norm(x, mean, var, weight, bias, self.training, norm.momentum, norm.eps)


def activate(activation: Activation | None, x: Tensor) -> Tensor:
    return x if activation is None else stateless(activation, x)


def stateless(operator: Operator, x: Tensor) -> Tensor:
    """An operator without weights; Dropout drops nothing here."""
    if isinstance(operator, ReLU):
        return F.relu(x)
    if isinstance(operator, Softmax):
        return F.softmax(x, 1)
    if isinstance(operator, Flatten):
        return x.flatten(1)
    if isinstance(operator, MaxPool):
        stride = operator.window.stride
        return F.max_pool2d(
            x, operator.window.kernel, stride, operator.pads, ceil_mode=operator.ceil
        )
    if isinstance(operator, AvgPool):
        if isinstance(operator.window, str):
            return x.mean((2, 3), keepdim=True)
        return F.avg_pool2d(
            x,
            operator.window.kernel,
            operator.window.stride,
            operator.pads,
            operator.ceil,
            operator.count_padding is not False,
        )
    if isinstance(operator, AdaptiveAvgPool):
        return F.adaptive_avg_pool2d(x, operator.size)
    if isinstance(operator, LRN):
        return F.local_response_norm(x, operator.size, operator.alpha, operator.beta, operator.k)
    if isinstance(operator, Affine):
        scales, shift = (
            torch.tensor(numbers, dtype=x.dtype).view(-1, 1, 1)
            for numbers in (operator.scales, operator.shift or (0.0,) * len(operator.scales))
        )
        return x * scales + shift
    assert isinstance(operator, Dropout | Identity), f"{operator!r} is not interpreted"
    return x


@pytest.fixture
def in_float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_float64")
@repeatable
@given(text=specs())
def test_generated_code_computes_what_the_ir_says(folder: Path, text: str) -> None:
    analysis, source = compiled(text, folder)
    network = analysis.network
    model = executed(source)()
    randomized(model)
    images = torch.randn(BATCH, *network.input, generator=torch.Generator().manual_seed(1))
    for training in (False, True):
        interpreter = Interpreter(model.state_dict(), training)
        expected = interpreter.network(network, images)
        with torch.no_grad():
            output = model.train(training)(images)
        outputs = list(output) if isinstance(output, tuple) else [output]
        assert len(outputs) == len(expected)
        for got, want in zip(outputs, expected, strict=True):
            assert torch.isfinite(got).all()
            torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-10)
        for key, value in model.state_dict().items():
            torch.testing.assert_close(value, interpreter.state[key], rtol=1e-10, atol=1e-10)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of specs beside the code generated for them."""
    folder = tmp_path_factory.mktemp("collected")
    texts: set[str] = set()

    @settings(repeatable, phases=[Phase.generate])
    @given(text=specs())
    def collect(text: str) -> None:
        texts.add(text)

    collect()
    longest = sorted(texts, key=lambda text: (len(text), text))[-COLLECTED:]
    assert len(longest) == COLLECTED
    for i, text in enumerate(longest):
        _, source = compiled(text, folder)
        (folder / "net.yaml").rename(folder / f"net{i}.yaml")
        (folder / f"net{i}.py").write_bytes(source)
    return folder


def run(*arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


CONFIG = str(Path(__file__).parents[1] / "pyproject.toml")


def test_generated_code_is_laid_out_as_the_formatter_does_it(collected: Path) -> None:
    run("-m", "ruff", "format", "--no-cache", "--config", CONFIG, "--diff", str(collected))


def test_generated_code_is_clean_under_the_linter(collected: Path) -> None:
    run("-m", "ruff", "check", "--no-cache", "--config", CONFIG, str(collected))


def test_generated_code_is_typed_strictly(collected: Path, pytestconfig: pytest.Config) -> None:
    files = [str(file) for file in sorted(collected.glob("*.py"))]
    cache = pytestconfig.rootpath / ".mypy_cache" / "generated"
    run("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *files)


_DIGESTS = """
import hashlib, pathlib, sys
import archc
for spec in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    (source,) = archc.emit(archc.load(spec)).values()
    print(spec.stem, hashlib.sha256(source).hexdigest())
"""


def test_emitting_depends_on_nothing_but_the_spec(collected: Path) -> None:
    first, second = (
        run("-c", _DIGESTS, str(collected), PYTHONHASHSEED=seed).split() for seed in ("1", "2")
    )
    assert first == second
    emitted = {
        file.stem: hashlib.sha256(file.read_bytes()).hexdigest() for file in collected.glob("*.py")
    }
    assert dict(zip(first[::2], first[1::2], strict=True)) == emitted
