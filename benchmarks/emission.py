"""Measures building an ONNX model of the largest spec, from the spec and weights to the file.

    python benchmarks/emission.py [--rounds N] [--json]

Runs ``archc build --backend onnx --weights`` as whole processes, for the network as written and for
the optimised one. Takes turns with importing onnx and numpy, with writing as many bytes, and with
the emission alone, warm and in one process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from safetensors.numpy import load_file, save_file

import archc
from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state

SPECS = sorted((Path(__file__).parents[1] / "specs").glob("*.yaml"))
WARM_UP = 1
TARGET = 2000.0
BUILD = "archc build --backend onnx"


class Result(NamedTuple):
    """A measurement in milliseconds, and the limit of its median."""

    name: str
    median: float
    minimum: float
    maximum: float
    target: float | None = None


def largest() -> tuple[Path, Analysis]:
    """Return the spec with the most parameters."""
    analyses = {spec: archc.analyze(archc.load(spec)) for spec in SPECS}
    spec = max(analyses, key=lambda spec: analyses[spec].cost_with_aux.params)
    return spec, analyses[spec]


def write_weights(analysis: Analysis, file: Path) -> None:
    """Write random weights for the whole state, including counters and auxiliary heads."""
    generator = np.random.default_rng(0)
    state = {
        key: generator.random(tensor.shape, np.float32) if tensor.shape else np.zeros((), np.int64)
        for key, tensor in expected_state(analysis).items()
    }
    save_file(state, file)


def timed(action: Callable[[], object]) -> float:
    """Milliseconds."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def process(*arguments: str) -> Callable[[], object]:
    """Run a whole process, which must not fail."""
    command = (sys.executable, *arguments)
    return lambda: subprocess.run(command, check=True, capture_output=True)


def measure(rounds: int) -> tuple[str, list[Result]]:
    """Measure everything; return the largest spec's name and size, and all times."""
    spec, analysis = largest()
    with tempfile.TemporaryDirectory() as folder:
        weights, copy = Path(folder, "weights.safetensors"), Path(folder, "copy")
        write_weights(analysis, weights)
        build = ("-m", "archc", "build", str(spec), "--backend", "onnx", "--weights", str(weights))
        content = weights.read_bytes()
        given = load_file(weights)
        number = count()
        actions: dict[str, Callable[[], object]] = {
            "import onnx, numpy": process("-c", "import onnx, numpy"),
            "writing as many bytes to a new file": lambda: copy.write_bytes(content),
            f"{BUILD} --weights": lambda: process(*build, "--out", f"{folder}/{next(number)}")(),
            f"{BUILD} --weights --optimize": lambda: process(
                *build, "--optimize", "--out", f"{folder}/{next(number)}"
            )(),
            "archc.emit, warm": lambda: archc.emit(
                analysis.network, analysis, backend="onnx", weights=given
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in actions}
        for turn in range(WARM_UP + rounds):
            for name, action in actions.items():
                elapsed = timed(action)
                if turn >= WARM_UP:
                    times[name].append(elapsed)
            for file in (copy, *Path(folder).glob("*/*.onnx")):
                file.unlink()
    results = [
        Result(name, median(t), min(t), max(t), TARGET if name.startswith(BUILD) else None)
        for name, t in times.items()
    ]
    size = f"{analysis.network.name}, {analysis.cost.params:,} parameters, {len(content):,} bytes"
    return size, results


def table(size: str, results: list[Result], rounds: int) -> str:
    """Format the results for people."""
    lines = [f"{rounds} rounds, interleaved; {size}; milliseconds", ""]
    lines.append(f"{'':49}{'median':>9}{'min':>9}{'max':>9}    target")
    for name, middle, least, most, target in results:
        met = "met" if target is None or middle <= target else "MISSED"
        verdict = "" if target is None else f"<= {target:g} {met}"
        lines.append(f"{name:49}{middle:9.0f}{least:9.0f}{most:9.0f}    {verdict}".rstrip())
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long an ONNX model takes.")
    parser.add_argument("--rounds", type=int, default=10, help="default %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("one round or more")
    size, results = measure(options.rounds)
    if options.json:
        rows = [row._asdict() for row in results]
        print(json.dumps({"rounds": options.rounds, "spec": size, "results": rows}, indent=1))
    else:
        print(table(size, results, options.rounds))


if __name__ == "__main__":
    main()
