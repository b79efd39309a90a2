"""Checks each spec named on standard input, in this one warm process, and tells what it took.

Prints a JSON object: what a valid spec takes (``baseline``), and for each path ``outcome``, the
``milliseconds`` of the processor that the best of a few checks took, what the valid one took
``beside`` it where it seemed slow, and the ``megabytes`` of the process's peak so far.
A peak never falls, so that what one spec takes counts against all behind it, too: the bound that
is tested is stricter than the one that is claimed.
"""

import json
import resource
import sys
import time

from archc.diagnostics import Diagnostic, in_file_order, render
from archc.driver import pipeline
from archc.driver.backend import DEFAULT, load_backend

ROUNDS = 3
MORE_ROUNDS = 20  # for a check that seems slow, where the machine may have been busy
SLOW = 40.0
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate")
RUNS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect")

written: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note everything that a check may not do: write, delete, run, connect."""
    opened = event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1])
    if opened or event in WRITES or event in RUNS:
        written.append(f"{event} {arguments[0]}")


def check(path: str) -> tuple[list[Diagnostic], bool]:
    """Everything that ``archc check`` finds, shown as it shows it; whether code may be written."""
    pipeline._COMPOSED.clear()
    compiled = pipeline.compile_spec(path)
    if isinstance(compiled, list):
        diagnostics, builds = compiled, False
    else:
        backend = load_backend(DEFAULT)
        assert backend is not None
        refused = backend.check(compiled.analysis)
        diagnostics, builds = in_file_order([*compiled.diagnostics, *refused]), not refused
    for diagnostic in diagnostics:
        assert render(diagnostic).replace("\n", "").isprintable(), "a control character is shown"
    return diagnostics, builds


def peak() -> float:
    """The most memory that the process has held, in megabytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024)


def timed(path: str, rounds: int) -> float:
    """Milliseconds of the processor, of the best of several checks: other processes take none."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        check(path)
        best = min(best, (time.process_time() - start) * 1000)
    return best


def outcome(path: str) -> str:
    """``builds``, and each finding's code and place: its line and column."""
    diagnostics, builds = check(path)
    places = [
        f"{found.code} {found.span.line}:{found.span.column}" if found.span else found.code
        for found in diagnostics
    ]
    if len(places) > 8:
        places = [*places[:2], f"{len(places)} in all"]
    return ", ".join((["builds"] if builds else []) + places)


def measured(path: str, valid: str) -> dict[str, object]:
    """What the spec gives and takes; an exception that escapes is its outcome."""
    beside = 0.0
    try:
        given = outcome(path)
        milliseconds = timed(path, ROUNDS)
        if milliseconds > SLOW:
            beside = timed(valid, 2 * ROUNDS)
            milliseconds = min(milliseconds, timed(path, MORE_ROUNDS))
    except Exception as fault:
        given, milliseconds = f"raises {fault!r:.200}", 0.0
    return {
        "outcome": given,
        "milliseconds": milliseconds,
        "beside": beside,
        "megabytes": peak(),
    }


def main() -> None:
    """Measure the valid spec first, then all others."""
    valid, *paths = json.load(sys.stdin)
    timed(valid, ROUNDS)
    sys.dont_write_bytecode = True
    sys.addaudithook(watch)
    baseline = measured(valid, valid)
    answers = {path: measured(path, valid) for path in paths}
    json.dump({"baseline": baseline, "answers": answers, "written": written}, sys.stdout)


if __name__ == "__main__":
    main()
