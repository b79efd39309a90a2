"""The shipped specs, as parameters of tests."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

SPECS = Path(__file__).parents[2] / "specs"
NAMES: tuple[str, ...] = tuple(sorted(path.stem for path in SPECS.glob("*.yaml")))
LARGE = frozenset(
    {"inception_resnet_v2", "inception_v3", "inception_v3_pretrained", "inception_v4"}
)
"""Networks that take seconds to run and add no kind of layer or structure to the others."""


def by_cost(names: Iterable[str] = NAMES) -> Sequence[Any]:
    """Return the names as parameters of a test that runs the networks; large ones are slow."""
    return [
        pytest.param(name, marks=pytest.mark.slow if is_large(name) else (), id=name)
        for name in names
    ]


def is_large(name: str) -> bool:
    """Whether a test of this network, such as ``x at 3x97x131``, is slow."""
    return name.partition(" ")[0] in LARGE
