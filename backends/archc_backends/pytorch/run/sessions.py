"""Loads modules for a workload of ``archc bench`` and times them. Imports torch."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from archc.analyses import Analysis
from archc.bench.runtimes import Mode, Workload
from archc.diagnostics import Diagnostic, SpecError
from archc.driver.backend import Backend, Options
from archc.driver.optimize import DEPLOY, MERGED, optimize
from archc_backends.common.workload import OUTPUTS, Passes, images, labels, random_state
from archc_backends.pytorch.run.load import convert_weights, load_module
from archc_backends.pytorch.run.modes import CHANNELS_LAST, COMPILED, GRAPH

SIDE = {"cpu": 1024, "cuda": 8192}
"""The side of the matrices whose product measures the FLOP rate, by device."""
COPIED = 32 * 2**20
"""Bytes copied to measure memory bandwidth: more than the caches of a core hold."""
PASSES = 10
Loss = Callable[[Any, Tensor], Tensor]
Run = Callable[[], Tensor]


def start_generated(
    analysis: Analysis, workload: Workload, mode: Mode, backend: Backend
) -> "TorchPasses":
    """Start a session of the generated class with the workload's weights. Raises SpecError."""
    file = load_module(analysis, backend, Options("live"))
    model = load_weights(_create(file, analysis, workload), analysis)
    loss = getattr(file, "total_loss", nn.functional.cross_entropy)
    if mode.role == "optimized":
        optimized = optimize(analysis, MERGED if workload.train else DEPLOY)
        state = convert_weights(optimized, backend, model.state_dict(), back=False)
        if isinstance(state, Diagnostic):
            raise SpecError([state])
        analysis = optimized.analysis
        file = load_module(analysis, backend, Options("live", optimized=optimized))
        model = _create(file, analysis, workload)
        model.load_state_dict(state)
    return start_module(model, analysis, workload, mode, loss)


def load_weights(model: nn.Module, analysis: Analysis) -> nn.Module:
    """Load the workload's weights into the model, except counters, and return the model."""
    weights = {key: torch.from_numpy(array) for key, array in random_state(analysis).items()}
    state = model.state_dict()
    model.load_state_dict({key: weights.get(key, value) for key, value in state.items()})
    return model


def start_module(
    model: nn.Module,
    analysis: Analysis,
    workload: Workload,
    mode: Mode,
    loss: Loss = nn.functional.cross_entropy,
) -> "TorchPasses":
    """Start a session of the model on the workload's device, in the mode's dtype and options.

    ``analysis`` is that of the network that the model implements. ``loss`` is used in training.
    """
    torch.set_num_threads(workload.threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    dtype = getattr(torch, mode.dtype)
    inputs = torch.from_numpy(images(analysis, workload)).to(workload.device, dtype)
    model.to(workload.device, dtype)
    if CHANNELS_LAST in mode.options:
        nn.utils.convert_conv2d_weight_memory_format(model, torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    names = dict(model.named_modules())
    layers = {op.path: names[op.path] for op in analysis.shapes.ops if op.path in names}
    if workload.train:
        weight = next(value for value in model.parameters() if value.dim() == 4)
        step = partial(
            _step, _prepare_training(model, mode), loss, inputs, _labels(analysis, workload)
        )
        return TorchPasses(step, partial(_gradients, step, weight), workload, {})
    model.eval().requires_grad_(False)
    run: Run = partial(_without_gradients, _prepare_inference(model, workload, mode), inputs)
    if GRAPH in mode.options:
        run = _cuda_graph(run)
    eager = workload.device == "cpu" and COMPILED not in mode.options
    return TorchPasses(run, partial(_logits, run), workload, layers if eager else {})


class TorchPasses(Passes):
    """Passes on a CPU or a GPU, with CUDA events as the clock of the GPU."""

    def __init__(
        self,
        run: Run,
        read: Callable[[], list[list[float]]],
        workload: Workload,
        layers: Mapping[str, nn.Module],
    ) -> None:
        super().__init__(run, read)
        self._cuda = workload.device == "cuda"
        self._layers = layers

    def time(self, seconds: float) -> list[float]:
        """Time passes, on a GPU from the start of the first kernel to the end of the last."""
        if not self._cuda:
            return super().time(seconds)
        event: Any = torch.cuda.Event
        times: list[float] = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            start, stop = event(enable_timing=True), event(enable_timing=True)
            start.record()
            self.run()
            stop.record()
            stop.synchronize()
            times.append(start.elapsed_time(stop) / 1000)
        return times

    def memory(self) -> int | None:
        """Return the most memory that torch allocated on the GPU."""
        return torch.cuda.max_memory_allocated() if self._cuda else None

    def layers(self) -> Mapping[str, float]:
        """Return the median time of each layer's call over some passes."""
        times: dict[str, list[float]] = {path: [] for path in self._layers}
        started: dict[str, float] = {}

        def start(path: str, module: nn.Module, inputs: Any) -> None:
            started[path] = time.perf_counter()

        def stop(path: str, module: nn.Module, inputs: Any, output: Any) -> None:
            times[path].append(time.perf_counter() - started[path])

        hooks = []
        for path, module in self._layers.items():
            hooks.append(module.register_forward_pre_hook(partial(start, path)))
            hooks.append(module.register_forward_hook(partial(stop, path)))
        for _ in range(PASSES if hooks else 0):
            self.run()
        for hook in hooks:
            hook.remove()
        return {path: median(found) for path, found in times.items() if found}


def microbenchmark(workload: Workload, mode: Mode) -> TorchPasses:
    """Start a microbenchmark of the machine: a product of large matrices, or a large copy."""
    torch.set_num_threads(workload.threads)
    torch.set_float32_matmul_precision("highest")
    device, dtype = workload.device, getattr(torch, mode.dtype)
    if mode.role == "flops":
        side = SIDE[device]
        a, b = torch.randn(2, side, side, device=device).to(dtype)
        run, amount = partial(torch.mm, a, b), 2.0 * side**3
    else:
        source = torch.ones(COPIED // 4, device=device)
        run, amount = partial(torch.empty_like(source).copy_, source), 2.0 * COPIED
    passes = TorchPasses(run, list, workload, {})
    passes.amount = amount
    return passes


def _create(file: Any, analysis: Analysis, workload: Workload) -> nn.Module:
    """Create the network, with auxiliary heads only for training."""
    network_class = getattr(file, analysis.network.name)
    aux = {"aux": workload.train} if analysis.network.aux else {}
    model: nn.Module = network_class(**aux)
    return model


def _prepare_training(model: nn.Module, mode: Mode) -> Any:
    """Set training mode, without dropout, so that all modes compute the same."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    model.train()
    return torch.compile(model) if COMPILED in mode.options else model


def _prepare_inference(model: nn.Module, workload: Workload, mode: Mode) -> Any:
    if COMPILED not in mode.options:
        return model
    # Make weights constants. As an option of torch.compile, freezing has no effect.
    inductor: Any = import_module("torch._inductor.config")
    inductor.freezing = workload.device == "cpu"
    return torch.compile(model)


def _labels(analysis: Analysis, workload: Workload) -> Tensor:
    return torch.tensor(labels(analysis, workload), device=workload.device)


def _step(model: Any, loss: Loss, inputs: Tensor, wanted: Tensor) -> Tensor:
    model.zero_grad(set_to_none=True)
    value = loss(model(inputs), wanted)
    torch.autograd.backward(value)
    return value.detach()


@torch.no_grad()
def _without_gradients(model: Any, inputs: Tensor) -> Tensor:
    output: Tensor = model(inputs)
    return output


def _cuda_graph(run: Run) -> Run:
    """Record a pass as a CUDA graph, and return a function that replays it."""
    run()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = run()

    def replay() -> Tensor:
        graph.replay()
        return output

    return replay


def _logits(run: Run) -> list[list[float]]:
    return [run().flatten().tolist()]


def _gradients(run: Run, weight: Tensor) -> list[list[float]]:
    value = run()
    assert weight.grad is not None
    return [[float(value)], weight.grad.flatten()[:OUTPUTS].tolist()]
