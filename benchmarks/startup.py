"""Compares whole archc processes with importing the libraries that archc uses.

    python benchmarks/startup.py [--rounds N] [--json]

The baseline imports click, yaml and pydantic and creates one model. All commands take turns, round
after round, so that a slow machine affects all of them; ratios are computed within a round.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

BASELINE = """
import click, yaml, pydantic
class Model(pydantic.BaseModel):
    size: int
Model(size=1)
"""
WARM_UP = 3


class Contender(NamedTuple):
    """A command, and its limit as a multiple of the baseline."""

    name: str
    command: tuple[str, ...]
    target: float | None = None


class Result(NamedTuple):
    """Times of the whole process in milliseconds, and ratios to the baseline of the same round."""

    name: str
    median: float
    minimum: float
    maximum: float
    ratio: float
    lower_quartile: float
    upper_quartile: float
    target: float | None


def contenders(folder: str) -> tuple[Contender, ...]:
    """Return the contenders, the baseline first; build writes to ``folder``."""
    archc: tuple[str, ...] = (sys.executable, "-m", "archc")
    script = Path(sys.executable).with_name("archc")
    if script.exists():
        archc = (str(script),)
    return (
        Contender("import click, yaml, pydantic", (sys.executable, "-c", BASELINE)),
        Contender("archc --help", (*archc, "--help"), 0.35),
        Contender("archc check googlenet.yaml", (*archc, "check", "googlenet.yaml"), 1.15),
        Contender(
            "archc build googlenet.yaml",
            (*archc, "build", "googlenet.yaml", "--out", folder),
            1.30,
        ),
    )


def run(command: tuple[str, ...]) -> float:
    """Return the milliseconds of a whole process. Raises CalledProcessError if it fails."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return (time.perf_counter() - start) * 1000


def measure(rounds: int) -> list[Result]:
    """Measure every contender in every round, after rounds that fill the caches."""
    with tempfile.TemporaryDirectory() as folder:
        all_contenders = contenders(folder)
        times: dict[str, list[float]] = {contender.name: [] for contender in all_contenders}
        for number in range(WARM_UP + rounds):
            for contender in all_contenders:
                elapsed = run(contender.command)
                if number >= WARM_UP:
                    times[contender.name].append(elapsed)
    baseline = times[all_contenders[0].name]
    return [summary(contender, times[contender.name], baseline) for contender in all_contenders]


def summary(contender: Contender, times: list[float], baseline: list[float]) -> Result:
    """Return the contender's times, and their ratios to the baseline of the same round."""
    ratios = [time / base for time, base in zip(times, baseline, strict=True)]
    lower, ratio, upper = quantiles(ratios, n=4)
    return Result(
        contender.name,
        median(times),
        min(times),
        max(times),
        ratio,
        lower,
        upper,
        contender.target,
    )


def table(results: list[Result], rounds: int) -> str:
    """Format the results for people."""
    lines = [
        f"{rounds} rounds, interleaved; milliseconds of whole processes; "
        "ratio to the first row, quartiles beside it",
        "",
        f"{'':30}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}   {'quartiles':13}target",
    ]
    for result in results:
        target = ""
        if result.target is not None:
            verdict = "met" if result.ratio <= result.target else "MISSED"
            target = f"<= {result.target:.2f} {verdict}"
        spread = f"{result.lower_quartile:.2f} - {result.upper_quartile:.2f}"
        lines.append(
            f"{result.name:30}{result.median:8.1f}{result.minimum:8.1f}{result.maximum:8.1f}"
            f"{result.ratio:8.2f}   {spread:13}{target}".rstrip()
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Start-up of archc beside its libraries' import.")
    parser.add_argument("--rounds", type=int, default=20, help="default %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.rounds < 2:
        parser.error("quartiles need two rounds or more")
    results = measure(options.rounds)
    if options.json:
        rows = [result._asdict() for result in results]
        print(json.dumps({"rounds": options.rounds, "results": rows}, indent=1))
    else:
        print(table(results, options.rounds))


if __name__ == "__main__":
    main()
