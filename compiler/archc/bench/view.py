"""Results as a table, as sentences and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from archc.analyses import Analysis
from archc.analyses.roofline import JOINS, Bound, Machine, predict
from archc.bench.results import Result, Results
from archc.bench.runtimes import Trial
from archc.diagnostics.wording import listed
from archc.driver.optimize import DEPLOY, optimize
from archc.views.tables.tables import Table, TableCell

HEADINGS = ("", "batch", "ms", "quartiles", "images/s", "ratio", "share", "memory", "difference")


def results_grid(trials: Iterable[Results]) -> Table:
    """A line for each contender and batch."""
    rows = (_row(result, one.trial.batch) for one in trials for result in one.results)
    return Table(HEADINGS, tuple(rows))


def _row(result: Result, batch: int) -> tuple[TableCell, ...]:
    low, high = result.quartiles
    texts = (
        result.run.mode.name,
        str(batch),
        _milliseconds(result.seconds),
        f"{_milliseconds(low)} - {_milliseconds(high)}",
        f"{result.throughput:.1f}",
        "none" if result.ratio is None else f"{result.ratio:.2f}x",
        "" if result.share is None else f"{result.share:.0%}",
        "" if result.run.memory is None else f"{result.run.memory / 1e6:.0f} MB",
        f"{max(result.differences):.0e}",
    )
    return tuple(TableCell(text, "mismatch" if result.ratio is None else "") for text in texts)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.2f}"


class Prediction(NamedTuple):
    """The predicted times of a network's layers, beside what was measured of it."""

    name: str
    batch: int
    bounds: tuple[Bound, ...]
    fastest: Result | None
    layers: Mapping[str, float]


def predictions(analysis: Analysis, trials: Iterable[Results]) -> list[Prediction]:
    """For the network as written and optimised, for each trial of which rates are known."""
    networks = {"written": analysis, "optimized": optimize(analysis, DEPLOY).analysis}
    found = []
    for results in trials:
        flops = results.rates.get(("flops", "float32"))
        bandwidth = results.rates.get(("bytes", "float32"))
        if not flops or not bandwidth or results.trial.train:
            continue
        for role, network in networks.items():
            runs = [
                result
                for result in results.results
                if (result.run.mode.role, result.run.mode.dtype) == (role, "float32")
                and result.ratio is not None
            ]
            found.append(
                Prediction(
                    network.network.name,
                    results.trial.batch,
                    predict(network, Machine(flops, bandwidth), results.trial.batch),
                    min(runs, key=lambda result: result.seconds, default=None),
                    next((result.run.layers for result in runs if result.run.layers), {}),
                )
            )
    return found


def remarks(trials: Sequence[Results], predicted: Iterable[Prediction]) -> list[str]:
    """What there is to know beside the table."""
    lines = [f"batch {one.trial.batch}: {rates}" for one in trials if (rates := _rates(one))]
    lines += map(prediction_line, predicted)
    for one in trials:
        batch = one.trial.batch
        lines += [f"{run.mode.name}, batch {batch}: not run: {run.error}" for run in one.failed]
    return lines


def interruption(results: Sequence[Results], trials: Sequence[Trial], rounds: int) -> str:
    """What an interruption left out, in words; empty where everything was measured."""
    parts = [
        f"{one.rounds} of {rounds} rounds at batch {one.trial.batch}"
        for one in results
        if one.partial
    ]
    if missing := [str(trial.batch) for trial in trials[len(results) :]]:
        parts.append(f"nothing at batch {listed(missing)}")
    return f"partial: {', '.join(parts)}" if parts else ""


def _rates(results: Results) -> str:
    """The machine's rates in words; empty where none is known."""
    words = {"flops": "GFLOP/s in matrix products", "bytes": "GB/s copied"}
    rates = [
        f"{rate / 1e9:.0f} {words[role]}" + ("" if dtype == "float32" else f" in {dtype}")
        for (role, dtype), rate in results.rates.items()
    ]
    return f"this machine does {listed(rates)}" if rates else ""


def prediction_line(prediction: Prediction) -> str:
    """What the roofline says of the network, and what was measured."""
    seconds = sum(bound.seconds for bound in prediction.bounds)
    moving = [bound for bound in prediction.bounds if bound.by == "memory"]
    part = sum(bound.seconds for bound in moving) / seconds if seconds else 0.0
    line = (
        f"{prediction.name}, batch {prediction.batch}: the roofline predicts "
        f"{_milliseconds(seconds)} ms, {part:.0%} of it bound by memory"
    )
    if (fastest := prediction.fastest) is None:
        return line
    return f"{line}; {fastest.run.mode.name} takes {_milliseconds(fastest.seconds)}"


def layers_grid(prediction: Prediction) -> Table:
    """Every layer: the predicted time, what decides it, and what was measured."""
    rows = []
    for bound in prediction.bounds:
        layer = bound.kind not in JOINS
        seconds = prediction.layers.get(bound.path) if layer else None
        texts = (
            bound.path,
            bound.kind,
            f"{bound.flops / 1e6:.1f}",
            f"{bound.bytes / 1e6:.2f}",
            f"{1e6 * bound.seconds:.1f}",
            bound.by if bound.seconds else "",
            "" if seconds is None else f"{1e6 * seconds:.1f}",
            "" if not seconds else f"{bound.seconds / seconds:.0%}",
        )
        rows.append(tuple(map(TableCell, texts)))
    headings = ("layer", "kind", "MFLOP", "MB", "predicted us", "bound by", "measured us", "share")
    return Table(headings, tuple(rows))


def results_json(
    name: str, trials: Iterable[Results], predicted: Iterable[Prediction], partial: bool
) -> dict[str, object]:
    """The same for other tools: seconds, bytes, and every round's own number.

    ``partial`` says that an interruption left something out.
    """
    return {
        "name": name,
        "partial": partial,
        "trials": [_trial_json(results) for results in trials],
        "roofline": [
            {
                "name": prediction.name,
                "batch": prediction.batch,
                "layers": [
                    {**bound._asdict(), "measured": prediction.layers.get(bound.path)}
                    for bound in prediction.bounds
                ],
            }
            for prediction in predicted
        ],
    }


def _trial_json(results: Results) -> dict[str, object]:
    return {
        **results.trial._asdict(),
        "partial": results.partial,
        "rates": [
            {"of": role, "dtype": dtype, "per_second": rate}
            for (role, dtype), rate in results.rates.items()
        ],
        "results": [
            {
                **result.run.mode._asdict(),
                "seconds": result.seconds,
                "quartiles": result.quartiles,
                "rounds": result.run.seconds,
                "images_per_second": result.throughput,
                "ratio": result.ratio,
                "share": result.share,
                "memory": result.run.memory,
                "differences": [one if isfinite(one) else None for one in result.differences],
            }
            for result in results.results
        ],
        "failed": {run.mode.name: run.error for run in results.failed},
    }
