"""Find the counts of a network that a printed number may be."""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.checks.counting import Count, Kind, all_counts
from archc.language.sections.printed_numbers import Rounding, round_to

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
"""Common image sizes for measuring networks."""


class Quantity(NamedTuple):
    """A printed number: its digits without the point, the number of decimals, the power of 1000.

    ``kind`` follows from the word after the number, if any.
    """

    digits: int
    decimals: int
    power: int
    kind: Kind | None

    @property
    def value(self) -> Fraction:
        """The number without a unit."""
        return Fraction(self.digits * 1000**self.power, 10**self.decimals)


class Interpretation(NamedTuple):
    """A count that a printed number can be.

    ``rounding`` describes how the count is rounded to the number. It is empty if no rounding gives
    the number and the count is only the nearest.
    """

    counted: Count
    rounding: str


def parse_quantity(text: str) -> Quantity | None:
    """Parse ``13.0M``, ``1.5 GFLOPs`` or ``1,582,671,872``; return None for other text."""
    match = _QUANTITY.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        return None
    decimals = match["decimals"] or ""
    digits = int(match["digits"].replace(",", "") + decimals)
    word = (match["word"] or "").lower()
    return Quantity(digits, len(decimals), _POWERS[match["letter"].lower()], _WORDS.get(word))


def explain_number(analysis: Analysis, quantity: Quantity) -> list[Interpretation]:
    """Return the counts that round to the printed number, the most likely first.

    Without any, tries other image sizes; if these have none either, returns the nearest count.
    """
    counts = _of_kind(all_counts(analysis), quantity)
    found = _interpretations(counts, quantity)
    if not found and quantity.kind != "params":
        found = _interpretations(_of_kind(_at_other_sizes(analysis), quantity), quantity)
    if found:
        return found
    nearest = min(counts, key=lambda count: abs(count.number - quantity.value))
    return [Interpretation(nearest, "")]


def _of_kind(counts: Iterable[Count], quantity: Quantity) -> list[Count]:
    return [count for count in counts if quantity.kind in (None, count.kind)]


def _at_other_sizes(analysis: Analysis) -> Iterable[Count]:
    channels, *sides = analysis.network.input
    for size in SIZES if len(sides) == 2 else ():
        other = analyze(analysis.network._replace(input=(channels, size, size)))
        if size not in sides and not isinstance(other, list):
            for count in all_counts(other):
                if count.kind == "ops":
                    yield count._replace(what=f"{count.what}, at {channels}x{size}x{size}")


def _interpretations(counts: Iterable[Count], quantity: Quantity) -> list[Interpretation]:
    found: list[tuple[int, Interpretation]] = []
    for count in counts:
        for rank, (base, rounding) in enumerate(_ROUNDINGS):
            if base == 1024 and not quantity.power:
                continue
            unit = base**quantity.power
            if round_to(count.number, unit, quantity.decimals, rounding) == quantity.digits:
                words = _describe_rounding(count.number, quantity, base, rounding)
                found.append((rank, Interpretation(count, words)))
                break
    return [interpretation for _, interpretation in sorted(found, key=lambda one: one[0])]


_DIRECTIONS: tuple[Rounding, ...] = ("nearest", "floor", "up")
_ROUNDINGS = [(base, direction) for base in (1000, 1024) for direction in _DIRECTIONS]
"""The ways to round a count to a printed number, the most likely first."""


def _describe_rounding(number: int, quantity: Quantity, base: int, rounding: Rounding) -> str:
    if number * 10**quantity.decimals == quantity.digits * base**quantity.power:
        words = "exact"
    else:
        words = {"nearest": "to the nearest", "floor": "rounded down", "up": "rounded up"}[rounding]
    return f"{words}, with K = 1,024" if base == 1024 else words
