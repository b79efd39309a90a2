"""Rewrites one value of a valid spec in the notation of PyTorch, Keras or Caffe."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import partial
from random import Random
from typing import Any, NamedTuple

from fuzz.plain import ROWS, Data, mappings

SECTIONS = (*ROWS, "aux", "modules", "defaults")

KINDS = {
    "Conv": ("Conv2d", "Conv2D", "Convolution", "conv", "Conv2dTranspose", "Conv1d"),
    "SeparableConv": ("SeparableConv2D", "separable_conv"),
    "Linear": ("Dense", "InnerProduct", "LazyLinear", "linear", "Bilinear"),
    "MaxPool": ("MaxPool2d", "MaxPooling2D", "max_pool", "MaxUnpool", "MaxPool1d", "Pooling"),
    "AvgPool": ("AvgPool2d", "AveragePooling2D", "avg_pool", "AvgPool1d"),
    "AdaptiveAvgPool": ("AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "AdaptiveAvgPool1d"),
    "BatchNorm": ("BatchNorm2d", "BatchNormalization", "BatchNorm1d", "batch_norm"),
    "LRN": ("LocalResponseNorm", "lrn"),
    "Dropout": ("Dropout2d", "dropout", "AlphaDropout"),
    "ReLU": ("ReLU6", "relu", "GELU", "PReLU", "ELU", "Relu"),
    "Softmax": ("Softmax2d", "softmax", "LogSoftmax"),
}
"""Other tools' names: for the same thing, for another one, and the same name in lower case."""

FIELDS = {
    "out": ("out_channels", "filters", "num_output", "units"),
    "padding": ("pad", "pads", "padding_mode", "auto_pad"),
    "bias": ("use_bias", "bias_term", "no_bias"),
    "groups": ("group", "num_group", "feature_group_count"),
    "activation": ("act", "nonlinearity", "relu"),
    "norm": ("norm_layer", "batch_norm"),
    "ceil": ("ceil_mode", "round_mode"),
    "count_padding": ("count_include_pad", "exclusive"),
    "eps": ("epsilon",),
    "loss_weight": ("weight",),
}


class Foreign(NamedTuple):
    """A spec with one value in a foreign notation, and the notation."""

    spec: Data
    notation: str


class _Site(NamedTuple):
    """A place that can be rewritten, and the function that rewrites it."""

    notation: str
    write: Callable[[], None]


def rewritten(spec: Data, random: Random) -> Foreign | None:
    """Return the spec with one value in a foreign notation; None if no value has one."""
    spec = deepcopy(spec)
    sites = [site for section in SECTIONS for site in _sites(spec.get(section), random)]
    if not sites:
        return None
    # All notations are equally likely, however many layers of a kind there are.
    notation = random.choice(sorted({site.notation for site in sites}))
    site = random.choice([site for site in sites if site.notation == notation])
    site.write()
    return Foreign(spec, notation)


def _sites(section: Any, random: Random) -> Iterator[_Site]:
    for data in mappings(section):
        for key, value in list(data.items()):
            for notation, written in _values(key, value):
                yield _Site(notation, partial(data.update, {key: written}))
            for word in KINDS.get(key, ()):
                yield _Site("a kind", partial(_rename, data, key, word))
            for word in FIELDS.get(key, ()):
                yield _Site("a field", partial(_rename, data, key, word))
            if isinstance(value, str) and value in KINDS:
                yield _Site("a bare kind", partial(data.update, {key: random.choice(KINDS[value])}))
            if key in KINDS and isinstance(value, str) and "/" in value:
                yield _Site("a stride of its own", partial(_part, data, key))


def _values(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Return the value as other tools write it."""
    if key in ("Conv", "SeparableConv", "MaxPool", "AvgPool") and isinstance(value, str):
        match = re.fullmatch(r"(\d+)x(\d+)((?:/\S+)?)((?: \w+)?)", value)
        if match is not None:
            height, width, stride, mode = match.groups()
            yield "capitals", f"{height}X{width}{stride}{mode}"
            yield "spaces", f"{height} x {width}{stride}{mode}"
            yield "SAME", f"{height}x{width}{stride}{mode.upper()}"
            if height == width and not stride and not mode:
                yield "a square's side", int(height)
            if not stride and not mode:
                yield "a list", [int(height), int(width)]
                yield "a tuple", f"({height}, {width})"
    if key in ("padding", "AdaptiveAvgPool"):
        pair = (value, value) if isinstance(value, int) else _pair(value)
        if pair is not None:
            yield "a list", list(pair)
            yield "a tuple", f"({pair[0]}, {pair[1]})"
            yield "capitals", f"{pair[0]}X{pair[1]}"
            yield "spaces", f"{pair[0]} x {pair[1]}"
            yield "four sides", [*pair, *pair]
            yield "a word for padding", "same"
            yield "zeros", f"0{pair[0]}x0{pair[1]}"
    if isinstance(value, bool):
        for word in ("yes", "True", "1") if value else ("no", "False", "off", "0"):
            yield "a word for truth", word
    elif isinstance(value, int) and key not in ("archc", "padding"):
        yield "a quoted number", str(value)
        yield "a decimal", float(value)
        yield "zeros", f"0{value}"
        yield "hexadecimal", hex(value)
    elif isinstance(value, float):
        yield "a quoted number", str(value)
    if key in ("activation", "norm") and value == "none":
        for word in ("no", "off", "linear", "None"):
            yield "a word for none", word


def _pair(value: Any) -> tuple[int, int] | None:
    match = re.fullmatch(r"(\d+)x(\d+)", value) if isinstance(value, str) else None
    return None if match is None else (int(match[1]), int(match[2]))


def _rename(data: Data, key: str, word: str) -> None:
    """Rename the key in place."""
    entries = list(data.items())
    data.clear()
    data.update({word if name == key else name: value for name, value in entries})


def _part(data: Data, key: str) -> None:
    """Move the window's stride to a separate key."""
    window, _, behind = data[key].partition("/")
    stride, _, mode = behind.partition(" ")
    data[key] = f"{window} {mode}".strip()
    data["stride"] = int(stride) if stride.isdigit() else stride
