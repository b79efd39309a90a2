"""Measures checks of the specs named on standard input, in one warm process.

Prints a JSON object: the cost of a valid spec (``baseline``), and for each path its ``outcome``,
the processor ``milliseconds`` of the best of a few checks, the valid spec's time ``beside`` it if
it seemed slow, and the ``megabytes`` of the process's peak so far. A peak never falls, so each spec
also counts for all later ones: the tested bound is stricter than the claimed one.
"""

import json
import resource
import sys
import time

from archc.diagnostics import Diagnostic, in_file_order, render
from archc.driver.backend import DEFAULT, load_backend
from archc.driver.pipeline import compile_spec
from archc.language.variants import chain

ROUNDS = 3
MORE_ROUNDS = 20  # for a check that seems slow, where the machine may have been busy
SLOW = 40.0
WRITES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate")
RUNS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect")

written: list[str] = []


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Record everything that a check must not do: write, delete, run, connect."""
    opened = event == "open" and isinstance(arguments[1], str) and set("wax+") & set(arguments[1])
    if opened or event in WRITES or event in RUNS:
        written.append(f"{event} {arguments[0]}")


def check(path: str) -> tuple[list[Diagnostic], bool]:
    """Return the output of ``archc check``, and whether code may be written."""
    chain._CACHE.clear()
    compiled = compile_spec(path)
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
    """Return the process's peak memory in megabytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / (1024 * 1024 if sys.platform == "darwin" else 1024)


def timed(path: str, rounds: int) -> float:
    """Return the processor time of the best of several checks, in milliseconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        check(path)
        best = min(best, (time.process_time() - start) * 1000)
    return best


def outcome(path: str) -> str:
    """Return ``builds`` if it does, and each diagnostic's code, line and column."""
    diagnostics, builds = check(path)
    places = [
        f"{found.code} {found.span.line}:{found.span.column}" if found.span else found.code
        for found in diagnostics
    ]
    if len(places) > 8:
        places = [*places[:2], f"{len(places)} in all"]
    return ", ".join((["builds"] if builds else []) + places)


def measured(path: str, valid: str) -> dict[str, object]:
    """Measure the spec; an exception that escapes is its outcome."""
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
