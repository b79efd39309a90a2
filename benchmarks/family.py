"""Measures how archc's time grows with the number of specs and of layers.

    python benchmarks/family.py [--rounds N] [--json]

Whole processes check and build every spec in specs/, and take turns with the same for one spec,
round after round. Then this process, warm, analyses the spec with the most layers, and generated
chains of convolutions.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import archc
from archc.network.ir import Network

ROOT = Path(__file__).parents[1]
SPECS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "specs").glob("*.yaml"))
ONE = "specs/googlenet.yaml"
WARM_UP = 3
REPEATS = 20  # repetitions in a round of an analysis of a few milliseconds
CHAINS = (100, 1_000, 10_000)
CHECK_TARGET = 1.5
BUILD_TARGET = 1000.0
ANALYSIS_TARGET = 1.5
LAYER_TARGET = 3.0


class Result(NamedTuple):
    """A measurement in ``unit``, and the limit of ``value``, which is a median or a ratio."""

    name: str
    median: float
    minimum: float
    maximum: float
    unit: str
    value: float | None = None
    target: float | None = None


def run(*arguments: str) -> float:
    """Return the milliseconds of a whole archc process. Raises CalledProcessError if it fails."""
    script = Path(sys.executable).with_name("archc")
    command = (str(script),) if script.exists() else (sys.executable, "-m", "archc")
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    start = time.perf_counter()
    subprocess.run(
        (*command, *arguments), check=True, capture_output=True, cwd=ROOT, env=environment
    )
    return (time.perf_counter() - start) * 1000


def processes(rounds: int) -> list[Result]:
    """Measure check and build, for one spec and for all."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            f"archc check {ONE}": ("check", ONE),
            "archc check, all specs": ("check", *SPECS),
            f"archc build {ONE}": ("build", ONE, "--out", f"{folder}/one"),
            "archc build, all specs": ("build", *SPECS, "--out", f"{folder}/all"),
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(WARM_UP + rounds):
            for name, command in commands.items():
                elapsed = run(*command)
                if number >= WARM_UP:
                    times[name].append(elapsed)
    check_one, check_all, _, build_all = times.values()
    ratio = median(a / b for a, b in zip(check_all, check_one, strict=True))
    names = list(times)
    return [
        result(names[0], check_one),
        result(names[1], check_all)._replace(value=ratio, target=CHECK_TARGET),
        result(names[2], times[names[2]]),
        result(names[3], build_all)._replace(value=median(build_all), target=BUILD_TARGET),
    ]


def result(name: str, times: list[float], unit: str = "ms") -> Result:
    """Return the median and range."""
    return Result(name, median(times), min(times), max(times), unit)


def chain(layers: int, folder: Path) -> Network:
    """Return a network of consecutive convolutions in ten rows."""
    row = f"{{Repeat: {layers // 10}, of: {{Conv: 3x3, out: 8}}}}"
    rows = "".join(f"  stage{number}: {row}\n" for number in range(10))
    path = folder / f"chain{layers}.yaml"
    path.write_text(f"archc: 1\nname: Chain\ninput: 8x16x16\nclasses: 8\nbody:\n{rows}")
    return archc.load(path)


def timed(network: Network, repeats: int, rows: bool = False) -> list[float]:
    """Return the milliseconds of each analysis, without garbage collection, as on the command line.

    With ``rows``, the objects of all rows and layers are created as well.
    """
    elapsed = []
    gc.collect()
    gc.disable()
    for _ in range(repeats):
        start = time.perf_counter()
        analysis = archc.analyze(network)
        _ = rows and analysis.rows
        elapsed.append((time.perf_counter() - start) * 1000)
    gc.enable()
    return elapsed


def analyses(rounds: int) -> list[Result]:
    """Measure the spec with the most layers, then the chains, per layer."""
    networks = [archc.load(ROOT / spec) for spec in SPECS]
    largest = max(networks, key=lambda network: len(archc.analyze(network).shapes.ops))
    with tempfile.TemporaryDirectory() as folder:
        chains = {layers: chain(layers, Path(folder)) for layers in CHAINS}
    whole: list[float] = []
    by_layer: dict[int, list[float]] = {layers: [] for layers in CHAINS}
    with_rows: list[float] = []
    for number in range(WARM_UP + rounds):
        times = timed(largest, REPEATS)
        whole += times if number >= WARM_UP else []
        for layers, network in chains.items():
            times = timed(network, max(3, 5000 // layers))
            if number >= WARM_UP:
                by_layer[layers] += [1000 * elapsed / layers for elapsed in times]
        times = timed(chains[CHAINS[-1]], 1, rows=True)
        with_rows += [1000 * e / CHAINS[-1] for e in times] if number >= WARM_UP else []
    count = len(archc.analyze(largest).shapes.ops)
    name = f"analysis of {largest.name}, {count} layers"
    results = [result(name, whole)._replace(value=median(whole), target=ANALYSIS_TARGET)]
    for layers, times in by_layer.items():
        row = result(f"analysis of a chain of {layers:,}, by the layer", times, "us")
        results.append(row._replace(value=median(times), target=LAYER_TARGET))
    ratio = median(by_layer[CHAINS[-1]]) / median(by_layer[CHAINS[0]])
    results[-1] = results[-1]._replace(name=f"{results[-1].name} ({ratio:.2f} x of {CHAINS[0]})")
    return [*results, result("  and its rows and layers asked for", with_rows, "us")]


def table(results: list[Result], rounds: int) -> str:
    """Format the results for people."""
    lines = [
        f"{rounds} rounds, interleaved; {len(SPECS)} specs",
        "",
        f"{'':54}{'median':>9}{'min':>9}{'max':>9}      target",
    ]
    for name, middle, least, most, unit, value, target in results:
        verdict = ""
        if value is not None and target is not None:
            met = "met" if value <= target else "MISSED"
            ratio = value != middle
            shown = f"{target:g} x" if ratio else f"{target:g} {unit}"
            verdict = f"<= {shown} {met}" + (f" ({value:.2f} x)" if ratio else "")
        lines.append(f"{name:54}{middle:9.2f}{least:9.2f}{most:9.2f} {unit:4} {verdict}".rstrip())
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="archc's time by specs and by layers.")
    parser.add_argument("--rounds", type=int, default=20, help="default %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("one round or more")
    results = [*processes(options.rounds), *analyses(options.rounds)]
    if options.json:
        rows = [row._asdict() for row in results]
        print(json.dumps({"rounds": options.rounds, "results": rows}, indent=1))
    else:
        print(table(results, options.rounds))


if __name__ == "__main__":
    main()
