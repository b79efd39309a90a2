"""Figures of matplotlib, which the extra ``bench`` brings, as files."""

import io
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from archc.diagnostics import Diagnostic
from archc.driver.files.writer import File, write_new

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png", ".pdf")


def check_plot(file: Path) -> str:
    """Why no picture can be drawn to the file; empty where one can."""
    if file.suffix.lower() not in SUFFIXES:
        return f"--plot draws {', '.join(SUFFIXES)}, not {file.suffix or 'a bare name'}"
    if find_spec("matplotlib") is None:
        return "--plot needs matplotlib: pip install 'archc-compiler[bench]'"
    return ""


def save(figure: "Figure", name: str, file: Path) -> Diagnostic | None:
    """Write the figure, the same bytes each time; or why it cannot be written."""
    import matplotlib as mpl

    figure.tight_layout()
    buffer = io.BytesIO()
    form = file.suffix.lower().removeprefix(".")
    metadata = {"Date": None} if form == "svg" else {"CreationDate": None} if form == "pdf" else {}
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format=form, dpi=150, metadata=metadata)
    return write_new(File(file, buffer.getvalue()), force=True)
