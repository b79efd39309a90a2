"""All contenders in turn, round after round."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from time import monotonic
from typing import NamedTuple

from archc.bench.contender import Contender
from archc.bench.progress import Progress
from archc.bench.runtimes import Mode

UNCOUNTED = 2


class Effort(NamedTuple):
    """How much is measured: rounds, the seconds of a turn, and whether single layers are."""

    rounds: int
    seconds: float
    layers: bool


class Run(NamedTuple):
    """What was measured of a contender.

    ``seconds`` has one number for each round: the median of its passes in it. ``error`` says why
    there are none. ``layers`` are seconds by path, medians over passes.
    """

    mode: Mode
    seconds: tuple[float, ...]
    outputs: list[list[float]]
    amount: float
    memory: int | None
    layers: dict[str, float]
    error: str


Round = Mapping[int, float]
"""The seconds of each contender in one round, by its position."""


def take_turns(
    contenders: Sequence[Contender], effort: Effort, progress: Progress
) -> Iterator[Round]:
    """Every contender in every round; one that fails is left out. A round is given once complete.

    The first rounds are not counted, nor given.
    """
    start = monotonic()
    done, all_turns = 0, len(contenders) * (UNCOUNTED + effort.rounds)
    for number in range(1 - UNCOUNTED, 1 + effort.rounds):
        medians = {}
        # Forwards and backwards: nobody always runs behind the same.
        for position, contender in _ordered(contenders, number):
            left = (monotonic() - start) * (all_turns - done) / done if done else None
            progress.turn(contender.mode.name, max(0, number), effort.rounds, left)
            if found := contender.time(effort.seconds):
                medians[position] = median(found)
            done += 1
        if number > 0:
            yield medians


def _ordered(contenders: Sequence[Contender], number: int) -> list[tuple[int, Contender]]:
    order = list(enumerate(contenders))
    return order if number % 2 else order[::-1]


def summarize_rounds(
    contenders: Sequence[Contender], rounds: Sequence[Round], layers: Mapping[int, dict[str, float]]
) -> list[Run]:
    """What was measured of each contender; ``layers`` are seconds by path, by its position."""
    return [
        Run(
            contender.mode,
            () if contender.error else tuple(each[position] for each in rounds),
            contender.outputs,
            contender.amount,
            contender.memory,
            layers.get(position, {}),
            contender.error,
        )
        for position, contender in enumerate(contenders)
    ]
