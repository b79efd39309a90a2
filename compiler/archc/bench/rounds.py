"""All contenders in turn, round after round."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import NamedTuple

from archc.bench.contender import Contender
from archc.runtimes import Mode

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


def take_turns(
    contenders: Sequence[Contender], effort: Effort, advance: Callable[[], None]
) -> list[Run]:
    """Every contender in every round; one that fails is left out.

    The first rounds are not counted. ``advance`` is called after each contender's turn.
    """
    times: dict[int, list[float]] = {id(contender): [] for contender in contenders}
    for number in range(UNCOUNTED + effort.rounds):
        # Forwards and backwards: nobody always runs behind the same.
        for contender in _ordered(contenders, number):
            found = contender.time(effort.seconds)
            if found and number >= UNCOUNTED:
                times[id(contender)].append(median(found))
            advance()
    return [_run(one, tuple(times[id(one)]), effort.layers) for one in contenders]


def _ordered(contenders: Sequence[Contender], number: int) -> Iterable[Contender]:
    return contenders if number % 2 == 0 else reversed(contenders)


def _run(contender: Contender, seconds: tuple[float, ...], layers: bool) -> Run:
    memory = contender.memory()
    by_layer = contender.layers() if layers else {}
    if contender.error:
        seconds = ()
    return Run(
        contender.mode,
        seconds,
        contender.outputs,
        contender.amount,
        memory,
        by_layer,
        contender.error,
    )
