"""Convolutions and linear layers, with what follows them."""

from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc_backends.pytorch.expressions import Call
from archc_backends.pytorch.operators.site import Helper, Made, Site, literal, options, pair


def conv(site: Site) -> Made:
    """nn.Conv2d alone, or a class of its own for the norm and the activation behind it."""
    assert isinstance(site.operator, Conv)
    return _convolution(site, site.operator, "Conv", "nn.Conv2d")


def separable_conv(site: Site) -> Made:
    """A class of its own: depthwise, pointwise, then the norm and the activation."""
    assert isinstance(site.operator, SeparableConv)
    return _convolution(site, site.operator, "SeparableConv", None)


def linear(site: Site) -> Made:
    """nn.Linear, or a class of its own for the activation behind it."""
    operator = site.operator
    assert isinstance(operator, Linear)
    arguments = (site.channels, site.value("out"))
    given = {"bias": literal(operator.bias)}
    flattens = site.chained and site.spatial
    if operator.activation is None and not flattens:
        return Made(Call("nn.Linear", arguments, options(bias=(given["bias"], "True"))))
    name = "FlattenLinear" if flattens else "Linear"
    if operator.activation is not None:
        name += type(operator.activation).__name__
    kind = "flatten_linear" if flattens else "activated"
    helper = Helper(name, kind, operator, given, {"bias": "True"})
    return Made(Call(name, arguments), helper)


def _convolution(site: Site, operator: Conv | SeparableConv, name: str, alone: str | None) -> Made:
    arguments = (site.channels, site.filters, f"kernel_size={pair(operator.window.kernel)}")
    given = {"stride": pair(operator.stride), "padding": pair(operator.pads)}
    defaults = {"stride": "1", "padding": "0"}
    for field in ("groups", "multiplier"):
        if hasattr(operator, field):
            given[field] = site.value(field)
            defaults[field] = "1"
    given["bias"] = literal(operator.biased)
    if alone is not None and operator.norm is None:
        defaults["bias"] = "True"
        if operator.activation is None:
            keywords = {key: (value, defaults[key]) for key, value in given.items()}
            return Made(Call(alone, arguments, options(**keywords)))
    if operator.norm:
        name += "BN"
        given["eps"] = literal(operator.norm.eps)
        given["momentum"] = literal(operator.norm.momentum)
    if operator.activation:
        name += type(operator.activation).__name__
    kind = "convolution" if operator.norm else "activated"
    if alone is None:
        kind = "separable_convolution"
    return Made(Call(name, arguments), Helper(name, kind, operator, given, defaults))


EMITTERS = {Conv: conv, SeparableConv: separable_conv, Linear: linear}
