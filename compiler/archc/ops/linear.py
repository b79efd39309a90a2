"""Fully connected layers."""

from functools import cached_property
from typing import ClassVar

from archc.ops.activation import Activation
from archc.ops.family import Family
from archc.ops.operator import Cost, Operator, Shape, ShapeMismatch, Tensor, format_shape
from archc.ops.window import Count


class Linear(Operator):
    """A fully connected layer with ``out`` features. It flattens a Cx1x1 input."""

    family: ClassVar[Family] = Family(
        "linear", "fully connected", ("#e8dff6", "#8467b5"), ("#362852", "#9a80cc"), position=4
    )
    positional_field: ClassVar[str | None] = "out"
    channels_field: ClassVar[str | None] = "out"
    depth: ClassVar[int] = 1
    column_fields: ClassVar[tuple[str, ...]] = ("out",)
    layer_fields: ClassVar[tuple[str, ...]] = ("activation",)

    out: Count
    """The number of output features."""
    bias: bool = True
    """Whether each feature has a bias."""
    activation: Activation | None = None
    """The activation after the layer. `none` overrides a default."""

    @cached_property
    def biased(self) -> bool:
        """Whether there is a bias."""
        return self.bias

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """(out,). The spec must flatten an input with height and width."""
        if len(shape) == 3 and (shape[1] != 1 or shape[2] != 1):
            return ShapeMismatch(
                f"Linear needs features, but its input is {format_shape(shape)}",
                note=f"flattened it would have {shape[0] * shape[1] * shape[2]} features",
                hint="is a pool missing before it? otherwise put a Flatten there",
            )
        return (self.out,)

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """In x out weights, each used once."""
        weights = shape[0] * self.out
        biases = self.out if self.bias else 0
        return Cost(weights, biases, 0, weights, 0, 0, self.out if self.activation else 0)

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """The weights and the bias."""
        weight = Tensor("weight", (self.out, shape[0]))
        return (weight, Tensor("bias", (self.out,))) if self.bias else (weight,)
