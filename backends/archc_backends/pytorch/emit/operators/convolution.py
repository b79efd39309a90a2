"""PyTorch modules for convolutions and linear layers, with the norm and activation after them.

A layer that is more than one module of torch.nn gets a helper class: a subclass of nn.Conv2d or
nn.Linear that keeps its state_dict keys, or a module of several parts.
"""

from typing import NamedTuple

from archc.ops.activation import Activation
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc_backends.pytorch.emit.definitions import (
    Attribute,
    ClassDefinition,
    Helper,
    HelperUses,
    Statement,
    split_result,
)
from archc_backends.pytorch.emit.expressions import Call, Expression
from archc_backends.pytorch.emit.operators import apply_activation
from archc_backends.pytorch.emit.operators.context import (
    EmitContext,
    EmittedModule,
    literal,
    non_defaults,
    pair,
)

_TYPES = {
    "stride": "int | tuple[int, int]",
    "padding": "int | tuple[int, int]",
    "groups": "int",
    "multiplier": "int",
    "bias": "bool",
    "eps": "float",
    "momentum": "float",
}


def conv(context: EmitContext) -> EmittedModule:
    """nn.Conv2d, or a helper class if a norm or an activation follows."""
    operator = context.operator
    assert isinstance(operator, Conv)
    return _convolution(context, operator, "Conv", "nn.Conv2d")


def separable_conv(context: EmitContext) -> EmittedModule:
    """A helper class: depthwise, pointwise, then the norm and the activation."""
    operator = context.operator
    assert isinstance(operator, SeparableConv)
    return _convolution(context, operator, "SeparableConv", None)


def linear(context: EmitContext) -> EmittedModule:
    """nn.Linear, or a helper class if it must flatten its input or an activation follows."""
    operator = context.operator
    assert isinstance(operator, Linear)
    arguments = (context.in_channels, context.value("out"))
    values = {"bias": literal(operator.bias)}
    flattens = context.chained and context.spatial
    if operator.activation is None and not flattens:
        return EmittedModule(
            Call("nn.Linear", arguments, non_defaults(bias=(values["bias"], "True")))
        )
    name = "FlattenLinear" if flattens else "Linear"
    if operator.activation is not None:
        name += type(operator.activation).__name__
    write = flatten_linear_class if flattens else activated_class
    helper = Helper(name, write, operator, values, {"bias": "True"})
    return EmittedModule(Call(name, arguments), helper)


def _convolution(
    context: EmitContext, operator: Conv | SeparableConv, name: str, alone: str | None
) -> EmittedModule:
    arguments = (
        context.in_channels,
        context.out_channels,
        f"kernel_size={pair(operator.window.kernel)}",
    )
    values = {"stride": pair(operator.stride), "padding": pair(operator.pads)}
    defaults = {"stride": "1", "padding": "0"}
    for field in ("groups", "multiplier"):
        if hasattr(operator, field):
            values[field] = context.value(field)
            defaults[field] = "1"
    values["bias"] = literal(operator.biased)
    if alone is not None and operator.norm is None:
        defaults["bias"] = "True"
        if operator.activation is None:
            keywords = {key: (value, defaults[key]) for key, value in values.items()}
            return EmittedModule(Call(alone, arguments, non_defaults(**keywords)))
    if operator.norm:
        name += "BN"
        values["eps"] = literal(operator.norm.eps)
        values["momentum"] = literal(operator.norm.momentum)
    if operator.activation:
        name += type(operator.activation).__name__
    write = convolution_class if operator.norm else activated_class
    if alone is None:
        write = separable_convolution_class
    return EmittedModule(Call(name, arguments), Helper(name, write, operator, values, defaults))


class _Base(NamedTuple):
    """A class of torch.nn, and the function and attributes that its forward uses."""

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


def activated_class(uses: HelperUses) -> ClassDefinition:
    """nn.Conv2d or nn.Linear with the activation in its forward, under the same keys."""
    activation = _activation(uses)
    assert activation is not None
    is_linear = isinstance(uses.helper.operator, Linear)
    what = "linear layer" if is_linear else "convolution"
    name = _with_article(activation)
    docstring = f"A {what} with {name} behind it, under the state_dict keys of the {what}."
    return _subclass(uses, docstring, _LINEAR if is_linear else _CONVOLUTION)


def flatten_linear_class(uses: HelperUses) -> ClassDefinition:
    """nn.Linear on channels x 1 x 1, with the activation if there is one."""
    activation = _activation(uses)
    behind = "" if activation is None else f", with {_with_article(activation)} behind it"
    docstring = f"A linear layer on features that come as channels x 1 x 1{behind}."
    return _subclass(uses, docstring, _LINEAR._replace(input="torch.flatten(x, 1)"))


def convolution_class(uses: HelperUses) -> ClassDefinition:
    """A convolution, its norm, and the activation if there is one."""
    arguments = ("in_channels", "out_channels", "kernel_size")
    options = _changed_options(uses, {"stride": "1", "padding": "0", "groups": "1", "bias": "True"})
    attributes = [Attribute("conv", Call("nn.Conv2d", arguments, options)), _norm(uses)]
    return _module(uses, "Convolution, batch normalisation", attributes, "self.bn(self.conv(x))")


def separable_convolution_class(uses: HelperUses) -> ClassDefinition:
    """The depthwise and the pointwise convolution, then the norm and the activation if any."""
    operator = uses.helper.operator
    assert isinstance(operator, SeparableConv)
    multiplier = _option(uses, "multiplier")
    channels = "in_channels" if multiplier == "1" else f"in_channels * {multiplier}"
    window = _changed_options(uses, {"stride": "1", "padding": "0"})
    depthwise = Call(
        "nn.Conv2d",
        ("in_channels", channels, "kernel_size"),
        (*window, ("groups", "in_channels"), ("bias", "False")),
    )
    pointwise = Call(
        "nn.Conv2d",
        (channels, "out_channels", "kernel_size=1"),
        _changed_options(uses, {"bias": "True"}),
    )
    attributes = [Attribute("depthwise", depthwise), Attribute("pointwise", pointwise)]
    value = "self.pointwise(self.depthwise(x))"
    docstring = "Depthwise convolution, then a 1x1 that mixes its channels"
    if operator.norm is not None:
        attributes.append(_norm(uses))
        value = f"self.bn({value})"
        docstring += ", batch normalisation"
    return _module(uses, docstring, attributes, value)


def _subclass(uses: HelperUses, docstring: str, base: _Base) -> ClassDefinition:
    """A subclass of the base, with the activation in its forward if there is one.

    It calls the function because TorchScript cannot compile ``super().forward(x)``.
    """
    activation = _activation(uses)
    arguments = (base.input, *(f"self.{name}" for name in base.attributes))
    lines = [Statement("x", Call(base.function, arguments))]
    if activation is not None:
        lines.append(Statement("x", apply_activation(activation, "x")))
    he_init = activation is not None and activation.he_initialized
    return ClassDefinition(
        uses.helper.name, base.name, docstring, None, (), *split_result(lines), he_init
    )


def _module(
    uses: HelperUses, docstring: str, attributes: list[Attribute], value: Expression
) -> ClassDefinition:
    """A module of several parts, with the activation in its forward if there is one."""
    lines = [Statement("x", value)]
    if (activation := _activation(uses)) is not None:
        docstring += f", {type(activation).__name__}"
        lines.append(Statement("x", apply_activation(activation, "x")))
    statements, result = split_result(lines)
    return ClassDefinition(
        uses.helper.name,
        "nn.Module",
        f"{docstring}.",
        _parameters(uses),
        tuple(attributes),
        statements,
        result,
    )


def _activation(uses: HelperUses) -> Activation | None:
    activation: Activation | None = getattr(uses.helper.operator, "activation", None)
    return activation


def _with_article(activation: Activation) -> str:
    name = type(activation).__name__
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"


def _parameters(uses: HelperUses) -> tuple[str, ...]:
    fixed = ("in_channels: int", "out_channels: int", "kernel_size: int | tuple[int, int]")
    defaults = uses.defaults()
    varied = (f"{name}: {_TYPES[name]} = {defaults[name]}" for name in uses.varied())
    return (*fixed, *varied)


def _option(uses: HelperUses, name: str) -> str:
    """The option inside the class: a parameter if its uses differ, otherwise its one value."""
    return name if name in uses.varied() else uses.defaults()[name]


def _changed_options(uses: HelperUses, defaults: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """The helper's options that differ from these defaults of torch.nn."""
    options = {name: _option(uses, name) for name in defaults if name in uses.helper.options}
    return tuple((name, value) for name, value in options.items() if value != defaults[name])


def _norm(uses: HelperUses) -> Attribute:
    options = _changed_options(uses, {"eps": "1e-05", "momentum": "0.1"})
    return Attribute("bn", Call("nn.BatchNorm2d", ("out_channels",), options))


EMITTERS = {Conv: conv, SeparableConv: separable_conv, Linear: linear}
HELPERS = ("FlattenLinear",)
