"""Pools. A spec must write their stride: a forgotten one changes every later shape."""

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator

from archc.diagnostics import Replacement
from archc.ops.family import Family
from archc.ops.operator import (
    Cost,
    Operator,
    Pair,
    ReceptiveWindow,
    Shape,
    ShapeMismatch,
    spatial_mismatch,
)
from archc.ops.window import (
    MAXIMUM_KERNEL,
    NotThisNotation,
    PairField,
    Window,
    padding_of,
    padding_stated,
    parse_window,
    slide,
)

POOLING = Family(
    "pooling",
    "pooling: maximum or average, window",
    ("#f9dedb", "#bd6a62"),
    ("#4c2624", "#c97a72"),
    position=2,
)
POOL_WINDOW = WithJsonSchema({"format": "pool window"})
AVERAGE_WINDOW = WithJsonSchema({"format": "pool window or global"})


class _WithoutStride(ValueError):
    """A pool's window without a stride; ``hint`` suggests one."""

    def __init__(self, window: Window) -> None:
        self.hint = _with_stride(window)
        super().__init__(f"a pool must state its stride, and {window} has none")


def _with_stride(window: Window) -> Replacement:
    mode = f" {window.mode}" if window.mode else ""
    likely = f"{window}/2{mode}"
    return Replacement(likely, f"write {likely}, or {window}/1{mode}", safe=False)


def _parse_window(value: Any) -> Any:
    """A window with its stride. Raises ValueError with a hint on anything else."""
    try:
        window = parse_window(value)
    except NotThisNotation as other:
        if isinstance(other.hint, Replacement):
            meant = parse_window(other.hint.text)
            other.hint = other.hint if meant.stride else _with_stride(meant)
        raise
    if window.stride is None:
        raise _WithoutStride(window)
    return window


PoolWindow = Annotated[Window, PlainValidator(_parse_window)]


class _Pool(Operator):
    family: ClassVar[Family] = POOLING
    positional_field: ClassVar[str | None] = "window"

    ceil: bool = False
    """Whether the output size is rounded up so that a partial window counts, as in Caffe."""
    padding: PairField | None = None
    """Padding on each side: a number or height x width, at most half the kernel."""

    @classmethod
    def overridden_defaults(cls, value: object) -> tuple[str, ...]:
        """The padding, if the window states it; every window field for a global pool."""
        if value == "global":
            return ("ceil", "padding", "count_padding")
        return padding_stated(value)

    def _check(self, window: Window) -> Pair:
        pads = padding_of(window, self.padding, "valid")
        if pads[0] * 2 > window.kernel[0] or pads[1] * 2 > window.kernel[1]:
            raise ValueError(f"the padding, {pads[0]}x{pads[1]}, is more than half the kernel")
        return pads

    def _slide(self, shape: Shape, window: Window, pads: Pair) -> Shape | ShapeMismatch:
        if len(shape) != 3:
            return spatial_mismatch(shape, type(self).__name__) or shape
        size = slide(shape, window.kernel, window.stride or (1, 1), pads, self.ceil)
        return size if isinstance(size, ShapeMismatch) else (shape[0], *size)


class MaxPool(_Pool):
    """The largest element of each window. The default padding is ``valid``.

    ``ceil: true`` rounds the output size up, as Caffe does. By default it is rounded down.
    """

    window: Annotated[PoolWindow, POOL_WINDOW]
    """Window height x width, then the stride, which is required: `3x3/2`."""

    @model_validator(mode="after")
    def _valid(self) -> Self:
        self._check(self.window)
        return self

    @cached_property
    def pads(self) -> Pair:
        """Padding on each side, vertical and horizontal."""
        return self._check(self.window)

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same channels; the window slides over height and width."""
        return self._slide(shape, self.window, self.pads)

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Window elements read."""
        height, width = self.window.kernel
        return Cost(pool_ops=height * width * output[0] * output[1] * output[2])

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """The window itself."""
        return ReceptiveWindow(self.window.kernel, self.window.stride or (1, 1))

    @property
    def notation(self) -> str:
        """Patch size/stride."""
        return str(self.window)


class AvgPool(_Pool):
    """The mean of each window, or of the whole input (``AvgPool: global``).

    A padded pool must state ``count_padding``, whether padded zeros count in the mean: networks of
    this family differ in it, and a mistake would change no shape.
    """

    window: Annotated[PoolWindow | Literal["global"], AVERAGE_WINDOW]
    """Window height x width, then the stride, which is required: `7x7/1`. Or `global`."""
    count_padding: bool | None = None
    """Whether padded zeros count in the mean. A padded pool must state it."""

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if self.window == "global":
            if self.padding is not None or self.ceil or self.count_padding is not None:
                raise ValueError("a global pool takes no ceil, padding or count_padding")
        elif any(self._check(self.window)) and self.count_padding is None:
            raise ValueError(
                "a padded AvgPool must set count_padding, to true if the zeros count in the mean"
            )
        return self

    @cached_property
    def pads(self) -> Pair:
        """Padding on each side, vertical and horizontal."""
        return (0, 0) if isinstance(self.window, str) else self._check(self.window)

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same channels; the window slides, or the size becomes 1x1."""
        if isinstance(self.window, str):
            return spatial_mismatch(shape, "AvgPool") or (shape[0], 1, 1)
        return self._slide(shape, self.window, self.pads)

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Window elements read."""
        height, width = self.receptive_window(shape).kernel
        return Cost(pool_ops=height * width * output[0] * output[1] * output[2])

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """The window; the whole input for a global pool."""
        if isinstance(self.window, str):
            return ReceptiveWindow((shape[1], shape[2]))
        return ReceptiveWindow(self.window.kernel, self.window.stride or (1, 1))

    @property
    def notation(self) -> str:
        """Patch size/stride, or ``global``."""
        return str(self.window)


class AdaptiveAvgPool(Operator):
    """The mean of each of ``size`` regions, which overlap if they do not divide the input."""

    family: ClassVar[Family] = POOLING
    positional_field: ClassVar[str | None] = "size"

    size: Annotated[PairField, WithJsonSchema({"format": "size"})]
    """The output size: a number or height x width."""

    @model_validator(mode="after")
    def _valid(self) -> Self:
        if not (0 < self.size[0] <= MAXIMUM_KERNEL and 0 < self.size[1] <= MAXIMUM_KERNEL):
            raise ValueError("the size must be at least 1x1")
        return self

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same channels, with the stated size."""
        return spatial_mismatch(shape, "AdaptiveAvgPool") or (shape[0], *self.size)

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Window elements read, region by region."""
        rows = sum(_regions(shape[1], self.size[0]))
        return Cost(pool_ops=shape[0] * rows * sum(_regions(shape[2], self.size[1])))

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """The largest region, and the step between regions, rounded down."""
        (height, width), (rows, columns) = shape[1:], self.size
        kernel = max(_regions(height, rows)), max(_regions(width, columns))
        return ReceptiveWindow(kernel, (max(1, height // rows), max(1, width // columns)))

    @property
    def notation(self) -> str:
        """The output size."""
        return f"to {self.size[0]}x{self.size[1]}"


def _regions(size: int, parts: int) -> list[int]:
    return [-(-(i + 1) * size // parts) - i * size // parts for i in range(parts)]
