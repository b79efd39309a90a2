"""Convolutions, with the norm and the activation that may follow them."""

from abc import abstractmethod
from functools import cached_property
from typing import ClassVar, Self

from pydantic import model_validator

from archc.ops.activation import Activation
from archc.ops.family import Family
from archc.ops.normalization import BatchNorm
from archc.ops.operator import (
    POINTWISE,
    Cost,
    Operator,
    Pair,
    ReceptiveWindow,
    Shape,
    ShapeMismatch,
    Tensor,
    spatial_mismatch,
)
from archc.ops.window import Count, PairField, WindowField, padding_of, padding_stated, slide


class Convolution(Operator):
    """Base of the convolutions: a window slides over the input, and ``out`` channels come out."""

    family: ClassVar[Family] = Family(
        "convolution",
        "convolution: window, stride where it is not 1, filters",
        ("#dbe8f8", "#5b84b8"),
        ("#1d3552", "#5f8fc9"),
        position=1,
    )
    positional_field: ClassVar[str | None] = "window"
    channels_field: ClassVar[str | None] = "out"
    depth: ClassVar[int] = 1
    layer_fields: ClassVar[tuple[str, ...]] = ("norm", "activation")

    window: WindowField
    """Kernel height x width, then optionally the stride (default 1) and `same` or `valid`."""
    out: Count
    """The number of filters, which is the number of output channels."""
    bias: bool | None = None
    """Whether each filter has a bias. By default it has one unless a norm follows."""
    norm: BatchNorm | None = None
    """The norm after the convolution. `none` overrides a default."""
    activation: Activation | None = None
    """The activation after the layer. `none` overrides a default."""
    padding: PairField | None = None
    """Zeros on each side: a number or height x width. The default is `same`, (k-1)/2."""

    @model_validator(mode="after")
    def _pads(self) -> Self:
        padding_of(self.window, self.padding, "same")
        return self

    @classmethod
    def overridden_defaults(cls, value: object) -> tuple[str, ...]:
        """The padding, if the window states it."""
        return padding_stated(value)

    @cached_property
    def pads(self) -> Pair:
        """Padding on each side, vertical and horizontal."""
        return padding_of(self.window, self.padding, "same")

    @cached_property
    def stride(self) -> Pair:
        """Vertical and horizontal stride; 1 if the window states none."""
        return self.window.stride or (1, 1)

    @cached_property
    def biased(self) -> bool:
        """Whether there is a bias: as stated, otherwise only if no norm follows."""
        return self.norm is None if self.bias is None else self.bias

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """(out, height, width) after the window slides over the input."""
        if len(shape) != 3:
            return spatial_mismatch(shape, type(self).__name__) or shape
        size = slide(shape, self.window.kernel, self.stride, self.pads)
        return size if type(size) is ShapeMismatch else (self.out, *size)

    @cached_property
    def _receptive_window(self) -> ReceptiveWindow:
        window = ReceptiveWindow(self.window.kernel, self.stride)
        return POINTWISE if window == POINTWISE else window

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """The window itself."""
        return self._receptive_window

    @property
    def notation(self) -> str:
        """Patch size/stride, always with the stride, as the paper prints it."""
        return str(self.window._replace(stride=self.stride))

    @cached_property
    def _counts(self) -> tuple[int, int, int, int, int]:
        """The counts that do not depend on the input, cached because reading a field is slow.

        Weights for each input channel, biases, norm parameters, and 1 or 0 for a norm and for an
        activation.
        """
        normed, activated = self.norm is not None, self.activation is not None
        biases, norm_params = self.out if self.biased else 0, 2 * self.out if normed else 0
        return self._weights_by_channel, biases, norm_params, int(normed), int(activated)

    @property
    @abstractmethod
    def _weights_by_channel(self) -> int:
        """Weights for each input channel."""

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Each weight is used once for each output position."""
        by_channel, biases, norm_params, normed, activated = self._counts
        channels, height, width = output
        positions = height * width
        elements = channels * positions
        weights = by_channel * shape[0]
        macs = weights * positions
        norm_ops, activation_ops = elements * normed, elements * activated
        counts = (weights, biases, norm_params, macs, 0, norm_ops, activation_ops)
        return tuple.__new__(Cost, counts)  # as Cost(*counts), in half the time

    def _state(self, weights: tuple[Tensor, ...], bias: str) -> tuple[Tensor, ...]:
        if self.biased:
            weights += (Tensor(bias, (self.out,)),)
        if self.norm is None:
            return weights
        return weights + tuple(
            tensor._replace(name=f"bn.{tensor.name}") for tensor in self.norm.state((self.out,))
        )


class Conv(Convolution):
    """A convolution, optionally followed by a norm and an activation.

    The default padding is ``same``, (k-1)/2 on each side. There is a bias unless a norm follows.
    The state is ``weight`` and ``bias`` without a norm, ``conv.weight`` and ``bn.*`` with one.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("out", "groups")

    groups: Count = 1
    """The number of groups of channels; it must divide the input and the output channels."""

    @cached_property
    def _at_same_size(self) -> int | None:
        # A fast path for most convolutions: stride 1, same padding or a 1x1 kernel, no groups.
        kernel = tuple(2 * pad + 1 for pad in self.pads)
        keeps = self.groups == 1 and self.stride == (1, 1) and self.window.kernel == kernel
        return self.out if keeps else None

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """As for any convolution. The groups must divide the channels on both sides."""
        if (channels := self._at_same_size) is not None and len(shape) == 3:
            return channels, shape[1], shape[2]
        if self.groups > 1:
            for channels, side in ((shape[0], "input"), (self.out, "output")):
                if channels % self.groups:
                    return ShapeMismatch(
                        f"{self.groups} groups do not divide {channels} {side} channels"
                    )
        return super().output(shape)

    @property
    def _weights_by_channel(self) -> int:
        height, width = self.window.kernel
        return height * width * (self.out // self.groups)

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """The kernel, the bias, then the norm's state."""
        prefix = "conv." if self.norm else ""
        weight = Tensor(f"{prefix}weight", (self.out, shape[0] // self.groups, *self.window.kernel))
        return self._state((weight,), f"{prefix}bias")


class SeparableConv(Convolution):
    """A depthwise convolution with a depth multiplier, then a 1x1 that mixes the channels.

    Each of the C input channels has m filters of its own (``multiplier``), and the 1x1 turns the
    C*m channels into ``out``. That takes C*m*(kh*kw + out) weights, without biases.
    It counts as one layer of depth, like the first layer of arXiv:1502.03167 (appendix).
    The state is ``depthwise.weight``, ``pointwise.weight``, ``pointwise.bias`` and ``bn.*``.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("out", "multiplier")

    multiplier: Count = 1
    """The number of depthwise filters for each input channel."""

    @property
    def _weights_by_channel(self) -> int:
        height, width = self.window.kernel
        return (height * width + self.out) * self.multiplier

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """The depthwise kernels, the pointwise ones, the bias, then the norm's state."""
        middle = shape[0] * self.multiplier
        depthwise = Tensor("depthwise.weight", (middle, 1, *self.window.kernel))
        pointwise = Tensor("pointwise.weight", (self.out, middle, 1, 1))
        return self._state((depthwise, pointwise), "pointwise.bias")
