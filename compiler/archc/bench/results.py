"""From what was measured to what can be said of it: medians, ratios, shares, errors."""

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from statistics import median, quantiles
from typing import NamedTuple

from archc.bench.rounds import Run
from archc.diagnostics import Code, Diagnostic
from archc.runtimes import Mode, Role, Trial

TOLERANCES = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""How far outputs may be apart, as a part of the largest, for two to have computed the same."""
GRADIENTS = 5e-2
"""How far gradients may be: a ReLU or a pool turns a rounding into another path, and in float64,
where tests hold them together, they are not apart."""
YARDSTICKS = ("flops", "bytes")


class Result(NamedTuple):
    """A contender's line. Seconds of one batch; ``share`` is that of the rate of matrix products.

    ``ratio`` says how many times as fast as the first contender it is, the median over rounds;
    None where they do not compute the same. ``difference`` is the largest one between their
    outputs, as a part of the largest output. ``memory`` is in bytes.
    """

    run: Run
    seconds: float
    quartiles: tuple[float, float]
    throughput: float
    ratio: float | None
    share: float | None
    difference: float


class Results(NamedTuple):
    """All of one trial. ``rates`` are operations or bytes in a second, by role and type."""

    trial: Trial
    results: tuple[Result, ...]
    rates: dict[tuple[Role, str], float]
    failed: tuple[Run, ...]


def tolerances(mode: Mode) -> tuple[float, float]:
    """How far the first part of what it computes may be from another's, and how far the others."""
    return TOLERANCES[mode.dtype], GRADIENTS


def summarize(trial: Trial, runs: Sequence[Run], macs: int) -> Results:
    """``macs`` are the multiply-accumulates of one image in the network as written."""
    measured = [run for run in runs if run.seconds]
    yardsticks = {
        (run.mode.role, run.mode.dtype): run for run in measured if run.mode.role in YARDSTICKS
    }
    networks = [run for run in measured if run.mode.role not in YARDSTICKS]
    results = tuple(
        _result(run, networks[0], yardsticks.get(("flops", run.mode.dtype)), trial, macs)
        for run in networks
    )
    rates = {key: run.amount / median(run.seconds) for key, run in yardsticks.items()}
    return Results(trial, results, rates, tuple(run for run in runs if not run.seconds))


def _result(run: Run, base: Run, product: Run | None, trial: Trial, macs: int) -> Result:
    apart = differences(run.outputs, base.outputs)
    first, others = tolerances(run.mode)
    same = apart[0] <= first and all(far <= others for far in apart[1:])
    middle = median(run.seconds)
    low, _, high = quantiles(run.seconds, n=4) if len(run.seconds) > 1 else (middle,) * 3
    ratio = median(a / b for a, b in zip(base.seconds, run.seconds, strict=True))
    share = None
    if product is not None and not trial.train:
        work = 2 * macs * trial.batch / product.amount
        pairs = zip(product.seconds, run.seconds, strict=True)
        share = median(work * whole / own for whole, own in pairs)
    return Result(
        run, middle, (low, high), trial.batch / middle, ratio if same else None, share, max(apart)
    )


def differences(outputs: list[list[float]], wanted: list[list[float]]) -> list[float]:
    """For each part the largest difference, as a part of the part's largest number.

    Infinite where they are not of one size, or not finite.
    """
    if not outputs or [len(part) for part in outputs] != [len(part) for part in wanted]:
        return [inf]
    return [_apart(part, other) for part, other in zip(outputs, wanted, strict=True)]


def _apart(part: list[float], wanted: list[float]) -> float:
    if not all(map(isfinite, part)) or not all(map(isfinite, wanted)):
        return inf
    largest = max(map(abs, wanted), default=0.0)
    apart = max((abs(a - b) for a, b in zip(part, wanted, strict=True)), default=0.0)
    return apart / largest if largest else apart


def different(trials: Iterable[Results]) -> list[Diagnostic]:
    """A finding for each contender that computes something else than the first.

    And where there is none at all.
    """
    findings = []
    for trial in trials:
        if not trial.results:
            message = f"nothing could be run at batch {trial.trial.batch}"
            findings.append(Diagnostic(Code.UNSUPPORTED, message))
        for result in trial.results:
            if result.ratio is None:
                mode, base = result.run.mode, trial.results[0].run.mode
                message = (
                    f"{mode.name} does not compute what {base.name} does, so no ratio: "
                    f"{result.difference:.0e} of the largest output apart at batch "
                    f"{trial.trial.batch}, {tolerances(mode)[trial.trial.train]:.0e} is allowed"
                )
                findings.append(Diagnostic(Code.DIFFERENT, message))
    return findings
