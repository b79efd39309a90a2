"""The paper's notation for windows, ``KhxKw[/S][ same|valid]``, and the arithmetic behind it."""

import re
import unicodedata
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PlainValidator, WithJsonSchema

from archc.diagnostics import Hint, Replacement, suggestion
from archc.ops.operator import Pair, Shape, Unfit, written

MAXIMUM_COUNT = 1_000_000
MAXIMUM_KERNEL = 512

Count = Annotated[int, Field(ge=1, le=MAXIMUM_COUNT)]
"""A number of filters, features, groups or classes."""


class Window(NamedTuple):
    """A kernel, its stride, and the padding it states; None where it states none."""

    kernel: Pair
    stride: Pair | None
    mode: str | None

    def __str__(self) -> str:
        kernel = f"{self.kernel[0]}x{self.kernel[1]}"
        if self.stride is None:
            return kernel
        vertical, horizontal = self.stride
        step = f"{vertical}" if vertical == horizontal else f"{vertical}x{horizontal}"
        return f"{kernel}/{step}"


NOTATION_PATTERN = (
    r"([1-9]\d{0,3})x([1-9]\d{0,3})(?:/([1-9]\d{0,3})(?:x([1-9]\d{0,3}))?)?(?: (same|valid))?"
)
PAIR_PATTERN = r"(0|[1-9]\d{0,3})x(0|[1-9]\d{0,3})"
_NOTATION = re.compile(NOTATION_PATTERN, re.ASCII)
_PAIR = re.compile(PAIR_PATTERN, re.ASCII)


class NotThisNotation(ValueError):
    """A value that is written in another notation; ``hint`` tells how to write it in this one."""

    def __init__(self, value: object, what: str, notation: re.Pattern[str], example: str) -> None:
        super().__init__(f"{_as_written(value)} is not a {what}")
        likely = _likely(value, notation)
        self.hint: Hint = f"write {example}"
        if likely is not None:
            # 3 is 3x3; 33 may have been 3x3 before an x was lost.
            safe = not isinstance(value, int) or value < 10
            self.hint = Replacement(likely, f"write {likely}", safe)
        elif isinstance(value, str):
            window, _, mode = value.rpartition(" ")
            close = suggestion(mode, ("same", "valid")) if mode.isalpha() else None
            if close is not None and close.text != mode and notation.fullmatch(window):
                meant = f"{window} {close.text}"
                self.hint = close._replace(text=meant, words=f"did you mean {meant}?")


def parse_window(value: Any) -> Any:
    """``7x7/2`` as a Window. Raises ValueError, with how to write it, on anything else."""
    if isinstance(value, Window):
        return value
    match = _NOTATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        example = "height x width, such as 3x3, 7x7/2 (stride 2) or 3x3/1 same"
        raise NotThisNotation(value, "window", _NOTATION, example)
    height, width, vertical, horizontal, mode = match.groups()
    stride = (int(vertical), int(horizontal or vertical)) if vertical else None
    if max(int(height), int(width), *(stride or ())) > MAXIMUM_KERNEL:
        raise ValueError(f"{value} is larger than archc's limit of {MAXIMUM_KERNEL}")
    return Window((int(height), int(width)), stride, mode)


def parse_pair(value: Any) -> Any:
    """``1`` or ``0x3`` as (vertical, horizontal). Raises ValueError on anything else."""
    if isinstance(value, tuple):  # a field of an operator already made; no spec holds one
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        if value > MAXIMUM_KERNEL:
            raise ValueError(f"{value} is larger than archc's limit of {MAXIMUM_KERNEL}")
        return value, value
    match = _PAIR.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise NotThisNotation(value, "size", _PAIR, "a number, or height x width such as 0x3")
    return int(match[1]), int(match[2])


def _likely(value: Any, notation: re.Pattern[str]) -> str | None:
    """The notation that is most likely meant by another one, such as ``3 X 3`` or ``[3, 3]``."""
    text = value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        text = f"{value}x{value}"
    elif isinstance(value, list) and len(value) == 2:
        text = "x".join(map(str, value))
    if not isinstance(text, str):
        return None
    text = unicodedata.normalize("NFKC", text).lower().strip("\u201c\u201d\u2018\u2019")
    text = re.sub(r" *[x*\u00d7] *(?=\d)", "x", text)
    text = re.sub(r" *(/|stride) *(?=\d)", "/", text)
    text = re.sub(r"(?<!\d)0+(?=\d)", "", text)
    text = re.sub(r" (same|valid)(/\S+)$", r"\2 \1", text)
    if notation is _PAIR and len(text) < 9 and re.fullmatch(r"\d+(_\d+)*", text, re.ASCII):
        return str(int(text))
    if notation is _PAIR and len(text) < 9 and re.fullmatch(r"0(x[0-9a-f]+|o[0-7]+|b[01]+)", text):
        return str(int(text, 0))
    return text if text != value and notation.fullmatch(text) else None


def _as_written(value: Any) -> str:
    """The value as a spec writes it, as far as a message needs it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "a mapping" if isinstance(value, dict) else repr(value)


# The format is the name of a notation, which the editor's schema and the reference spell out.
WindowField = Annotated[Window, PlainValidator(parse_window), WithJsonSchema({"format": "window"})]
PairField = Annotated[Pair, PlainValidator(parse_pair), WithJsonSchema({"format": "pair"})]


def padding_stated(window: object) -> tuple[str, ...]:
    """The field that the window's own ``same`` or ``valid`` replaces."""
    stated = isinstance(window, str) and window.endswith((" same", " valid"))
    return ("padding",) if stated else ()


def padding_of(window: Window, explicit: Pair | None, default: str) -> Pair:
    """Padding on each side. Raises ValueError where the statements contradict or cannot be met."""
    if explicit is not None:
        if window.mode:
            raise ValueError(f"states padding twice: {window.mode} in the window, and as a field")
        return explicit
    mode = window.mode or default
    if mode == "valid":
        return 0, 0
    height, width = window.kernel
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError(
            f"same padding of an even kernel, {height}x{width}, is lopsided: "
            "write valid, or padding: with a number"
        )
    return (height - 1) // 2, (width - 1) // 2


def slide(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, ceil: bool = False
) -> Pair | Unfit:
    """Height and width after a window has slid over the input.

    With ``ceil`` a last, partial window counts, unless it would start in the padding, which is
    what Caffe and PyTorch do.
    """
    _, height, width = shape
    fit = _rounded_up if ceil else _rounded_down
    high = fit(height, kernel[0], stride[0], padding[0])
    wide = fit(width, kernel[1], stride[1], padding[1])
    if high > 0 and wide > 0:
        return high, wide
    padded = f", {height + 2 * padding[0]}x{width + 2 * padding[1]} with its padding"
    return Unfit(
        f"the {kernel[0]}x{kernel[1]} kernel is larger than its input, {height}x{width}",
        note=f"the input is {written(shape)}{padded if any(padding) else ''}",
        hint="use a smaller kernel, or reduce the size less before it",
    )


def arithmetic(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> str:
    """The sum that gives the size, for a person to follow."""
    pads = f"+2*{padding}" if padding else ""
    fit, how = (_rounded_up, "rounded up") if ceil else (_rounded_down, "rounded down")
    return f"({size}{pads}-{kernel})/{stride}+1 = {fit(size, kernel, stride, padding)}, {how}"


def _rounded_down(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _rounded_up(size: int, kernel: int, stride: int, padding: int) -> int:
    out = -((kernel - size - 2 * padding) // stride) + 1
    return out - 1 if (out - 1) * stride >= size + padding else out
