"""ONNX nodes for pools.

Padding after the input expresses a last, partial window, never ``ceil_mode``: versions of ONNX and
its runtimes disagree about a window that would start in the padding and about its divisor. Sizes
are known here, so padding can express exactly what PyTorch computes.
"""

from archc.ops.operator import Pair, Shape
from archc.ops.pooling import AdaptiveAvgPool, AvgPool, MaxPool
from archc.ops.window import Window
from archc_backends.onnx.steps import PREVIOUS, Attribute, Constant, Step


def max_pool(operator: MaxPool, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """MaxPool, for which padding is less than every number."""
    beyond = _beyond(operator.window, operator.pads, input_shape, output_shape)
    pads = (*operator.pads, operator.pads[0] + beyond[0], operator.pads[1] + beyond[1])
    return [Step("MaxPool", "pool", output_shape, attributes=_window(operator.window, pads))]


def avg_pool(operator: AvgPool, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """AveragePool, or GlobalAveragePool.

    In PyTorch padding may count in the mean, but the part of a window beyond the padding never
    does. If both occur, a Pad first adds the zeros that count.
    """
    window = operator.window
    if isinstance(window, str):
        return [Step("GlobalAveragePool", "pool", output_shape)]
    pads, beyond = operator.pads, _beyond(window, operator.pads, input_shape, output_shape)
    counts = any(pads) and operator.count_padding is not False
    steps: list[Step] = []
    if counts and any(beyond):
        padded = (input_shape[0], input_shape[1] + 2 * pads[0], input_shape[2] + 2 * pads[1])
        zeros = Constant("pads", (0, 0, *pads, 0, 0, *pads), "int64")
        steps.append(Step("Pad", "pad", padded, (PREVIOUS, zeros)))
        pads, counts = (0, 0), False
    around = (*pads, pads[0] + beyond[0], pads[1] + beyond[1])
    attributes = {**_window(window, around), "count_include_pad": int(counts)}
    return [*steps, Step("AveragePool", "pool", output_shape, attributes=attributes)]


def adaptive_avg_pool(
    operator: AdaptiveAvgPool, input_shape: Shape, output_shape: Shape
) -> list[Step]:
    """AveragePool if the regions are windows, otherwise a matrix product for each side."""
    if output_shape[1:] == (1, 1):
        return [Step("GlobalAveragePool", "pool", output_shape)]
    sides = [
        _regions(size, parts) for size, parts in zip(input_shape[1:], output_shape[1:], strict=True)
    ]
    windows = [_as_window(regions) for regions in sides]
    if windows[0] is not None and windows[1] is not None:
        (height, down), (width, across) = windows[0], windows[1]
        window = Window((height, width), (down, across), None)
        attributes = _window(window, (0, 0, 0, 0))
        return [Step("AveragePool", "pool", output_shape, attributes=attributes)]
    # The mean of a rectangle is the mean over its rows of the means over its columns.
    rows = Constant("rows", _means(sides[0], input_shape[1]))
    columns = Constant("columns", tuple(zip(*_means(sides[1], input_shape[2]), strict=True)))
    between = (input_shape[0], output_shape[1], input_shape[2])
    return [
        Step("MatMul", "over_rows", between, (rows, PREVIOUS)),
        Step("MatMul", "over_columns", output_shape, (PREVIOUS, columns)),
    ]


def _beyond(window: Window, pads: Pair, input_shape: Shape, output_shape: Shape) -> Pair:
    """How far the last windows reach beyond the padding, vertically and horizontally."""
    down, across = (
        max(
            0,
            (output_shape[1 + i] - 1) * stride
            + window.kernel[i]
            - input_shape[1 + i]
            - 2 * pads[i],
        )
        for i, stride in enumerate(window.stride or (1, 1))
    )
    return down, across


def _window(window: Window, pads: tuple[int, ...]) -> dict[str, Attribute]:
    return {"kernel_shape": window.kernel, "strides": window.stride or (1, 1), "pads": pads}


def _regions(size: int, parts: int) -> list[tuple[int, int]]:
    """Start and end of each region, as PyTorch divides a side."""
    return [(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def _as_window(regions: list[tuple[int, int]]) -> Pair | None:
    """Kernel and stride of the window that covers exactly these regions; None if there is none."""
    start, end = regions[0]
    step = regions[1][0] - start if len(regions) > 1 else 1
    same = all(region == (i * step, i * step + end) for i, region in enumerate(regions))
    return (end, step) if same and step > 0 else None


def _means(regions: list[tuple[int, int]], size: int) -> tuple[tuple[float, ...], ...]:
    """A matrix whose product with a side is the mean of each region."""
    return tuple(
        tuple(1 / (end - start) if start <= i < end else 0.0 for i in range(size))
        for start, end in regions
    )


EMITTERS = {MaxPool: max_pool, AvgPool: avg_pool, AdaptiveAvgPool: adaptive_avg_pool}
