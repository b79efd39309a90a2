"""Measure a workload: find the modes, start a worker for each, summarize."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from archc.analyses import Analysis
from archc.bench.interruptions import Interruptions
from archc.bench.progress import Progress
from archc.bench.results import Results, summarize
from archc.bench.rounds import Round, Schedule, summarize_rounds, take_turns
from archc.bench.runtimes import Mode, Workload, runtimes
from archc.bench.worker import Worker
from archc.driver.pipeline import Compiled
from archc.language.settings import Settings

Candidate = tuple[str, Mode]
"""The name of a runtime, and one of its modes."""


def find_modes(analysis: Analysis, workload: Workload) -> list[Candidate]:
    """Return all modes in which the network can run here, the library's reference model first."""
    found = [
        (name, mode)
        for name, runtime in runtimes().items()
        for mode in runtime.modes(analysis, workload)
    ]
    return sorted(found, key=lambda candidate: candidate[1].role != "reference")


def choose_modes(
    candidates: Sequence[Candidate], patterns: Sequence[str], base: str | None
) -> list[Candidate]:
    """Return the modes whose name matches a pattern, those that match ``base`` first.

    Microbenchmarks are always included.
    """
    chosen = [
        candidate
        for candidate in candidates
        if candidate[1].is_microbenchmark
        or not patterns
        or any(fnmatchcase(candidate[1].name, pattern) for pattern in (*patterns, base or ""))
    ]
    if base is not None:
        chosen.sort(key=lambda candidate: not fnmatchcase(candidate[1].name, base))
    return chosen


def measure(
    compiled: Compiled,
    settings: Settings,
    workload: Workload,
    candidates: Sequence[Candidate],
    schedule: Schedule,
    progress: Progress,
    interruptions: Interruptions,
) -> Results:
    """Measure all modes in turn; after an interruption, return the complete rounds."""
    workers: list[Worker] = []
    rounds: list[Round] = []
    layers: dict[int, dict[str, float]] = {}
    try:
        with interruptions.measuring():
            for position, (runtime, mode) in enumerate(candidates):
                # Start one after the other: some compile for a minute with all threads.
                progress.start(mode.name, position + 1, len(candidates))
                with interruptions.postponed():  # only listed processes are killed
                    workers.append(Worker(compiled.path, settings, runtime, workload, mode))
                workers[-1].wait()
            rounds.extend(take_turns(workers, schedule, progress))
            if schedule.layers:
                layers |= {position: one.layers() for position, one in enumerate(workers)}
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.close()
        progress.clear()
    runs = summarize_rounds(workers, rounds, layers)
    results = summarize(workload, runs, compiled.analysis.cost.macs)
    return results._replace(partial=len(rounds) < schedule.rounds)
