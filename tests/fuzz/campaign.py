"""Many cases from one seed, over several processes, and what they came to.

A campaign is a module that draws cases and judges them. A case is known by its campaign, seed and
number, so that one alone can be run again.
"""

import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from random import Random
from typing import Any, NamedTuple

CAMPAIGNS = ("valid", "mutants", "verdicts", "values", "costly")
_SHARE = 50
"""Cases that a process takes at a time."""


class Case(NamedTuple):
    """A spec's text, what else its judge needs, and what is counted in it."""

    text: str
    data: Any
    counts: Counter[str]


class Outcome(NamedTuple):
    """What a case came to: its spec, what is wrong, if anything, and what was counted."""

    spec: str
    fault: str
    counts: Counter[str]


class Failure(NamedTuple):
    """A case that failed: its number, what is wrong, and the spec."""

    number: int
    fault: str
    spec: str


class CheckResult(NamedTuple):
    """What all cases of a campaign came to."""

    campaign: str
    seed: str
    cases: int
    failures: tuple[Failure, ...]
    counts: Counter[str]

    def __str__(self) -> str:
        counts = ", ".join(f"{name} {count:,}" for name, count in self.counts.most_common())
        return (
            f"fuzz {self.campaign}, seed {self.seed}: {self.cases:,} cases, "
            f"{len(self.failures)} failures; {counts}"
        )

    def explain(self, failure: Failure) -> str:
        """What is wrong with a case, how to run it again, and its spec."""
        again = f"python -m fuzz {self.campaign} --seed {self.seed} --case {failure.number}"
        return f"{failure.fault}\nagain, in tests/: {again}\n{failure.spec}"


def run(campaign: str, seed: str, cases: int, processes: int = 1) -> CheckResult:
    """Run cases 0 to ``cases`` of a campaign."""
    shares = [range(i, min(i + _SHARE, cases)) for i in range(0, cases, _SHARE)]
    failures: list[Failure] = []
    counts: Counter[str] = Counter()
    # Spawned: a fork of a process in which torch has started threads may hang.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for found, counted in pool.map(
            _share, *zip(*((campaign, seed, s) for s in shares), strict=True)
        ):
            failures += found
            counts += counted
    return CheckResult(campaign, seed, cases, tuple(failures), counts)


def examine(campaign: str, seed: str, number: int) -> Outcome:
    """One case."""
    module = import_module(f"fuzz.{campaign}")
    case: Case = module.draw(Random(f"{seed}/{number}"))
    try:
        fault, counts = module.judge(case)
    except Exception:
        fault, counts = traceback.format_exc(), Counter(["exception"])
    return Outcome(case.text, fault, case.counts + counts)


def _share(campaign: str, seed: str, numbers: range) -> tuple[list[Failure], Counter[str]]:
    failures = []
    counts: Counter[str] = Counter()
    for number in numbers:
        outcome = examine(campaign, seed, number)
        counts += outcome.counts
        if outcome.fault:
            failures.append(Failure(number, outcome.fault, outcome.spec))
    return failures, counts
