"""Families of operators, with their colours and their words in legends."""

from typing import NamedTuple

Colours = tuple[str, str]
"""A box's fill and outline, as ``#rrggbb``."""


class Family(NamedTuple):
    """Operators that pictures draw in one colour.

    A family without colours gets some that are derived from its name. Legends list families by
    ``position``, then by name.
    """

    name: str
    legend: str
    light: Colours | None = None
    dark: Colours | None = None
    position: int = 50


def default_family(module: str) -> Family:
    """The family of operators that set none, named after their file."""
    name = module.rpartition(".")[2]
    return Family(name, name.replace("_", " "))
