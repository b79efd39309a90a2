"""Tests each operator's shape, cost, state and receptive window, against torch or by hand."""

import gc
from itertools import product
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional as F  # noqa: N812

from archc import ops
from archc.ops import OPERATORS
from archc.ops.activation import ReLU, Softmax
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.normalization import LRN, Affine, BatchNorm
from archc.ops.operator import (
    Cost,
    Operator,
    ReceptiveWindow,
    Shape,
    ShapeMismatch,
    Tensor,
    format_shape,
    spatial_mismatch,
)
from archc.ops.plain import Dropout, Flatten, Identity
from archc.ops.pooling import AdaptiveAvgPool, AvgPool, MaxPool
from archc.ops.window import (
    NotThisNotation,
    Window,
    arithmetic,
    padding_of,
    padding_stated,
    parse_pair,
    parse_window,
    slide,
)


def on_meta(module: nn.Module, shape: Shape) -> Shape | None:
    """Return torch's shape for one image; None if torch rejects it."""
    try:
        return tuple(module.to("meta")(torch.empty(1, *shape, device="meta")).shape[1:])
    except RuntimeError:
        return None


def fits(output: Shape | ShapeMismatch) -> Shape | None:
    return None if isinstance(output, ShapeMismatch) else output


def made(kind: type[Operator], **fields: Any) -> Any:
    """Create an operator from a spec's values, with texts for windows."""
    return kind(**fields)


# -- windows, as they are written -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("1x1", Window((1, 1), None, None)),
        ("7x7/2", Window((7, 7), (2, 2), None)),
        ("3x5/2x1", Window((3, 5), (2, 1), None)),
        ("3x3/1 same", Window((3, 3), (1, 1), "same")),
        ("10x1 valid", Window((10, 1), None, "valid")),
        ("512x512/512", Window((512, 512), (512, 512), None)),
    ],
)
def test_windows(text: str, window: Window) -> None:
    assert parse_window(text) == window
    assert parse_window(window) is window
    assert str(window) == text.partition(" ")[0]


ADVICE = "a window is height x width, such as 3x3, 7x7/2 (stride 2) or 3x3/1 same"


@pytest.mark.parametrize(
    ("value", "written", "hint"),
    [
        ("3", "'3'", ADVICE),
        ("0x3", "'0x3'", ADVICE),
        ("3x3/0", "'3x3/0'", ADVICE),
        ("3x3 full", "'3x3 full'", ADVICE),
        ("3x3\n", r"'3x3\n'", ADVICE),
        ("٣x3", "'٣x3'", ADVICE),
        ("3 X 3", "'3 X 3'", "write 3x3"),
        ("3x3 same/2", "'3x3 same/2'", "write 3x3/2 same"),
        ("3x3 smae", "'3x3 smae'", "did you mean 3x3 same?"),
        ([3, 5], "[3, 5]", "write 3x5"),
        (3, "3", "write 3x3"),
        (1, "1", "write 1x1"),
        (0, "0", ADVICE),
        (-3, "-3", ADVICE),
        (True, "true", ADVICE),
        (3.0, "3.0", ADVICE),
        (None, "None", ADVICE),
    ],
)
def test_what_is_no_window(value: object, written: str, hint: str) -> None:
    with pytest.raises(NotThisNotation) as raised:
        parse_window(value)
    assert str(raised.value) == f"{written} is not a window"
    assert str(raised.value.hint) == hint


@pytest.mark.parametrize("value", ["513x1", "1x513", "1x1/513", "1x1/1x513"])
def test_windows_have_a_limit(value: str) -> None:
    with pytest.raises(ValueError, match=f"^{value} is larger than archc's limit of 512$"):
        parse_window(value)


@pytest.mark.parametrize(
    ("value", "pair"),
    [(0, (0, 0)), (1, (1, 1)), (512, (512, 512)), ("0x3", (0, 3)), ("12x0", (12, 0))],
)
def test_pairs(value: object, pair: tuple[int, int]) -> None:
    assert parse_pair(value) == pair


PAIR_ADVICE = "it is a number, or height x width such as 0x3"


@pytest.mark.parametrize(
    ("value", "written", "hint"),
    [
        (-1, "-1", PAIR_ADVICE),
        (True, "true", PAIR_ADVICE),
        (False, "false", PAIR_ADVICE),
        (1.0, "1.0", "write 1"),
        ("1", "'1'", "write 1"),
        ("1x", "'1x'", PAIR_ADVICE),
        ("01x1", "'01x1'", "write 1x1"),
        ("٣x1", "'٣x1'", PAIR_ADVICE),
        (None, "None", PAIR_ADVICE),
    ],
)
def test_what_is_no_pair(value: object, written: str, hint: str) -> None:
    with pytest.raises(NotThisNotation) as raised:
        parse_pair(value)
    assert str(raised.value) == f"{written} is not a size"
    assert str(raised.value.hint) == hint


def test_a_pair_has_a_limit() -> None:
    with pytest.raises(ValueError, match=r"^513 is larger than archc's limit of 512$"):
        parse_pair(513)


@pytest.mark.parametrize(
    ("window", "explicit", "default", "padding"),
    [
        ("3x3", None, "same", (1, 1)),
        ("1x7", None, "same", (0, 3)),
        ("5x3", None, "same", (2, 1)),
        ("3x3", None, "valid", (0, 0)),
        ("2x2", None, "valid", (0, 0)),
        ("3x3 valid", None, "same", (0, 0)),
        ("3x5 same", None, "valid", (1, 2)),
        ("2x2", (1, 0), "same", (1, 0)),
        ("3x3", (0, 0), "same", (0, 0)),
    ],
)
def test_padding(
    window: str, explicit: tuple[int, int] | None, default: str, padding: tuple[int, int]
) -> None:
    assert padding_of(parse_window(window), explicit, default) == padding


@pytest.mark.parametrize("window", ["2x3", "3x2", "4x4"])
def test_same_padding_of_an_even_kernel(window: str) -> None:
    with pytest.raises(ValueError, match="asymmetric") as raised:
        padding_of(parse_window(window), None, "same")
    assert str(raised.value) == (
        f"same padding of an even kernel, {window}, is asymmetric: "
        "use valid, or padding: with a number"
    )


def test_padding_that_is_stated_twice() -> None:
    with pytest.raises(ValueError, match="twice") as raised:
        padding_of(parse_window("3x3 same"), (1, 1), "valid")
    assert str(raised.value) == "padding is given twice: same in the window, and as a key"


@pytest.mark.parametrize(
    ("window", "replaced"),
    [("3x3 same", ("padding",)), ("3x3/2 valid", ("padding",)), ("3x3", ()), (3, ()), (None, ())],
)
def test_a_window_that_states_its_padding_replaces_the_default(
    window: object, replaced: tuple[str, ...]
) -> None:
    assert padding_stated(window) == replaced
    for kind in (Conv, SeparableConv, MaxPool, AvgPool):
        assert kind.overridden_defaults(window) == replaced
    for other in (Linear, BatchNorm, Flatten):
        assert other.overridden_defaults(window) == ()


def test_a_global_pool_replaces_all_that_concerns_windows() -> None:
    assert AvgPool.overridden_defaults("global") == ("ceil", "padding", "count_padding")


# -- sizes: every way of sliding a window, against torch ---------------------------------------

SLIDES = [
    (kernel, stride, padding, ceil)
    for kernel, stride, padding, ceil in product(range(1, 6), range(1, 5), range(3), (False, True))
    if padding <= kernel // 2
]


@pytest.mark.parametrize("ceil", [False, True])
def test_sizes_of_pools_are_torchs(ceil: bool) -> None:
    compared = refused = 0
    for kernel, stride, padding, rounded_up in SLIDES:
        if rounded_up is not ceil:
            continue
        # Each height is paired with a width that always fits.
        pool = nn.MaxPool2d((kernel, 3), (stride, 2), (padding, 1), ceil_mode=ceil)
        for size in range(1, 14):
            expected = on_meta(pool, (1, size, 6))
            got = slide((1, size, 6), (kernel, 3), (stride, 2), (padding, 1), ceil)
            turned = slide((1, 6, size), (3, kernel), (2, stride), (1, padding), ceil)
            if isinstance(got, ShapeMismatch) or isinstance(turned, ShapeMismatch):
                assert expected is None, (kernel, stride, padding, size)
                assert isinstance(got, ShapeMismatch) and isinstance(turned, ShapeMismatch)
                refused += 1
            else:
                assert (1, *got) == expected, (kernel, stride, padding, size)
                assert turned == got[::-1]
                compared += 1
    assert 0 < refused < compared


def test_a_kernel_larger_than_its_input_is_explained() -> None:
    assert slide((64, 2, 9), (3, 3), (1, 1), (0, 0)) == ShapeMismatch(
        "the 3x3 kernel is larger than its input, 2x9",
        "the input is 64x2x9",
        "use a smaller kernel, or reduce the size less before it",
    )
    assert slide((64, 9, 1), (5, 7), (1, 1), (0, 2)) == ShapeMismatch(
        "the 5x7 kernel is larger than its input, 9x1",
        "the input is 64x9x1, 9x5 with its padding",
        "use a smaller kernel, or reduce the size less before it",
    )
    assert slide((64, 1, 9), (7, 5), (1, 1), (2, 0)) == ShapeMismatch(
        "the 7x5 kernel is larger than its input, 1x9",
        "the input is 64x1x9, 5x9 with its padding",
        "use a smaller kernel, or reduce the size less before it",
    )


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((28, 3, 2, 0, False), "(28-3)/2+1 = 13, rounded down"),  # 25/2 = 12.5
        ((28, 3, 2, 0, True), "(28-3)/2+1 = 14, rounded up"),
        ((224, 7, 2, 3, False), "(224+2*3-7)/2+1 = 112, rounded down"),  # 223/2 = 111.5
        ((7, 7, 1, 0, False), "(7-7)/1+1 = 1, rounded down"),
        ((4, 2, 3, 1, True), "(4+2*1-2)/3+1 = 2, rounded up"),  # the third would start at 6 - 1
    ],
)
def test_the_sum_behind_a_size(numbers: tuple[int, int, int, int, bool], text: str) -> None:
    assert arithmetic(*numbers) == text


CONVOLUTIONS = [
    ({"window": "1x1", "out": 8}, (4, 5, 6)),
    ({"window": "3x3", "out": 8}, (4, 5, 6)),
    ({"window": "3x3/2", "out": 8}, (4, 5, 6)),
    ({"window": "5x3/1x2", "out": 8}, (4, 9, 7)),
    ({"window": "3x3 valid", "out": 8}, (4, 5, 6)),
    ({"window": "1x1/2", "out": 8}, (4, 5, 6)),
    ({"window": "3x1/1x2", "out": 8}, (4, 5, 6)),
    ({"window": "3x3", "padding": "2x1", "out": 8}, (4, 5, 6)),
    ({"window": "4x2", "padding": 1, "out": 8}, (4, 5, 6)),
    ({"window": "7x7 valid", "out": 8}, (4, 6, 9)),
    ({"window": "3x3", "out": 8, "norm": BatchNorm()}, (4, 5, 6)),
    ({"window": "3x3", "out": 8, "norm": BatchNorm(), "bias": True}, (4, 5, 6)),
    ({"window": "3x3", "out": 8, "bias": False, "activation": ReLU()}, (4, 5, 6)),
]


class Normed(nn.Module):
    """A convolution and its norm, with the names in archc's state."""

    def __init__(self, conv: nn.Conv2d, channels: int) -> None:
        super().__init__()
        self.conv = conv
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> Any:
        return self.bn.eval()(self.conv(x))


def conv_of_torch(operator: Conv | SeparableConv, channels: int, groups: int) -> nn.Conv2d:
    return nn.Conv2d(
        channels,
        operator.out,
        operator.window.kernel,
        operator.window.stride or 1,
        operator.pads,
        groups=groups,
        bias=operator.biased,
    )


def state_of(module: nn.Module) -> list[Tensor]:
    """Return the module's state as archc writes it."""
    learned = dict(module.named_parameters())
    return [Tensor(k, tuple(v.shape), k in learned) for k, v in module.state_dict().items()]


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize(("fields", "shape"), CONVOLUTIONS)
def test_convolutions_are_torchs(fields: dict[str, Any], shape: Shape, groups: int) -> None:
    conv = made(Conv, groups=groups, **fields)
    theirs: nn.Module = conv_of_torch(conv, shape[0], groups)
    if conv.norm is not None:
        assert isinstance(theirs, nn.Conv2d)
        theirs = Normed(theirs, conv.out)
    assert fits(conv.output(shape)) == on_meta(theirs, shape)
    assert list(conv.state(shape)) == state_of(theirs)
    parameters = {name: p.numel() for name, p in theirs.named_parameters()}
    output = conv.output(shape)
    if isinstance(output, ShapeMismatch):
        return
    cost = conv.cost(shape, output)
    norm = sum(n for name, n in parameters.items() if name.startswith("bn."))
    biases = sum(n for k, n in parameters.items() if k in ("bias", "conv.bias"))
    assert (cost.weights, cost.biases, cost.norm_params) == (
        sum(parameters.values()) - norm - biases,
        biases,
        norm,
    )
    assert cost.params == sum(parameters.values())
    # Each of the output's elements is a sum over the kernel and the channels of its group.
    elements = output[0] * output[1] * output[2]
    height, width = conv.window.kernel
    assert cost.macs == elements * height * width * (shape[0] // groups)
    assert cost.pool_ops == 0
    assert cost.norm_ops == (elements if conv.norm else 0)
    assert cost.activation_ops == (elements if conv.activation else 0)


def test_groups_divide_the_channels_on_both_sides() -> None:
    assert made(Conv, window="3x3", out=8, groups=4).output((6, 5, 5)) == ShapeMismatch(
        "4 groups do not divide 6 input channels"
    )
    assert made(Conv, window="3x3", out=6, groups=4).output((8, 5, 5)) == ShapeMismatch(
        "4 groups do not divide 6 output channels"
    )
    assert made(Conv, window="3x3", out=6, groups=2).output((4, 5, 5)) == (6, 5, 5)


def test_a_depthwise_convolution() -> None:
    conv = made(Conv, window="3x3", out=16, groups=16)
    # One 3x3 kernel for each channel, at each of 10 x 12 places.
    assert conv.cost((16, 10, 12), (16, 10, 12)) == Cost(16 * 9, 16, 0, 16 * 9 * 120)


@pytest.mark.parametrize("multiplier", [1, 2, 3])
@pytest.mark.parametrize(
    ("fields", "shape"),
    [(fields, shape) for fields, shape in CONVOLUTIONS if shape != (4, 6, 9)],
)
def test_separable_convolutions_are_torchs(
    fields: dict[str, Any], shape: Shape, multiplier: int
) -> None:
    separable = made(SeparableConv, multiplier=multiplier, **fields)
    middle = shape[0] * multiplier
    depthwise = nn.Conv2d(
        shape[0],
        middle,
        separable.window.kernel,
        separable.window.stride or 1,
        separable.pads,
        groups=shape[0],
        bias=False,
    )
    pointwise = nn.Conv2d(middle, separable.out, 1, bias=separable.biased)
    output = fits(separable.output(shape))
    assert output is not None
    assert output == on_meta(nn.Sequential(depthwise, pointwise), shape)
    theirs = nn.Module()
    theirs.depthwise, theirs.pointwise = depthwise, pointwise
    if separable.norm is not None:
        theirs.bn = nn.BatchNorm2d(separable.out)
    assert list(separable.state(shape)) == state_of(theirs)
    cost = separable.cost(shape, output)
    positions = output[1] * output[2]
    assert cost.weights == depthwise.weight.numel() + pointwise.weight.numel()
    assert cost.macs == cost.weights * positions
    assert cost.biases == (separable.out if separable.biased else 0)
    assert cost.norm_params == (2 * separable.out if separable.norm else 0)
    assert cost.norm_ops == (separable.out * positions if separable.norm else 0)
    assert cost.activation_ops == (separable.out * positions if separable.activation else 0)


def test_the_separable_convolution_of_the_appendix_by_hand() -> None:
    # 7x7 on 3 channels with multiplier 8: 7*7*3*8 + 24*64 = 1176 + 1536 = 2712 weights, each used
    # at 112 * 112 = 12544 places: 34,019,328.
    conv = made(SeparableConv, window="7x7/2", out=64, multiplier=8)
    assert conv.cost((3, 224, 224), (64, 112, 112)) == Cost(2712, 64, 0, 34_019_328)
    assert conv.depth == 1


@pytest.mark.parametrize("kind", [Conv, SeparableConv])
def test_fields_of_convolutions(kind: type[Conv | SeparableConv]) -> None:
    conv = made(kind, window="3x5", out=8)
    assert (conv.stride, conv.pads, conv.notation) == ((1, 1), (1, 2), "3x5/1")
    assert made(kind, window="3x3/2x1", out=8).stride == (2, 1)
    assert made(kind, window="3x3/2x1 valid", out=8).notation == "3x3/2x1"
    assert conv.receptive_window((4, 9, 9)) == ReceptiveWindow((3, 5), (1, 1))
    assert made(kind, window="3x3/2", out=8).receptive_window((4, 9, 9)) == ReceptiveWindow(
        (3, 3), (2, 2)
    )
    assert made(kind, window="1x1", out=8).receptive_window((4, 9, 9)) == ReceptiveWindow(
        (1, 1), (1, 1)
    )
    assert made(kind, window="1x1/2", out=8).receptive_window((4, 9, 9)) == ReceptiveWindow(
        (1, 1), (2, 2)
    )
    assert [made(kind, window="1x1", out=8, **f).biased for f in BIASES] == [
        True,
        False,
        True,
        False,
    ]
    unfit = ShapeMismatch(
        f"{kind.__name__} needs channels, height and width, but its input is 12 features",
        hint="put it before the Flatten or Linear",
    )
    assert made(kind, window="1x1", out=8).output((12,)) == unfit
    assert made(kind, window="3x3/2", out=8).output((12,)) == unfit
    for wrong in ({"window": "2x2"}, {"window": "3x3 same", "padding": 1}, {"out": 0}):
        with pytest.raises(ValidationError):
            made(kind, **{"window": "1x1", "out": 8, **wrong})


BIASES: list[dict[str, Any]] = [
    {},
    {"norm": BatchNorm()},
    {"norm": BatchNorm(), "bias": True},
    {"bias": False},
]


# -- pools ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(
    "window", ["2x2/2", "3x3/2", "3x2/1x2", "3x3/2 same", "3x3/3 valid", "1x1/1", "5x5/3"]
)
@pytest.mark.parametrize("size", [(4, 5, 6), (3, 8, 7), (3, 4, 9)])
def test_pools_are_torchs(window: str, size: Shape, ceil: bool) -> None:
    pool = made(MaxPool, window=window, ceil=ceil)
    average = made(AvgPool, window=window, ceil=ceil, count_padding=True)
    kernel, stride, pads = pool.window.kernel, pool.window.stride, pool.pads
    assert average.pads == pads
    expected = on_meta(nn.MaxPool2d(kernel, stride, pads, ceil_mode=ceil), size)
    assert fits(pool.output(size)) == fits(average.output(size)) == expected
    if expected is not None:
        reads = expected[0] * expected[1] * expected[2] * kernel[0] * kernel[1]
        assert pool.cost(size, expected) == average.cost(size, expected) == Cost(pool_ops=reads)
    assert (
        pool.receptive_window(size)
        == average.receptive_window(size)
        == ReceptiveWindow(kernel, stride)
    )
    assert pool.state(size) == average.state(size) == ()
    assert pool.notation == average.notation == window.partition(" ")[0]


@pytest.mark.parametrize("kind", [MaxPool, AvgPool, AdaptiveAvgPool, LRN])
def test_what_needs_height_and_width_takes_no_features(kind: type[Operator]) -> None:
    fields: dict[str, Any] = {"window": "2x2/2"}
    if kind in (AdaptiveAvgPool, LRN):
        fields = {"size": 2}
    assert made(kind, **fields).output((12,)) == ShapeMismatch(
        f"{kind.__name__} needs channels, height and width, but its input is 12 features",
        hint="put it before the Flatten or Linear",
    )


def test_a_global_pool() -> None:
    pool = made(AvgPool, window="global")
    assert pool.output((5, 7, 9)) == (5, 1, 1) == on_meta(nn.AdaptiveAvgPool2d(1), (5, 7, 9))
    assert pool.cost((5, 7, 9), (5, 1, 1)) == Cost(pool_ops=5 * 7 * 9)
    assert pool.receptive_window((5, 7, 9)) == ReceptiveWindow((7, 9), (1, 1))
    assert (pool.pads, pool.notation) == ((0, 0), "global")
    assert pool.output((5,)) == spatial_mismatch((5,), "AvgPool")


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (MaxPool, {"window": "3x3"}, "a pool must state its stride, and 3x3 has none"),
        (AvgPool, {"window": "3x3"}, "a pool must state its stride, and 3x3 has none"),
        (
            MaxPool,
            {"window": "3x3/2", "padding": 2},
            "the padding, 2x2, is more than half the kernel",
        ),
        (
            MaxPool,
            {"window": "5x3/2", "padding": 2},
            "the padding, 2x2, is more than half the kernel",
        ),
        (
            MaxPool,
            {"window": "3x5/2", "padding": 2},
            "the padding, 2x2, is more than half the kernel",
        ),
        (MaxPool, {"window": "2x2/2 same"}, "same padding of an even kernel, 2x2, is asymmetric"),
        *(
            (
                AvgPool,
                {"window": "3x3/1", "padding": padding},
                "a padded AvgPool must set count_padding, to true if the zeros count in the mean",
            )
            for padding in ("1x1", "0x1", "1x0")
        ),
        *(
            (
                AvgPool,
                {"window": "global", **field},
                "a global pool takes no ceil, padding or count_padding",
            )
            for field in ({"ceil": True}, {"padding": 0}, {"count_padding": False})
        ),
        (AdaptiveAvgPool, {"size": 0}, "the size must be at least 1x1"),
        (AdaptiveAvgPool, {"size": "0x1"}, "the size must be at least 1x1"),
        (AdaptiveAvgPool, {"size": "1x0"}, "the size must be at least 1x1"),
        (AdaptiveAvgPool, {"size": "513x1"}, "the size must be at least 1x1"),
        (AdaptiveAvgPool, {"size": "1x513"}, "the size must be at least 1x1"),
    ],
)
def test_pools_that_are_refused(kind: type[Operator], fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        made(kind, **fields)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (MaxPool, {"window": "2x2/2", "padding": 1}),
        (MaxPool, {"window": "5x3/1", "padding": "2x1"}),
        (AvgPool, {"window": "3x3/1", "padding": 0}),
        (AvgPool, {"window": "3x3/1", "padding": "1x0", "count_padding": False}),
        (AvgPool, {"window": "3x3/1", "count_padding": False}),
        (AdaptiveAvgPool, {"size": 512}),
        (AdaptiveAvgPool, {"size": 1}),
    ],
)
def test_pools_that_are_not(kind: type[Operator], fields: dict[str, Any]) -> None:
    assert made(kind, **fields).output((1, 600, 600)) is not None


def regions(size: int, parts: int) -> list[tuple[int, int]]:
    """Return the first and last element of each region that torch averages."""
    shares = F.adaptive_avg_pool1d(torch.eye(size)[:, None], parts)[:, 0]
    seen = [shares[:, part].nonzero().flatten().tolist() for part in range(parts)]
    return [(places[0], places[-1]) for places in seen]


@pytest.mark.parametrize("height", [1, 2, 5, 7])
@pytest.mark.parametrize("width", [3, 4, 10])
def test_adaptive_pools_are_torchs(height: int, width: int) -> None:
    for rows, columns in product((1, 2, 3, 7), repeat=2):
        pool = made(AdaptiveAvgPool, size=f"{rows}x{columns}")
        shape = (5, height, width)
        assert pool.output(shape) == on_meta(nn.AdaptiveAvgPool2d((rows, columns)), shape)
        high = [last - first + 1 for first, last in regions(height, rows)]
        wide = [last - first + 1 for first, last in regions(width, columns)]
        assert pool.cost(shape, (5, rows, columns)) == Cost(pool_ops=5 * sum(high) * sum(wide))
        stride = max(1, height // rows), max(1, width // columns)
        assert pool.receptive_window(shape) == ReceptiveWindow((max(high), max(wide)), stride)
        assert pool.notation == f"to {rows}x{columns}"


# -- the others -------------------------------------------------------------------------------


def test_linear_layers_are_torchs() -> None:
    for bias in (True, False):
        linear = made(Linear, out=10, bias=bias)
        theirs = nn.Linear(12, 10, bias=bias)
        assert linear.output((12,)) == (10,) == on_meta(theirs, (12,))
        assert linear.output((12, 1, 1)) == (10,)
        assert list(linear.state((12,))) == state_of(theirs)
        assert linear.cost((12,), (10,)) == Cost(120, 10 if bias else 0, 0, 120)
        assert linear.biased is bias
    assert made(Linear, out=10).biased is True
    assert made(Linear, out=10, activation=ReLU()).cost((12,), (10,)) == Cost(
        120, 10, 0, 120, 0, 0, 10
    )
    assert made(Linear, out=10).receptive_window((12,)) == ReceptiveWindow()


@pytest.mark.parametrize("shape", [(6, 2, 1), (6, 1, 3), (6, 2, 3)])
def test_a_linear_layer_on_height_and_width(shape: Shape) -> None:
    assert made(Linear, out=10).output(shape) == ShapeMismatch(
        f"Linear needs features, but its input is {format_shape(shape)}",
        f"flattened it would have {6 * shape[1] * shape[2]} features",
        "is a pool missing before it? otherwise put a Flatten there",
    )


def test_batch_norm_is_torchs() -> None:
    norm = BatchNorm()
    theirs = nn.BatchNorm2d(6)
    assert (norm.eps, norm.momentum) == (theirs.eps, theirs.momentum)
    for shape, elements in (((6, 4, 5), 120), ((6,), 6)):
        assert list(norm.state(shape)) == state_of(theirs)
        assert norm.cost(shape, shape) == Cost(norm_params=12, norm_ops=elements)
        assert norm.output(shape) == shape


def test_operators_that_keep_the_shape() -> None:
    for operator in (ReLU(), Softmax(), made(Dropout, p=0.5), Identity()):
        for shape, elements in (((6, 4, 5), 120), ((6,), 6)):
            assert operator.output(shape) == shape
            assert operator.receptive_window(shape) == ReceptiveWindow((1, 1), (1, 1))
            assert (operator.state(shape), operator.notation) == ((), "")
            active = isinstance(operator, ReLU | Softmax)
            assert operator.cost(shape, shape) == Cost(activation_ops=elements if active else 0)
    for scaling in (made(LRN, size=5), made(Affine, scales=[1.0] * 6)):
        assert scaling.output((6, 4, 5)) == (6, 4, 5)
        assert scaling.cost((6, 4, 5), (6, 4, 5)) == Cost(norm_ops=120)


def test_lrn_has_torchs_defaults() -> None:
    lrn, theirs = made(LRN, size=5), nn.LocalResponseNorm(5)
    assert (lrn.alpha, lrn.beta, lrn.k) == (theirs.alpha, theirs.beta, theirs.k)


def test_affine_has_a_number_for_each_channel() -> None:
    affine = made(Affine, scales=[1.0, 2.0], shift=[0.0, 0.5])
    assert affine.output((2, 3, 3)) == (2, 3, 3)
    assert affine.output((3, 3, 3)) == ShapeMismatch("2 numbers in scales for 3 channels")
    assert affine.output((2,)) == spatial_mismatch((2,), "Affine")
    odd = made(Affine, scales=[1.0, 2.0], shift=[0.0])
    assert odd.output((2, 3, 3)) == ShapeMismatch("1 number in shift for 2 channels")


def test_flatten_is_torchs() -> None:
    flatten = Flatten()
    assert flatten.output((6, 4, 5)) == (120,) == on_meta(nn.Flatten(), (6, 4, 5))
    assert flatten.output((6,)) == (6,) == on_meta(nn.Flatten(), (6,))
    assert flatten.receptive_window((6, 4, 5)) == ReceptiveWindow((4, 5), (1, 1))
    assert flatten.receptive_window((6,)) == ReceptiveWindow()
    assert flatten.cost((6, 4, 5), (120,)) == Cost()


def accepted(kind: type[Operator], fields: dict[str, Any]) -> bool:
    try:
        made(kind, **fields)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "field", "good", "bad"),
    [
        (BatchNorm, "eps", (1e-12, 0.999), (0.0, 1.0, -1e-5)),
        (BatchNorm, "momentum", (1e-9, 1.0), (0.0, 1.001)),
        (LRN, "alpha", (1e-9, 3.0), (0.0, -1.0)),
        (LRN, "beta", (1e-9, 3.0), (0.0, -1.0)),
        (LRN, "k", (1e-9, 3.0), (0.0, -1.0)),
        (LRN, "size", (1, 1_000_000), (0, 1_000_001, 1.0, True)),
        (Dropout, "p", (0.0, 0.999), (1.0, -0.001)),
        (Linear, "out", (1, 1_000_000), (0, 1_000_001)),
        (Conv, "out", (1, 1_000_000), (0, 1_000_001)),
        (Conv, "groups", (1, 4), (0, -1)),
        (SeparableConv, "multiplier", (1, 4), (0, -1)),
        (Affine, "scales", ([1.0], (1.0, 2.0)), ([], 1.0, ["a"])),
        (Affine, "shift", ([1.0], None), ([], 1.0)),
        (BatchNorm, "eps", (), (float("nan"), float("inf"))),
        (LRN, "k", (), (float("nan"), float("inf"))),
        (ReLU, "inplace", (), (True,)),
    ],
)
def test_limits_of_fields(
    kind: type[Operator], field: str, good: tuple[object, ...], bad: tuple[object, ...]
) -> None:
    needed: dict[type[Operator], dict[str, Any]] = {
        LRN: {"size": 5},
        Conv: {"window": "1x1", "out": 4},
        SeparableConv: {"window": "1x1", "out": 4},
        Affine: {"scales": [1.0]},
    }
    verdicts = [accepted(kind, {**needed.get(kind, {}), field: value}) for value in (*good, *bad)]
    assert verdicts == [True] * len(good) + [False] * len(bad)


VOCABULARY = {
    # kind: (positional_field, channels_field, depth, column_fields, layer_fields)
    "AdaptiveAvgPool": ("size", None, 0, (), ()),
    "Affine": ("scales", None, 0, (), ()),
    "AvgPool": ("window", None, 0, (), ()),
    "BatchNorm": (None, None, 0, ("eps", "momentum"), ()),
    "Conv": ("window", "out", 1, ("out", "groups"), ("norm", "activation")),
    "Dropout": ("p", None, 0, ("p",), ()),
    "Flatten": (None, None, 0, (), ()),
    "Identity": (None, None, 0, (), ()),
    "LRN": ("size", None, 0, ("size", "alpha", "beta", "k"), ()),
    "Linear": ("out", "out", 1, ("out",), ("activation",)),
    "MaxPool": ("window", None, 0, (), ()),
    "ReLU": (None, None, 0, (), ()),
    "SeparableConv": ("window", "out", 1, ("out", "multiplier"), ("norm", "activation")),
    "Softmax": (None, None, 0, (), ()),
}


def test_the_vocabulary() -> None:
    found = {
        name: (
            kind.positional_field,
            kind.channels_field,
            kind.depth,
            kind.column_fields,
            kind.layer_fields,
        )
        for name, kind in OPERATORS.items()
    }
    assert VOCABULARY.items() <= found.items()  # a new operator need not be listed
    assert list(OPERATORS) == sorted(OPERATORS)


def test_two_operators_of_one_name_are_refused() -> None:
    second = type("Flatten", (Operator,), {"__module__": __name__})
    with pytest.raises(TypeError, match="two operators are called Flatten"):
        ops._discover()
    del second
    gc.collect()  # a class is in cycles, and stays a subclass until collected
    assert list(ops._discover()) == list(OPERATORS)


def test_operators_are_frozen_and_strict() -> None:
    linear = made(Linear, out=10)
    with pytest.raises(ValidationError):
        linear.out = 11
    assert not accepted(Linear, {"out": "10"})
    assert not accepted(Linear, {"out": 10, "bias": "yes"})


def test_costs_begin_at_nothing() -> None:
    assert Cost() == (0, 0, 0, 0, 0, 0, 0)
    assert Cost(weights=2, biases=3, norm_params=5, macs=7).params == 2 + 3 + 5
    assert Tensor("weight", (1,)).learned is True
    assert ShapeMismatch("message") == ("message", None, None)
    assert (format_shape((3, 4, 5)), format_shape((7,))) == ("3x4x5", "7")
    assert spatial_mismatch((3, 4, 5), "LRN") is None
