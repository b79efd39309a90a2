"""Statistics of the measurements: medians, ratios, shares of the peak, output differences."""

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from statistics import median, quantiles
from typing import NamedTuple

from archc.bench.rounds import Run
from archc.bench.runtimes import Mode, Role, Workload
from archc.diagnostics import Code, Diagnostic

TOLERANCES = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""Largest difference of equal outputs, relative to the largest output."""
GRADIENT_TOLERANCE = 5e-2
"""The same for gradients. A rounding error can flip a ReLU or the maximum of a pool, so gradients
differ more than outputs. The tests compare gradients in float64, where they agree."""


class Result(NamedTuple):
    """The statistics of one mode, in seconds per batch.

    ``share`` is the rate relative to matrix products on the same machine. ``ratio`` is the speed
    relative to the first mode, the median over rounds; None if the two compute different outputs.
    ``differences`` are the largest differences between parts of their outputs, each relative to the
    part's largest number.
    """

    run: Run
    seconds: float
    quartiles: tuple[float, float]
    throughput: float
    ratio: float | None
    share: float | None
    differences: tuple[float, ...]


class Results(NamedTuple):
    """The results of one workload. ``rates`` are operations or bytes per second, by role and dtype.

    ``partial``: an interruption ended it early, after the same number of rounds for each mode.
    """

    workload: Workload
    results: tuple[Result, ...]
    rates: dict[tuple[Role, str], float]
    failed: tuple[Run, ...]
    partial: bool = False

    @property
    def rounds(self) -> int:
        """The number of complete rounds."""
        return len(self.results[0].run.seconds) if self.results else 0


def excess(differences: Sequence[float], mode: Mode) -> tuple[float, float] | None:
    """Return the first difference above its tolerance, with the tolerance; None without any."""
    allowed = [TOLERANCES[mode.dtype], *[GRADIENT_TOLERANCE] * (len(differences) - 1)]
    pairs = zip(differences, allowed, strict=True)
    return next((pair for pair in pairs if not pair[0] <= pair[1]), None)


def summarize(workload: Workload, runs: Sequence[Run], macs: int) -> Results:
    """Return the results; ``macs`` counts one image in the network as written."""
    measured = [run for run in runs if run.seconds]
    microbenchmarks = {
        (run.mode.role, run.mode.dtype): run for run in measured if run.mode.is_microbenchmark
    }
    networks = [run for run in measured if not run.mode.is_microbenchmark]
    results = tuple(
        _result(run, networks[0], microbenchmarks.get(("flops", run.mode.dtype)), workload, macs)
        for run in networks
    )
    rates = {key: run.amount / median(run.seconds) for key, run in microbenchmarks.items()}
    return Results(workload, results, rates, tuple(run for run in runs if run.error))


def _result(run: Run, base: Run, product: Run | None, workload: Workload, macs: int) -> Result:
    apart = differences(run.outputs, base.outputs)
    same = excess(apart, run.mode) is None
    middle = median(run.seconds)
    low, _, high = quantiles(run.seconds, n=4) if len(run.seconds) > 1 else (middle,) * 3
    ratio = median(a / b for a, b in zip(base.seconds, run.seconds, strict=True))
    share = None
    if product is not None and not workload.train:
        work = 2 * macs * workload.batch / product.amount
        pairs = zip(product.seconds, run.seconds, strict=True)
        share = median(work * whole / own for whole, own in pairs)
    return Result(
        run, middle, (low, high), workload.batch / middle, ratio if same else None, share, apart
    )


def differences(outputs: list[list[float]], wanted: list[list[float]]) -> tuple[float, ...]:
    """Return the largest difference of each part, relative to the part's largest number.

    The difference is infinite if the lengths differ or a number is not finite.
    """
    if not outputs or [len(part) for part in outputs] != [len(part) for part in wanted]:
        return (inf,)
    return tuple(_apart(part, other) for part, other in zip(outputs, wanted, strict=True))


def _apart(part: list[float], wanted: list[float]) -> float:
    if not all(map(isfinite, part)) or not all(map(isfinite, wanted)):
        return inf
    largest = max(map(abs, wanted), default=0.0)
    apart = max((abs(a - b) for a, b in zip(part, wanted, strict=True)), default=0.0)
    return apart / largest if largest else apart


def check_outputs(measured: Iterable[Results]) -> list[Diagnostic]:
    """Report each mode whose outputs differ from the first, and workloads without any result."""
    diagnostics = []
    for one in measured:
        batch = one.workload.batch
        if not one.results and not one.partial:
            message = f"no mode could run at batch {batch}"
            diagnostics.append(Diagnostic(Code.UNSUPPORTED, message))
        for result in one.results:
            mode, base = result.run.mode, one.results[0].run.mode
            if (wrong := excess(result.differences, mode)) is not None:
                message = (
                    f"no ratio for {mode.name}: at batch {batch} its outputs differ from "
                    f"{base.name} by {wrong[0]:.0e} of the largest number; the limit is "
                    f"{wrong[1]:.0e}"
                )
                diagnostics.append(Diagnostic(Code.DIFFERENT, message))
    return diagnostics
