"""One trial from beginning to end: which modes there are, their processes, their results."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from archc.analysis import Analysis
from archc.bench.contender import Contender
from archc.bench.results import YARDSTICKS, Results, summarize
from archc.bench.rounds import UNCOUNTED, Effort, take_turns
from archc.pipeline import Compiled
from archc.runtimes import Mode, Trial, runtimes

Entry = tuple[str, Mode]
"""A mode and the runtime that has it."""


def find_modes(analysis: Analysis, trial: Trial) -> list[Entry]:
    """All ways in which the network can be run here; another's model of it first."""
    found = [
        (name, mode)
        for name, runtime in runtimes().items()
        for mode in runtime.modes(analysis, trial)
    ]
    return sorted(found, key=lambda entry: entry[1].role != "reference")


def choose_modes(
    entries: Sequence[Entry], patterns: Sequence[str], base: str | None
) -> list[Entry]:
    """Those whose names fit one of the patterns, yardsticks always; those that fit ``base`` first.

    Nothing but yardsticks where no name fits.
    """
    chosen = [
        entry
        for entry in entries
        if entry[1].role in YARDSTICKS
        or not patterns
        or any(fnmatchcase(entry[1].name, pattern) for pattern in (*patterns, base or ""))
    ]
    if base is not None:
        chosen.sort(key=lambda entry: not fnmatchcase(entry[1].name, base))
    return chosen


def run_trial(
    compiled: Compiled,
    settings: Mapping[str, float],
    trial: Trial,
    entries: Sequence[Entry],
    effort: Effort,
    advance: Callable[[], None],
) -> Results:
    """The modes in turn. ``advance`` is called ``steps(entries, effort)`` times."""
    contenders: list[Contender] = []
    try:
        for runtime, mode in entries:
            # One after the other: some compile for a minute with all threads that there are.
            contenders.append(Contender(compiled.path, settings, runtime, trial, mode))
            contenders[-1].wait()
            advance()
        runs = take_turns(contenders, effort, advance)
    finally:
        for contender in contenders:
            contender.stop()
    return summarize(trial, runs, compiled.analysis.cost.macs)


def steps(entries: Sequence[Entry], effort: Effort) -> int:
    """How often a trial calls ``advance``."""
    return len(entries) * (1 + UNCOUNTED + effort.rounds)
