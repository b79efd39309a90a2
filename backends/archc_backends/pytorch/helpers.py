"""Small classes that generated code needs: a convolution or linear layer and what follows it."""

from typing import NamedTuple

from archc.ops.activation import ReLU
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc_backends.pytorch.expressions import Call, Expression
from archc_backends.pytorch.operators import activated
from archc_backends.pytorch.statements import Statement
from archc_backends.pytorch.views import Attribute, ClassView, HelperUses, finished

_TYPES = {
    "stride": "int | tuple[int, int]",
    "padding": "int | tuple[int, int]",
    "groups": "int",
    "multiplier": "int",
    "bias": "bool",
    "eps": "float",
    "momentum": "float",
}


def helper_class(uses: HelperUses) -> ClassView:
    """The class that serves all these uses."""
    return _KINDS[uses.helper.kind](uses)


def _activated(uses: HelperUses) -> ClassView:
    """nn.Conv2d or nn.Linear with the activation in its forward: the keys stay its own."""
    operator = uses.helper.operator
    assert isinstance(operator, Conv | Linear) and operator.activation is not None
    name = type(operator.activation).__name__
    linear = isinstance(operator, Linear)
    what = "linear layer" if linear else "convolution"
    docstring = f"A {what} with a {name} behind it, under the state_dict keys of the {what}."
    return _subclass(uses, docstring, _LINEAR if linear else _CONVOLUTION)


def _flatten_linear(uses: HelperUses) -> ClassView:
    operator = uses.helper.operator
    assert isinstance(operator, Linear)
    name = type(operator.activation).__name__ if operator.activation else ""
    behind = f", with a {name} behind it" if name else ""
    docstring = f"A linear layer on features that come as channels x 1 x 1{behind}."
    return _subclass(uses, docstring, _LINEAR._replace(input="torch.flatten(x, 1)"))


class _Base(NamedTuple):
    """A class of torch.nn, and the function that its forward is with these attributes."""

    name: str
    function: str
    attributes: tuple[str, ...]
    input: str = "x"


_CONVOLUTION = _Base(
    "nn.Conv2d",
    "functional.conv2d",
    ("weight", "bias", "stride", "padding", "dilation", "groups"),
)
_LINEAR = _Base("nn.Linear", "functional.linear", ("weight", "bias"))


def _subclass(uses: HelperUses, docstring: str, base: _Base) -> ClassView:
    """The base with the activation behind it, if any.

    It calls the function, since TorchScript cannot compile ``super().forward(x)``.
    """
    operator = uses.helper.operator
    assert isinstance(operator, Conv | Linear)
    arguments = (base.input, *(f"self.{name}" for name in base.attributes))
    lines = [Statement("x", Call(base.function, arguments))]
    if operator.activation is not None:
        lines.append(Statement("x", activated(operator.activation, "x")))
    he = isinstance(operator.activation, ReLU)
    return ClassView(uses.helper.name, base.name, docstring, None, (), *finished(lines), he)


def _convolution(uses: HelperUses) -> ClassView:
    operator = uses.helper.operator
    assert isinstance(operator, Conv)
    arguments = ("in_channels", "out_channels", "kernel_size")
    options = _given(uses, {"stride": "1", "padding": "0", "groups": "1", "bias": "True"})
    attributes = [Attribute("conv", Call("nn.Conv2d", arguments, options)), _norm(uses)]
    return _module(uses, "Convolution", attributes, "self.bn(self.conv(x))")


def _separable_convolution(uses: HelperUses) -> ClassView:
    operator = uses.helper.operator
    assert isinstance(operator, SeparableConv)
    multiplier = _option(uses, "multiplier")
    channels = "in_channels" if multiplier == "1" else f"in_channels * {multiplier}"
    window = _given(uses, {"stride": "1", "padding": "0"})
    depthwise = Call(
        "nn.Conv2d",
        ("in_channels", channels, "kernel_size"),
        (*window, ("groups", "in_channels"), ("bias", "False")),
    )
    pointwise = Call(
        "nn.Conv2d",
        (channels, "out_channels", "kernel_size=1"),
        _given(uses, {"bias": "True"}),
    )
    attributes = [Attribute("depthwise", depthwise), Attribute("pointwise", pointwise)]
    value = "self.pointwise(self.depthwise(x))"
    if operator.norm is not None:
        attributes.append(_norm(uses))
        value = f"self.bn({value})"
    what = "Depthwise convolution, then a 1x1 that mixes its channels"
    return _module(uses, what, attributes, value)


def _affine(uses: HelperUses) -> ClassView:
    return ClassView(
        "Affine",
        "nn.Module",
        "x * scale + shift with fixed numbers for each channel, none of them in the state_dict.",
        ("scale: tuple[float, ...]", "shift: tuple[float, ...]"),
        (
            Attribute("scale", "nn.Buffer(torch.tensor(scale).view(-1, 1, 1), persistent=False)"),
            Attribute("shift", "nn.Buffer(torch.tensor(shift).view(-1, 1, 1), persistent=False)"),
        ),
        (Statement("x", "x * self.scale + self.shift"),),
        "x",
    )


_KINDS = {
    "activated": _activated,
    "flatten_linear": _flatten_linear,
    "convolution": _convolution,
    "separable_convolution": _separable_convolution,
    "affine": _affine,
}


def _module(
    uses: HelperUses, what: str, attributes: list[Attribute], value: Expression
) -> ClassView:
    operator = uses.helper.operator
    assert isinstance(operator, Conv | SeparableConv)
    lines = [Statement("x", value)]
    docstring = what
    if operator.norm is not None:
        docstring += ", batch normalisation"
    if operator.activation is not None:
        docstring += f", {type(operator.activation).__name__}"
        lines.append(Statement("x", activated(operator.activation, "x")))
    statements, result = finished(lines)
    return ClassView(
        uses.helper.name,
        "nn.Module",
        f"{docstring}.",
        _parameters(uses),
        tuple(attributes),
        statements,
        result,
    )


def _parameters(uses: HelperUses) -> tuple[str, ...]:
    fixed = ("in_channels: int", "out_channels: int", "kernel_size: int | tuple[int, int]")
    defaults = uses.defaults()
    varied = (f"{name}: {_TYPES[name]} = {defaults[name]}" for name in uses.varied())
    return (*fixed, *varied)


def _option(uses: HelperUses, name: str) -> str:
    """The option inside the class: its parameter where uses differ, otherwise its one value."""
    return name if name in uses.varied() else uses.defaults()[name]


def _given(uses: HelperUses, defaults: dict[str, str]) -> tuple[tuple[str, str], ...]:
    options = {name: _option(uses, name) for name in defaults if name in uses.helper.options}
    return tuple((name, value) for name, value in options.items() if value != defaults[name])


def _norm(uses: HelperUses) -> Attribute:
    options = _given(uses, {"eps": "1e-05", "momentum": "0.1"})
    return Attribute("bn", Call("nn.BatchNorm2d", ("out_channels",), options))
