"""Damages the text of specs: each case must give code, or diagnostics with a place in the file.

An exception fails the case. A signal ends the campaign, and so does a file written outside the
output folder.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from fuzz.campaign import Case
from fuzz.compiling import backend, folder
from fuzz.generate import random_spec
from fuzz.mutate import mutated
from fuzz.text import write

from archc.diagnostics import Diagnostic, render
from archc.diagnostics.spans import Span
from archc.driver.build import build_files
from archc.driver.files.writer import write_files
from archc.driver.pipeline import compile_spec

SHIPPED = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = (
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)
_RUNNING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect")


def draw(random: Random) -> Case:
    """Draw a mutant, usually of a small spec."""
    data, how = mutated(_original(random).encode(), lambda: _original(random).encode(), random)
    return Case(data.decode("utf-8", "replace"), data, Counter([how]))


def judge(case: Case) -> tuple[str, Counter[str]]:
    """Compile the mutant and write its code."""
    watch = _watch()
    file, out = folder() / "mutant.yaml", folder() / "out"
    file.write_bytes(case.data)
    watch.found.clear()
    watch.allowed = out
    try:
        diagnostics, written = _built(file, out)
    finally:
        watch.allowed = None
    faults = [*_misplaced(diagnostics), *(f"touched {path}" for path in watch.found)]
    if not diagnostics and written != [out / "mutant.py"]:
        faults.append(f"no diagnostic, but wrote {written}")
    codes = {diagnostic.code for diagnostic in diagnostics}
    return "\n".join(faults), Counter(["refused" if diagnostics else "accepted", *codes])


def _original(random: Random) -> str:
    if random.random() < 0.15:
        return random.choice(SHIPPED).read_text(encoding="utf-8")
    return write(random_spec(random), random.choice((2, 2, 3, 9)))


def _built(file: Path, out: Path) -> tuple[list[Diagnostic], list[Path]]:
    """Return the diagnostics of ``archc check`` and ``archc build``, and the written files."""
    compiled = compile_spec(str(file))
    if isinstance(compiled, list):
        return compiled, []
    files, diagnostics = build_files([compiled], backend(), out)
    outcome = write_files(files, force=True)
    written = [path for path in out.iterdir() if path.is_file()] if out.is_dir() else []
    for path in written:
        compile(path.read_bytes(), str(path), "exec")
        path.unlink()
    return [*compiled.diagnostics, *diagnostics, *outcome.diagnostics], written


def _misplaced(diagnostics: list[Diagnostic]) -> Iterator[str]:
    """Return each diagnostic with a place outside the file that it names."""
    for diagnostic in diagnostics:
        words = render(diagnostic)
        spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
        if any(span is None or not _inside(span) for span in spans):
            yield f"without a place in the file: {words}"


def _inside(span: Span) -> bool:
    lines = span.source.lines
    if not 1 <= span.line <= span.end_line <= len(lines):
        return False
    fits = 1 <= span.column <= len(lines[span.line - 1]) + 1
    ends = 1 <= span.end_column <= len(lines[span.end_line - 1]) + 2
    return fits and ends and (span.line, span.column) <= (span.end_line, span.end_column)


class _Watch:
    """Records what this process writes and runs while ``allowed`` is set."""

    def __init__(self) -> None:
        self.allowed: Path | None = None
        self.found: list[str] = []

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.allowed is None:
            return
        if event in _RUNNING:
            self.found.append(f"{event} {arguments}")
        elif event in _CHANGING or (event == "open" and arguments[2] & _WRITING):
            paths = arguments[:2] if event == "os.rename" else arguments[:1]
            self.found += [
                f"{event} {path}"
                for path in paths
                if not isinstance(path, int)
                and not Path(os.fsdecode(path)).resolve().is_relative_to(self.allowed.resolve())
            ]


@cache
def _watch() -> _Watch:
    """Return this process's watch, started after the backend has filled its caches."""
    out = folder() / "out"
    _built(SHIPPED[0], out)
    watch = _Watch()
    sys.addaudithook(watch)
    return watch
