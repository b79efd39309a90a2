"""Write matplotlib figures to files. Needs the extra ``bench``."""

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
    """Return why the file cannot be written; empty if it can."""
    if file.suffix.lower() not in SUFFIXES:
        given = file.suffix or "a name without a suffix"
        return f"--plot writes {', '.join(SUFFIXES)}, not {given}"
    if find_spec("matplotlib") is None:
        return "--plot needs matplotlib: pip install 'archc-compiler[bench]'"
    return ""


def save(figure: "Figure", name: str, file: Path) -> Diagnostic | None:
    """Write the figure with the same bytes each time; return a diagnostic if that fails."""
    import matplotlib as mpl

    figure.tight_layout()
    buffer = io.BytesIO()
    file_format = file.suffix.lower().removeprefix(".")
    dates = {"svg": "Date", "pdf": "CreationDate"}
    metadata = {dates[file_format]: None} if file_format in dates else {}
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format=file_format, dpi=150, metadata=metadata)
    return write_new(File(file, buffer.getvalue()), force=True)
