"""Results as a picture, by matplotlib, which the extra ``bench`` brings."""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from archc.bench.results import Results
from archc.diagnostics import Diagnostic
from archc.writer import File, write_new

SUFFIXES = (".svg", ".png", ".pdf")


def check_plot(file: Path) -> str:
    """Why no picture can be drawn to the file; empty where one can."""
    if file.suffix.lower() not in SUFFIXES:
        return f"--plot draws {', '.join(SUFFIXES)}, not {file.suffix or 'a bare name'}"
    if find_spec("matplotlib") is None:
        return "--plot needs matplotlib: pip install 'archc-compiler[bench]'"
    return ""


def draw(name: str, trials: Sequence[Results], file: Path) -> Diagnostic | None:
    """Images in a second, a group of bars for each batch; or why they cannot be written."""
    import matplotlib as mpl
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
    figure.tight_layout()
    buffer = io.BytesIO()
    form = file.suffix.lower().removeprefix(".")
    metadata = {"Date": None} if form == "svg" else {"CreationDate": None} if form == "pdf" else {}
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format=form, dpi=150, metadata=metadata)
    return write_new(File(file, buffer.getvalue()), force=True)
