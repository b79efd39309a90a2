"""Numbers as papers print them: the convention of a column, parsing and formatting."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

LETTERS = {
    1: "",
    1000: "K",
    1024: "K",
    1000**2: "M",
    1024**2: "M",
    1000**3: "G",
    1024**3: "G",
}
"""The letter that is printed for each unit."""
Rounding = Literal["floor", "nearest", "up"]
Count = Literal["weights", "params", "macs", "flops"]
COUNTS: Mapping[str, tuple[Count, Count]] = {
    "params": ("weights", "params"),
    "ops": ("macs", "flops"),
}
"""What each column with a convention may count."""


class Convention(BaseModel):
    """How a column counts: what, in which unit, and how the number is rounded."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, defer_build=True)

    count: Count
    """What is counted: `weights` or `params`, `macs` or `flops`, two to a multiply-accumulate."""
    unit: Annotated[int, Field(ge=1)]
    """The number that the printed letter stands for, such as 1000 or 1024 for K."""
    round: Rounding
    """How the number is rounded to the printed digits."""


class PrintedNumber(NamedTuple):
    """A printed quantity such as ``2.7K``: its digits without the point, decimals, and letter."""

    digits: int
    decimals: int
    letter: str


_NUMBER = re.compile(r"(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,6}))?([KMG]?)")


def parse_number(text: str) -> PrintedNumber | None:
    """Parse a printed number such as ``2.7K``; return None for other text."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    decimals = match[2] or ""
    return PrintedNumber(int(match[1] + decimals), len(decimals), match[3])


def round_to(value: int, unit: int, decimals: int, how: Rounding) -> int:
    """Return the rounded digits of ``value`` in units of ``unit``, with ``decimals`` decimals.

    For example, 158,912 with the unit 1000 and one decimal is 158.9, returned as 1589. Exact,
    without floating point. ``nearest`` rounds halves up.
    """
    scaled: int = value * 10**decimals
    if how == "floor":
        return scaled // unit
    if how == "up":
        return -(-scaled // unit)
    return (2 * scaled + unit) // (2 * unit)


def format_count(value: int, convention: Convention, decimals: int = 0) -> str:
    """Format ``value`` as the convention prints it, such as ``159K``."""
    digits = str(round_to(value, convention.unit, decimals, convention.round))
    if decimals:
        digits = digits.zfill(decimals + 1)
        digits = f"{digits[:-decimals]}.{digits[-decimals:]}"
    return digits + LETTERS[convention.unit]


def with_letter(convention: Convention, letter: str) -> Convention:
    """Return the convention with the unit of another letter: if K is 1024, M is 1024²."""
    power = ("", "K", "M", "G").index(letter)
    binary = convention.unit > 1 and convention.unit % 1024 == 0
    return convention.model_copy(update={"unit": (1024 if binary else 1000) ** power})
