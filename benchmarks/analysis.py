"""Compares archc's static analysis of GoogLeNet with tools that count with torch.

    python benchmarks/analysis.py [--rounds N] [--json]

All contenders take turns in one process, round after round; ratios are computed within a round.
archc analyses the loaded spec; the others count the class of generated/googlenet.py, created
beforehand, for one image. Needs the extra `benchmark`.
"""

import argparse
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import torch
import torchinfo
from fvcore.nn import FlopCountAnalysis
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archc

ROOT = Path(__file__).parents[1]
TARGET = 0.25
WARM_UP = 3
REPEATS = 20  # runs of archc in a round, since a single run is too short to be warm


class Contender(NamedTuple):
    """A way to count, and how often it runs in a round. It returns its count."""

    name: str
    run: Callable[[], int]
    repeats: int = 1


class Result(NamedTuple):
    """Times in milliseconds, and ratios to archc in the same round."""

    name: str
    median: float
    minimum: float
    maximum: float
    ratio: float
    counted: int


def generated_class() -> Any:
    """Return the committed class of GoogLeNet."""
    path = ROOT / "generated" / "googlenet.py"
    spec = importlib.util.spec_from_file_location("generated_googlenet", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.GoogLeNet


def contenders() -> tuple[Contender, ...]:
    """Return the contenders, archc first."""
    network = archc.load(ROOT / "specs" / "googlenet.yaml")
    shape = (1, *network.input)
    build = generated_class()
    model: nn.Module = build().eval()
    images = torch.rand(shape)
    with torch.device("meta"):
        meta_model: nn.Module = build().eval()
        meta_images = torch.empty(shape)

    def with_torchinfo() -> int:
        statistics = torchinfo.summary(model, input_size=shape, verbose=0, device="cpu")
        return int(statistics.total_mult_adds)

    def with_fvcore() -> int:
        analysis = FlopCountAnalysis(model, images)
        analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
        return int(analysis.total())

    def with_flop_counter() -> int:
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            meta_model(meta_images)
        return int(counter.get_total_flops())

    return (
        Contender("archc.analyze", lambda: archc.analyze(network).cost.macs, REPEATS),
        Contender("hooks, meta device", lambda: with_hooks(meta_model, meta_images)),
        Contender("FlopCounterMode, meta device", with_flop_counter),
        Contender("torchinfo.summary", with_torchinfo),
        Contender("fvcore FlopCountAnalysis", with_fvcore),
    )


def with_hooks(model: nn.Module, images: Tensor) -> int:
    """Count multiply-accumulates with forward hooks on convolutions and linear layers."""
    total = 0

    def record(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output[0, 0].numel() * module.weight.numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    handles = [module.register_forward_hook(record) for module in model.modules()]
    with torch.no_grad():
        model(images)
    for handle in handles:
        handle.remove()
    return total


def measure(rounds: int) -> list[Result]:
    """Measure every contender in every round, after discarded warm-up rounds."""
    all_contenders = contenders()
    times: dict[str, list[list[float]]] = {contender.name: [] for contender in all_contenders}
    counted: dict[str, int] = {}
    for number in range(WARM_UP + rounds):
        for name, run, repeats in all_contenders:
            elapsed = []
            for _ in range(repeats):
                start = time.perf_counter()
                counted[name] = run()
                elapsed.append((time.perf_counter() - start) * 1000)
            if number >= WARM_UP:
                times[name].append(elapsed)
    baseline = [median(elapsed) for elapsed in times[all_contenders[0].name]]
    return [summary(name, times[name], baseline, counted[name]) for name, _, _ in all_contenders]


def summary(name: str, times: list[list[float]], baseline: list[float], counted: int) -> Result:
    """Return all times, and each round's ratio to archc's median."""
    pairs = zip(times, baseline, strict=True)
    singles = [time for elapsed in times for time in elapsed]
    return Result(
        name,
        median(singles),
        min(singles),
        max(singles),
        median([median(elapsed) / base for elapsed, base in pairs]),
        counted,
    )


def table(results: list[Result], rounds: int) -> str:
    """Format the results for people."""
    lines = [
        f"{rounds} rounds, interleaved, one process; milliseconds; ratio to the first row",
        "",
        f"{'':30}{'median':>9}{'min':>9}{'max':>9}{'ratio':>8}  counted",
    ]
    for name, middle, least, most, ratio, counted in results:
        lines.append(f"{name:30}{middle:9.3f}{least:9.3f}{most:9.3f}{ratio:8.0f}  {counted:,}")
    verdict = "met" if results[0].median <= TARGET else "MISSED"
    lines += ["", f"target for {results[0].name}: median <= {TARGET} ms, {verdict}"]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="archc's analysis beside tools that use torch.")
    parser.add_argument("--rounds", type=int, default=20, help="default %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("one round or more")
    results = measure(options.rounds)
    if options.json:
        rows = [result._asdict() for result in results]
        print(json.dumps({"rounds": options.rounds, "target": TARGET, "results": rows}, indent=1))
    else:
        print(table(results, options.rounds))


if __name__ == "__main__":
    main()
