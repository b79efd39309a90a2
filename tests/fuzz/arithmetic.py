"""Computes shapes from a spec's plain data, independently of archc."""

from math import ceil, prod
from typing import Any

from fuzz.others import OTHERS, shape_of
from fuzz.plain import Data, Reader

Shape = tuple[int, ...]


class Unfit(Exception):
    """Raised if layers do not fit together."""


class Arithmetic(Reader[Shape]):
    """Computes shapes without a batch; raises Unfit if a layer cannot take its input."""

    def join(self, branches: list[Shape]) -> Shape:
        if len({shape[1:] for shape in branches}) > 1:
            raise Unfit
        return (sum(shape[0] for shape in branches), *branches[0][1:])

    def add(self, body: Shape, scale: float, shortcut: Shape, activation: Any) -> Shape:
        if body != shortcut:
            raise Unfit
        return body

    def operator(self, path: str, kind: str, fields: Data, x: Shape) -> Shape:
        if kind in OTHERS:
            shape = shape_of(kind, fields, x)
            if shape is None:
                raise Unfit
            return shape
        if kind in ("Dropout", "ReLU", "Softmax", "Identity", "BatchNorm"):
            return x
        if kind == "Flatten":
            return (prod(x),)
        if kind == "Linear":
            if x[1:] not in ((), (1, 1)):
                raise Unfit
            return (fields["Linear"],)
        if len(x) == 1:
            raise Unfit
        if kind == "LRN":
            return x
        if kind == "Affine":
            if len(fields["Affine"]) != x[0]:
                raise Unfit
            return x
        if kind == "AdaptiveAvgPool":
            return (x[0], *pair(fields[kind]))
        return self.window(kind, fields, x)

    def window(self, kind: str, fields: Data, x: Shape) -> Shape:
        """Return the output size of a window that slides over the input."""
        convolution = kind in ("Conv", "SeparableConv")
        channels = fields["out"] if convolution else x[0]
        groups = fields.get("groups", 1)
        if convolution and (x[0] % groups or channels % groups):
            raise Unfit
        if fields[kind] == "global":
            return (channels, 1, 1)
        kernel, stride, padding = window(fields[kind], fields.get("padding"), convolution)
        size = []
        for axis in (0, 1):
            steps = (x[1 + axis] + 2 * padding[axis] - kernel[axis]) / stride[axis]
            count = (ceil(steps) if fields.get("ceil") else int(steps // 1)) + 1
            if fields.get("ceil") and (count - 1) * stride[axis] >= x[1 + axis] + padding[axis]:
                count -= 1
            if steps < 0 or count < 1:
                raise Unfit
            size.append(count)
        return (channels, *size)


Pair = tuple[int, int]


def pair(value: Any) -> Pair:
    """Parse ``1`` or ``0x3``."""
    if isinstance(value, int):
        return value, value
    high, wide = value.split("x")
    return int(high), int(wide)


def window(text: str, padding: Any, same: bool) -> tuple[Pair, Pair, Pair]:
    """Parse kernel, stride and padding of ``KxK[/S][ same|valid]``."""
    sizes, _, mode = text.partition(" ")
    size, _, step = sizes.partition("/")
    kernel = pair(size)
    stride = pair(step if "x" in step else int(step or 1))
    if padding is not None:
        return kernel, stride, pair(padding)
    if mode == "same" or (same and not mode):
        return kernel, stride, (kernel[0] // 2, kernel[1] // 2)
    return kernel, stride, (0, 0)
