"""A number as people and tools print it, and which counts of a network give it."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.checks.counting import Count, Kind, all_counts
from archc.language.sections.printed_table import Rounding, rounded

_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "b": 3, "t": 4}
_WORDS: dict[str, Kind] = {
    **dict.fromkeys(("param", "parameter", "weight"), "params"),
    **dict.fromkeys(("mac", "flop", "op", "mult-add", "multiply-add", "madd"), "ops"),
}
_QUANTITY = re.compile(
    r"(?P<digits>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<decimals>[0-9]{1,9}))?"
    rf"\s*(?P<letter>[kmgbt]?)\s*(?P<word>{'|'.join(_WORDS)})?s?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 40
SIZES = (224, 227, 229, 256, 299, 331, 384)
"""Sizes of images at which people measure networks."""


class Quantity(NamedTuple):
    """A printed number: its digits without the point, how many follow it, 1000 to which power.

    ``kind`` is what the word behind it says.
    """

    digits: int
    decimals: int
    power: int
    kind: Kind | None

    @property
    def value(self) -> Fraction:
        """The number in full."""
        return Fraction(self.digits * 1000**self.power, 10**self.decimals)


class Reading(NamedTuple):
    """A count that is the number, once it is rounded ``how``; ``how`` is empty if it is not."""

    counted: Count
    how: str


def parse_quantity(text: str) -> Quantity | None:
    """``13.0M``, ``1.5 GFLOPs`` or ``1,582,671,872`` as a Quantity; None where it is none."""
    match = _QUANTITY.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    decimals = match["decimals"] or ""
    digits = int(match["digits"].replace(",", "") + decimals)
    word = (match["word"] or "").lower()
    return Quantity(digits, len(decimals), _POWERS[match["letter"].lower()], _WORDS.get(word))


def explain(analysis: Analysis, quantity: Quantity) -> list[Reading]:
    """The counts that are printed so, the likeliest first; else the nearest, its ``how`` empty.

    Where none is, other sizes of the image are tried before.
    """
    counts = _of_kind(all_counts(analysis), quantity)
    readings = _readings(counts, quantity)
    if not readings and quantity.kind != "params":
        readings = _readings(_of_kind(_at_other_sizes(analysis), quantity), quantity)
    if readings:
        return readings
    nearest = min(counts, key=lambda count: abs(count.number - quantity.value))
    return [Reading(nearest, "")]


def _of_kind(counts: Iterable[Count], quantity: Quantity) -> list[Count]:
    return [count for count in counts if quantity.kind in (None, count.kind)]


def _at_other_sizes(analysis: Analysis) -> Iterable[Count]:
    channels, *sides = analysis.network.input
    for size in SIZES if len(sides) == 2 else ():
        other = analyze(analysis.network._replace(input=(channels, size, size)))
        if size not in sides and not isinstance(other, list):
            for count in all_counts(other):
                if count.kind == "ops":
                    yield count._replace(what=f"{count.what}, of {channels}x{size}x{size}")


def _readings(counts: Iterable[Count], quantity: Quantity) -> list[Reading]:
    found: list[tuple[int, Reading]] = []
    for count in counts:
        for rank, (base, how) in enumerate(_WAYS):
            if base == 1024 and not quantity.power:
                continue
            if (
                rounded(count.number, base**quantity.power, quantity.decimals, how)
                == quantity.digits
            ):
                found.append((rank, Reading(count, _said(count.number, quantity, base, how))))
                break
    return [reading for _, reading in sorted(found, key=lambda one: one[0])]


_ROUNDINGS: tuple[Rounding, ...] = ("nearest", "floor", "up")
_WAYS = [(base, how) for base in (1000, 1024) for how in _ROUNDINGS]
"""How a count may become a printed number, the likeliest first."""


def _said(number: int, quantity: Quantity, base: int, how: Rounding) -> str:
    if number * 10**quantity.decimals == quantity.digits * base**quantity.power:
        words = "exact"
    else:
        words = {"nearest": "to the nearest", "floor": "rounded down", "up": "rounded up"}[how]
    return f"{words}, K being 1,024" if base == 1024 else words
