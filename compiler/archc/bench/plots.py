"""Results as a picture, by matplotlib, which the extra ``bench`` brings."""

from collections.abc import Sequence
from pathlib import Path

from archc.bench.results import Results
from archc.diagnostics import Diagnostic
from archc.views.plots import save


def draw(name: str, trials: Sequence[Results], file: Path) -> Diagnostic | None:
    """Images in a second, a group of bars for each batch; or why they cannot be written."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1 + sum(0.28 * (1 + len(one.results)) for one in trials)))
    axes = figure.subplots(len(trials), squeeze=False)[:, 0]
    for one, axis in zip(trials, axes, strict=True):
        same = [result for result in one.results if result.ratio is not None]
        names = [result.run.mode.name for result in same]
        rates = [result.throughput for result in same]
        bars = axis.barh(names, rates, color="#4878a8")
        axis.bar_label(bars, [f" {result.ratio:.2f}x" for result in same], fontsize=8)
        axis.invert_yaxis()
        axis.margins(x=0.12)
        axis.set_title(f"{name}, batch {one.trial.batch}", fontsize=9, loc="left")
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel("images/s", fontsize=8)
    return save(figure, name, file)
