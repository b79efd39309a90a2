"""From what was measured to what can be said of it: medians, ratios, shares, errors."""

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from statistics import median, quantiles
from typing import NamedTuple

from archc.bench.rounds import Run
from archc.bench.runtimes import Mode, Role, Trial
from archc.diagnostics import Code, Diagnostic

TOLERANCES = {"float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""How far outputs may be apart, as a part of the largest, for two to have computed the same."""
GRADIENTS = 5e-2
"""How far gradients may be: a ReLU or a pool turns a rounding into another path, and in float64,
where tests hold them together, they are not apart."""
YARDSTICKS = ("flops", "bytes")


class Result(NamedTuple):
    """A contender's line. Seconds of one batch; ``share`` is that of the rate of matrix products.

    ``ratio`` says how many times as fast as the first contender it is, the median over rounds;
    None where they do not compute the same. ``differences`` are the largest ones between parts of
    their outputs, each as a part of the part's largest number.
    """

    run: Run
    seconds: float
    quartiles: tuple[float, float]
    throughput: float
    ratio: float | None
    share: float | None
    differences: tuple[float, ...]


class Results(NamedTuple):
    """All of one trial. ``rates`` are operations or bytes in a second, by role and type.

    ``partial`` says that it was interrupted: there are fewer rounds, the same for each contender.
    """

    trial: Trial
    results: tuple[Result, ...]
    rates: dict[tuple[Role, str], float]
    failed: tuple[Run, ...]
    partial: bool = False

    @property
    def rounds(self) -> int:
        """How many rounds were complete."""
        return len(self.results[0].run.seconds) if self.results else 0


def excess(differences: Sequence[float], mode: Mode) -> tuple[float, float] | None:
    """The first difference that is too large, and how large it may be; None without one."""
    allowed = [TOLERANCES[mode.dtype], *[GRADIENTS] * (len(differences) - 1)]
    pairs = zip(differences, allowed, strict=True)
    return next((pair for pair in pairs if not pair[0] <= pair[1]), None)


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
    return Results(trial, results, rates, tuple(run for run in runs if run.error))


def _result(run: Run, base: Run, product: Run | None, trial: Trial, macs: int) -> Result:
    apart = differences(run.outputs, base.outputs)
    same = excess(apart, run.mode) is None
    middle = median(run.seconds)
    low, _, high = quantiles(run.seconds, n=4) if len(run.seconds) > 1 else (middle,) * 3
    ratio = median(a / b for a, b in zip(base.seconds, run.seconds, strict=True))
    share = None
    if product is not None and not trial.train:
        work = 2 * macs * trial.batch / product.amount
        pairs = zip(product.seconds, run.seconds, strict=True)
        share = median(work * whole / own for whole, own in pairs)
    return Result(
        run, middle, (low, high), trial.batch / middle, ratio if same else None, share, apart
    )


def differences(outputs: list[list[float]], wanted: list[list[float]]) -> tuple[float, ...]:
    """For each part the largest difference, as a part of the part's largest number.

    Infinite where they are not of one size, or not finite.
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


def different(trials: Iterable[Results]) -> list[Diagnostic]:
    """A finding for each contender that computes something else than the first.

    And where there is none at all.
    """
    diagnostics = []
    for one in trials:
        batch = one.trial.batch
        if not one.results and not one.partial:
            message = f"nothing could be run at batch {batch}"
            diagnostics.append(Diagnostic(Code.UNSUPPORTED, message))
        for result in one.results:
            mode, base = result.run.mode, one.results[0].run.mode
            if (wrong := excess(result.differences, mode)) is not None:
                message = (
                    f"{mode.name} does not compute what {base.name} does, so no ratio: "
                    f"{wrong[0]:.0e} of the largest number apart at batch {batch}, {wrong[1]:.0e} "
                    "is allowed"
                )
                diagnostics.append(Diagnostic(Code.DIFFERENT, message))
    return diagnostics
