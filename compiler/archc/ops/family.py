"""Families of operators: the words and colours that pictures and pages give them."""

from typing import NamedTuple

Colours = tuple[str, str]
"""A box's fill and outline, as ``#rrggbb``."""


class Family(NamedTuple):
    """Operators that pictures draw in one colour.

    A family without colours gets some that are derived from its name. Legends list families by
    ``position``, then by name.
    """

    name: str
    words: str
    light: Colours | None = None
    dark: Colours | None = None
    position: int = 50


def named_after(module: str) -> Family:
    """The family of operators that name none: their file's name, without its package."""
    name = module.rpartition(".")[2]
    return Family(name, name.replace("_", " "))
