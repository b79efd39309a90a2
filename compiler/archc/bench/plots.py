"""Benchmark results as a bar chart. Needs matplotlib (extra ``bench``)."""

from collections.abc import Sequence
from pathlib import Path

from archc.bench.results import Results
from archc.diagnostics import Diagnostic
from archc.views.plots import save


def draw(name: str, measured: Sequence[Results], file: Path) -> Diagnostic | None:
    """Draw images per second, one panel per batch; return the reason if that fails."""
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
