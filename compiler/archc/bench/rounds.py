"""Rounds, in which each worker has one turn."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from time import monotonic
from typing import NamedTuple

from archc.bench.progress import Progress
from archc.bench.runtimes import Mode
from archc.bench.worker import Worker

WARM_UP_ROUNDS = 2


class Schedule(NamedTuple):
    """How much to measure: rounds, seconds per turn, and whether to measure single layers."""

    rounds: int
    seconds: float
    layers: bool


class Run(NamedTuple):
    """The measurements of one worker.

    ``seconds`` are the medians over the passes of each round; ``error`` is the reason if there are
    none. ``layers`` are seconds by path, medians over passes.
    """

    mode: Mode
    seconds: tuple[float, ...]
    outputs: list[list[float]]
    amount: float
    memory: int | None
    layers: dict[str, float]
    error: str


Round = Mapping[int, float]
"""The median seconds of each worker in one round, by its position."""


def take_turns(
    workers: Sequence[Worker], schedule: Schedule, progress: Progress
) -> Iterator[Round]:
    """Yield each round once it is complete, except the warm-up. Failed workers are left out."""
    start = monotonic()
    done, all_turns = 0, len(workers) * (WARM_UP_ROUNDS + schedule.rounds)
    for number in range(1 - WARM_UP_ROUNDS, 1 + schedule.rounds):
        medians = {}
        # The order alternates, so that no worker always runs after the same one.
        order = list(enumerate(workers))
        for position, worker in order if number % 2 else order[::-1]:
            left = (monotonic() - start) * (all_turns - done) / done if done else None
            progress.turn(worker.mode.name, max(0, number), schedule.rounds, left)
            if found := worker.time(schedule.seconds):
                medians[position] = median(found)
            done += 1
        if number > 0:
            yield medians


def summarize_rounds(
    workers: Sequence[Worker], rounds: Sequence[Round], layers: Mapping[int, dict[str, float]]
) -> list[Run]:
    """Return the measurements of each worker; ``layers`` are by the worker's position."""
    return [
        Run(
            worker.mode,
            () if worker.error else tuple(each[position] for each in rounds),
            worker.outputs,
            worker.amount,
            worker.memory,
            layers.get(position, {}),
            worker.error,
        )
        for position, worker in enumerate(workers)
    ]
