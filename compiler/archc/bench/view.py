"""Benchmark results as tables, footnotes, a bar chart and JSON."""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import NamedTuple

from archc.analyses import Analysis
from archc.analyses.roofline import JOINS, Bound, Machine, predict
from archc.bench.results import Result, Results
from archc.bench.runtimes import Workload
from archc.diagnostics import Diagnostic
from archc.diagnostics.wording import join_words
from archc.driver.optimize import DEPLOY, optimize
from archc.views.plots import save
from archc.views.tables.table import Table, TableCell

HEADINGS = ("", "batch", "ms", "quartiles", "images/s", "ratio", "share", "memory", "difference")


def results_table(measured: Iterable[Results]) -> Table:
    """Return one row per mode and batch."""
    rows = (_row(result, one.workload.batch) for one in measured for result in one.results)
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
    """The roofline's times of a network's layers, and the fastest measured mode."""

    name: str
    batch: int
    bounds: tuple[Bound, ...]
    fastest: Result | None
    layers: Mapping[str, float]


def predictions(analysis: Analysis, measured: Iterable[Results]) -> list[Prediction]:
    """Predict the network as written and optimised, for each workload with known rates."""
    networks = {"written": analysis, "optimized": optimize(analysis, DEPLOY).analysis}
    found = []
    for results in measured:
        flops = results.rates.get(("flops", "float32"))
        bandwidth = results.rates.get(("bytes", "float32"))
        if not flops or not bandwidth or results.workload.train:
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
                    results.workload.batch,
                    predict(network, Machine(flops, bandwidth), results.workload.batch),
                    min(runs, key=lambda result: result.seconds, default=None),
                    next((result.run.layers for result in runs if result.run.layers), {}),
                )
            )
    return found


def footnotes(measured: Sequence[Results], predicted: Iterable[Prediction]) -> list[str]:
    """Return lines about the machine's rates, the predictions, and modes that failed."""
    lines = [f"batch {one.workload.batch}: {rates}" for one in measured if (rates := _rates(one))]
    lines += map(prediction_line, predicted)
    for one in measured:
        batch = one.workload.batch
        lines += [f"{run.mode.name}, batch {batch}: failed: {run.error}" for run in one.failed]
    return lines


def missing_rounds(results: Sequence[Results], workloads: Sequence[Workload], rounds: int) -> str:
    """Describe what an interruption left out; empty if everything was measured."""
    parts = [
        f"{one.rounds} of {rounds} rounds at batch {one.workload.batch}"
        for one in results
        if one.partial
    ]
    if missing := [str(workload.batch) for workload in workloads[len(results) :]]:
        parts.append(f"nothing at batch {join_words(missing)}")
    return f"partial: {', '.join(parts)}" if parts else ""


def _rates(results: Results) -> str:
    """Describe the machine's rates; empty if none is known."""
    words = {"flops": "GFLOP/s in matrix products", "bytes": "GB/s in copies"}
    rates = [
        f"{rate / 1e9:.0f} {words[role]}" + ("" if dtype == "float32" else f" in {dtype}")
        for (role, dtype), rate in results.rates.items()
    ]
    return f"this machine reaches {join_words(rates)}" if rates else ""


def prediction_line(prediction: Prediction) -> str:
    """Compare the roofline's prediction with the fastest measurement."""
    seconds = sum(bound.seconds for bound in prediction.bounds)
    moving = [bound for bound in prediction.bounds if bound.by == "memory"]
    part = sum(bound.seconds for bound in moving) / seconds if seconds else 0.0
    line = (
        f"{prediction.name}, batch {prediction.batch}: the roofline predicts "
        f"{_milliseconds(seconds)} ms, {part:.0%} of it memory-bound"
    )
    if (fastest := prediction.fastest) is None:
        return line
    return f"{line}; {fastest.run.mode.name} takes {_milliseconds(fastest.seconds)} ms"


def layers_table(prediction: Prediction) -> Table:
    """Return one row per layer: the predicted time, its bound, and the measured time."""
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


def draw(name: str, measured: Sequence[Results], file: Path) -> Diagnostic | None:
    """Draw images per second, one panel per batch; return a diagnostic if that fails."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + sum(0.28 * (1 + len(one.results)) for one in measured)))
    axes = figure.subplots(len(measured), squeeze=False)[:, 0]
    for one, axis in zip(measured, axes, strict=True):
        same = [result for result in one.results if result.ratio is not None]
        names = [result.run.mode.name for result in same]
        rates = [result.throughput for result in same]
        bars = axis.barh(names, rates, color="#4878a8")
        axis.bar_label(bars, [f" {result.ratio:.2f}x" for result in same], fontsize=8)
        axis.invert_yaxis()
        axis.margins(x=0.12)
        axis.set_title(f"{name}, batch {one.workload.batch}", fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("images/s", fontsize=8)
    return save(figure, name, file)


def results_json(
    name: str, measured: Iterable[Results], predicted: Iterable[Prediction], partial: bool
) -> dict[str, object]:
    """Return the results as JSON, with the seconds of every round.

    ``partial``: an interruption ended the measurement early.
    """
    return {
        "name": name,
        "partial": partial,
        "trials": [_workload_json(results) for results in measured],
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


def _workload_json(results: Results) -> dict[str, object]:
    return {
        **results.workload._asdict(),
        "partial": results.partial,
        "rates": [
            {"of": role, "dtype": dtype, "per_second": rate}
            for (role, dtype), rate in results.rates.items()
        ],
        "results": [
            {
                "name": result.run.mode.name,
                "role": result.run.mode.role,
                "dtype": result.run.mode.dtype,
                "ways": result.run.mode.options,
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
