"""The paper's notation for windows, ``KhxKw[/S][ same|valid]``, and its arithmetic."""

import re
import unicodedata
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PlainValidator, WithJsonSchema

from archc.diagnostics import Hint, Replacement, suggest_keyword, suggest_number
from archc.ops.operator import Pair, Shape, ShapeMismatch, format_shape

MAXIMUM_COUNT = 1_000_000
MAXIMUM_KERNEL = 512

Count = Annotated[int, Field(ge=1, le=MAXIMUM_COUNT)]
"""The number of filters, features, groups or classes."""


class Window(NamedTuple):
    """A kernel, its stride and its padding mode; None for what it does not state."""

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
    """A value in another notation; ``hint`` tells how to write it in this one."""

    def __init__(self, value: object, what: str, hint: Hint) -> None:
        super().__init__(f"{_as_written(value)} is not a {what}")
        self.hint = hint


def parse_window(value: Any) -> Any:
    """``7x7/2`` as a Window. Raises ValueError with a hint on anything else."""
    if isinstance(value, Window):
        return value
    match = _NOTATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise NotThisNotation(value, "window", _window_hint(value))
    height, width, vertical, horizontal, mode = match.groups()
    stride = (int(vertical), int(horizontal or vertical)) if vertical else None
    if max(int(height), int(width), *(stride or ())) > MAXIMUM_KERNEL:
        raise ValueError(f"{value} is larger than archc's limit of {MAXIMUM_KERNEL}")
    return Window((int(height), int(width)), stride, mode)


def parse_pair(value: Any) -> Any:
    """``1`` or ``0x3`` as (vertical, horizontal). Raises ValueError on anything else."""
    if isinstance(value, tuple):  # from an operator that exists already; no spec holds a tuple
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        if value > MAXIMUM_KERNEL:
            raise ValueError(f"{value} is larger than archc's limit of {MAXIMUM_KERNEL}")
        return value, value
    match = _PAIR.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise NotThisNotation(value, "size", _pair_hint(value))
    return int(match[1]), int(match[2])


def _window_hint(value: object) -> Hint:
    """How to write ``3 X 3``, ``[3, 3]`` or ``3`` from another notation as a window."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAXIMUM_KERNEL:
        # 3 means 3x3, but 33 may be 3x3 without its x.
        likely = f"{value}x{value}"
        return Replacement(likely, f"write {likely}", safe=value < 10)
    if (pair := _two_numbers(value)) is not None and min(pair) > 0:
        likely = f"{pair[0]}x{pair[1]}"
        return Replacement(likely, f"write {likely}", safe=True)
    if isinstance(value, str):
        text = _plain(value)
        text = re.sub(r" *(/|stride) *(?=[0-9])", "/", text)
        text = re.sub(r" (same|valid)(/\S+)$", r"\2 \1", text)
        if (match := _NOTATION.fullmatch(text)) is not None:
            # TensorFlow's SAME pads unevenly if the stride is more than 1.
            strided = {match[3], match[4]} - {None, "1"}
            safe = "SAME" not in value or not strided
            return Replacement(text, f"write {text}", safe)
        window, _, mode = text.rpartition(" ")
        close = suggest_keyword(mode, ("same", "valid")) if mode.isalpha() else None
        if close is not None and close.text != mode and _NOTATION.fullmatch(window):
            likely = f"{window} {close.text}"
            return close._replace(text=likely, message=f"did you mean {likely}?")
    return "a window is height x width, such as 3x3, 7x7/2 (stride 2) or 3x3/1 same"


def _pair_hint(value: object) -> Hint:
    """How to write ``0 X 3``, ``[0, 3]`` or ``1_0`` from another notation as a size."""
    if (pair := _two_numbers(value)) is not None:
        likely = f"{pair[0]}x{pair[1]}"
        return Replacement(likely, f"write {likely}", safe=True)
    if isinstance(value, str) and _plain(value) in ("same", "valid"):
        return f"put it in the window, such as 3x3/1 {_plain(value)}"
    if isinstance(value, str | float):
        hint = suggest_number(str(value), whole=True)
        # A size such as 0x10 is never a hexadecimal number.
        if hint is not None and hint.text.isdigit() and "x" not in _plain(str(value)):
            return hint
    return "it is a number, or height x width such as 0x3"


def _two_numbers(value: object) -> Pair | None:
    """Height and width, from ``[0, 3]``, ``"(0, 3)"`` or ``0 X 3``; None for anything else."""
    if isinstance(value, list) and len(value) == 2:
        whole = all(isinstance(item, int) and not isinstance(item, bool) for item in value)
        return (value[0], value[1]) if whole and min(value) >= 0 else None
    if not isinstance(value, str):
        return None
    number = "(0|[1-9][0-9]{0,3})"
    text = _plain(value)
    match = re.fullmatch(f"{number}x{number}", text) or re.fullmatch(
        rf"\( *{number} *, *{number} *\)|\[ *{number} *, *{number} *\]", text
    )
    if match is None:
        return None
    height, width = (int(group) for group in match.groups() if group is not None)
    return height, width


def _plain(text: str) -> str:
    """The text in lowercase ASCII, without quotes, with a bare ``x`` between numbers."""
    text = unicodedata.normalize("NFKC", text).lower().strip("\u201c\u201d\u2018\u2019 ")
    text = re.sub("(?<![0-9])0+(?=[0-9](?![0-9]))", "", text)  # 03 means 3, but 010 may be octal
    return re.sub(r"(?<=[0-9]) *[x*\u00d7] *(?=[0-9])", "x", text)


def _as_written(value: Any) -> str:
    """The value as a spec writes it, for a message."""
    if isinstance(value, bool):
        return str(value).lower()
    return "a mapping" if isinstance(value, dict) else repr(value)


# The format names a notation. The editor's schema and the reference describe each one.
WindowField = Annotated[Window, PlainValidator(parse_window), WithJsonSchema({"format": "window"})]
PairField = Annotated[Pair, PlainValidator(parse_pair), WithJsonSchema({"format": "pair"})]


def padding_stated(window: object) -> tuple[str, ...]:
    """The padding field, if the window itself states ``same`` or ``valid``."""
    stated = isinstance(window, str) and window.endswith((" same", " valid"))
    return ("padding",) if stated else ()


def padding_of(window: Window, explicit: Pair | None, default: str) -> Pair:
    """Padding on each side. Raises ValueError if it is stated twice or cannot be the same."""
    if explicit is not None:
        if window.mode:
            raise ValueError(f"padding is given twice: {window.mode} in the window, and as a key")
        return explicit
    mode = window.mode or default
    if mode == "valid":
        return 0, 0
    height, width = window.kernel
    if height % 2 == 0 or width % 2 == 0:
        raise ValueError(
            f"same padding of an even kernel, {height}x{width}, is asymmetric: "
            "use valid, or padding: with a number"
        )
    return (height - 1) // 2, (width - 1) // 2


def slide(
    shape: Shape, kernel: Pair, stride: Pair, padding: Pair, ceil: bool = False
) -> Pair | ShapeMismatch:
    """Height and width after a window slides over the input.

    With ``ceil`` a last, partial window counts unless it would start in the padding, as in Caffe
    and PyTorch.
    """
    _, height, width = shape
    fit = _rounded_up if ceil else _rounded_down
    high = fit(height, kernel[0], stride[0], padding[0])
    wide = fit(width, kernel[1], stride[1], padding[1])
    if high > 0 and wide > 0:
        return high, wide
    padded = f", {height + 2 * padding[0]}x{width + 2 * padding[1]} with its padding"
    return ShapeMismatch(
        f"the {kernel[0]}x{kernel[1]} kernel is larger than its input, {height}x{width}",
        note=f"the input is {format_shape(shape)}{padded if any(padding) else ''}",
        hint="use a smaller kernel, or reduce the size less before it",
    )


def arithmetic(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> str:
    """The formula for the output size with its numbers, for a message."""
    pads = f"+2*{padding}" if padding else ""
    fit, how = (_rounded_up, "rounded up") if ceil else (_rounded_down, "rounded down")
    return f"({size}{pads}-{kernel})/{stride}+1 = {fit(size, kernel, stride, padding)}, {how}"


def _rounded_down(size: int, kernel: int, stride: int, padding: int) -> int:
    return (size + 2 * padding - kernel) // stride + 1


def _rounded_up(size: int, kernel: int, stride: int, padding: int) -> int:
    out = -((kernel - size - 2 * padding) // stride) + 1
    return out - 1 if (out - 1) * stride >= size + padding else out
