"""Runs many cases from one seed in several processes and collects the results.

A campaign is a module that draws cases and judges them. Campaign, seed and number identify a case,
so that it can be repeated alone.
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
"""How many cases a process takes at a time."""


class Case(NamedTuple):
    """A spec's text, further input for the judge, and counted features."""

    text: str
    data: Any
    counts: Counter[str]


class Outcome(NamedTuple):
    """The result of a case: its spec, the error if any, and counts."""

    spec: str
    fault: str
    counts: Counter[str]


class Failure(NamedTuple):
    """A failed case: its number, the error, and the spec."""

    number: int
    fault: str
    spec: str


class CampaignResult(NamedTuple):
    """The results of all cases of a campaign."""

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
        """Return the error of a case, how to repeat it, and its spec."""
        again = f"python -m fuzz {self.campaign} --seed {self.seed} --case {failure.number}"
        return f"{failure.fault}\nagain, in tests/: {again}\n{failure.spec}"


def run(campaign: str, seed: str, cases: int, processes: int = 1) -> CampaignResult:
    """Run cases 0 to ``cases`` of a campaign."""
    shares = [range(i, min(i + _SHARE, cases)) for i in range(0, cases, _SHARE)]
    failures: list[Failure] = []
    counts: Counter[str] = Counter()
    # Spawned, because a fork of a process with torch's threads may hang.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for found, counted in pool.map(
            _share, *zip(*((campaign, seed, s) for s in shares), strict=True)
        ):
            failures += found
            counts += counted
    return CampaignResult(campaign, seed, cases, tuple(failures), counts)


def examine(campaign: str, seed: str, number: int) -> Outcome:
    """Run one case."""
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
