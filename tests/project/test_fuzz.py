"""Runs the fuzzing campaigns with a fixed seed: a sample by default, everything with ``-m slow``.

tests/fuzz/README.md explains how to run more cases and other seeds.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from fuzz.campaign import CampaignResult, run
from fuzz.compiling import analysed
from fuzz.features import FEATURES
from fuzz.misfits import CHANGES
from fuzz.mutate import CHANGES as DAMAGE
from fuzz.plain import Data
from fuzz.tensors import STRICTER
from fuzz.text import write
from fuzz.verdicts import torch_verdict

Figures = Callable[[str], None]

SEED = "4"
SAMPLE = 10
"""Without ``-m slow``, one in so many cases runs."""

sampled = pytest.mark.parametrize(
    "share",
    [pytest.param(SAMPLE, id="sample"), pytest.param(1, id="whole", marks=pytest.mark.slow)],
)
"""``share``: one in so many cases runs, and each expected number is divided by it."""


def examined(campaign: str, cases: int, figures: Figures) -> CampaignResult:
    """Run a campaign and return its results, which have no failures."""
    # With pytest-xdist a campaign has one process, otherwise one per core.
    processes = 1 if "PYTEST_XDIST_WORKER" in os.environ else os.cpu_count() or 1
    result = run(campaign, SEED, cases, processes)
    figures(str(result))
    assert not result.failures, "\n\n".join(map(result.explain, result.failures[:3]))
    return result


@sampled
def test_the_analysis_of_valid_specs_is_what_their_code_does(share: int, figures: Figures) -> None:
    result = examined("valid", 10_000 // share, figures)
    rare = {name: n for name in FEATURES if (n := result.counts[name]) < 200 // share}
    assert rare == {}


@sampled
def test_damaged_texts_end_in_code_or_in_diagnostics_with_a_place(
    share: int, figures: Figures
) -> None:
    result = examined("mutants", 20_000 // share, figures)
    rare = {name: n for name in DAMAGE if (n := result.counts[name]) < 1000 // share}
    assert rare == {}
    assert result.counts["accepted"] > 2000 // share
    assert sum(name.startswith("A") for name in result.counts) > 15


@sampled
def test_archc_and_torch_agree_on_what_fits_together(share: int, figures: Figures) -> None:
    result = examined("verdicts", 5_000 // share, figures)
    assert 2000 // share <= result.counts["refused"] <= 3000 // share
    least = 2 if share == 1 else 0
    counts = {f"{change} {word}" for change in CHANGES for word in ("accepted", "refused")}
    assert {name for name in counts if result.counts[name] < least} == set()
    least = 5 if share == 1 else 0
    assert {reason for reason in STRICTER if result.counts[f"stricter: {reason}"] < least} == set()


@sampled
def test_generated_code_computes_what_the_spec_says(share: int, figures: Figures) -> None:
    result = examined("values", 500 // share, figures)
    assert {name: n for name in FEATURES if (n := result.counts[name]) < 10 // share} == {}


SQUEEZED: Data = {"Squeezed": {"Residual": {"pool": {"AvgPool": "global"}}}}
HEADS: Data = {"aux1": {"Aux": ["Flatten", {"Linear": 3}], "from": "pool", "loss_weight": 1}}
STRICTER_SPECS: dict[str, tuple[Data, ...]] = {
    "residual": ({"modules": SQUEEZED, "body": {"row": "Squeezed"}},),
    "linear": ({"body": {"fc": {"Linear": 5}}},),
    "affine": (
        {"body": {"scaled": {"Affine": [0.5]}}},
        {"body": {"scaled": ["Flatten", {"Affine": [0.5]}]}},
        {"body": {"scaled": {"Affine": [0.5] * 4, "shift": [1.0]}}},
    ),
    "same": (
        {"body": {"conv": {"Conv": "2x2", "out": 4}}},
        {"body": {"pool": {"MaxPool": "2x3/2 same"}}},
    ),
    "count_padding": ({"body": {"pool": {"AvgPool": "3x3/1 same"}}},),
    "aux": ({"body": {"pool": "Flatten"}, "aux": HEADS, "head": {"fc": {"Linear": 2}}},),
}
"""Specs that torch would run and archc rejects on purpose, by the reason in STRICTER."""


def test_every_difference_from_torch_has_its_specs() -> None:
    assert STRICTER_SPECS.keys() == STRICTER.keys()


@pytest.mark.parametrize(
    ("reason", "rows"), [(reason, rows) for reason, all_ in STRICTER_SPECS.items() for rows in all_]
)
def test_archc_is_stricter_than_torch_on_purpose(reason: str, rows: Data) -> None:
    spec: dict[str, Any] = {"archc": 1, "name": "Net", "input": "4x5x5", "classes": 2, **rows}
    if reason == "linear":
        spec["input"] = "5x4x5"
    verdict, stricter = torch_verdict(spec)
    assert not isinstance(verdict, str), verdict
    assert stricter == {reason}
    assert isinstance(analysed(write(spec)), list)
