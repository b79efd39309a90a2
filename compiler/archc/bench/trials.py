"""One trial from beginning to end: which modes there are, their processes, their results."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from archc.analyses import Analysis
from archc.bench.contender import Contender
from archc.bench.interruptions import Interruptions
from archc.bench.progress import Progress
from archc.bench.results import YARDSTICKS, Results, summarize
from archc.bench.rounds import Effort, Round, summarize_rounds, take_turns
from archc.bench.runtimes import Mode, Trial, runtimes
from archc.driver.pipeline import Compiled
from archc.language.settings import Settings

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
    settings: Settings,
    trial: Trial,
    entries: Sequence[Entry],
    effort: Effort,
    progress: Progress,
    interruptions: Interruptions,
) -> Results:
    """The modes in turn. After an interruption the results are those of the complete rounds."""
    contenders: list[Contender] = []
    rounds: list[Round] = []
    layers: dict[int, dict[str, float]] = {}
    try:
        with interruptions.measuring():
            for position, (runtime, mode) in enumerate(entries):
                # One after the other: some compile for a minute with all threads that there are.
                progress.start(mode.name, position + 1, len(entries))
                with interruptions.postponed():  # a process that is not listed is not killed
                    contenders.append(Contender(compiled.path, settings, runtime, trial, mode))
                contenders[-1].wait()
            rounds.extend(take_turns(contenders, effort, progress))
            if effort.layers:
                layers |= {position: one.layers() for position, one in enumerate(contenders)}
    finally:
        for contender in contenders:
            contender.kill()
        for contender in contenders:
            contender.close()
        progress.clear()
    runs = summarize_rounds(contenders, rounds, layers)
    results = summarize(trial, runs, compiled.analysis.cost.macs)
    return results._replace(partial=len(rounds) < effort.rounds)
