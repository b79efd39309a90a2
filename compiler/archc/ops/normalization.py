"""Normalisations and the fixed scaling of an input."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from archc.ops.family import Family
from archc.ops.operator import Cost, Operator, Shape, ShapeMismatch, Tensor, spatial_mismatch
from archc.ops.window import Count

NORMALIZATION = Family(
    "normalization", "normalisation", ("#dcefdc", "#5d9560"), ("#1f3d24", "#66a36b"), position=3
)


class BatchNorm(Operator):
    """Batch normalisation of each channel, with a learned scale and shift (arXiv:1502.03167)."""

    family: ClassVar[Family] = NORMALIZATION
    column_fields: ClassVar[tuple[str, ...]] = ("eps", "momentum")

    eps: Annotated[float, Field(gt=0, lt=1)] = 1e-5
    """Added to the variance, to avoid a division by zero."""
    momentum: Annotated[float, Field(gt=0, le=1)] = 0.1
    """The weight of each batch in the running mean and variance, as in PyTorch."""

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """A scale and a shift for each channel."""
        elements = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
        return Cost(norm_params=2 * shape[0], norm_ops=elements)

    def state(self, shape: Shape) -> tuple[Tensor, ...]:
        """Scale and shift, then the running statistics."""
        channels = shape[:1]
        return (
            Tensor("weight", channels),
            Tensor("bias", channels),
            Tensor("running_mean", channels, learned=False),
            Tensor("running_var", channels, learned=False),
            Tensor("num_batches_tracked", (), learned=False),
        )


class LRN(Operator):
    """Local response normalisation over ``size`` neighbouring channels (AlexNet, section 3.3)."""

    family: ClassVar[Family] = NORMALIZATION
    positional_field: ClassVar[str | None] = "size"
    column_fields: ClassVar[tuple[str, ...]] = ("size", "alpha", "beta", "k")

    size: Count
    """The number of neighbouring channels to sum over."""
    alpha: Annotated[float, Field(gt=0)] = 1e-4
    """The factor of the sum of squares, which is divided by `size`."""
    beta: Annotated[float, Field(gt=0)] = 0.75
    """The exponent of the divisor."""
    k: Annotated[float, Field(gt=0)] = 1.0
    """The constant in the divisor."""

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same shape."""
        return spatial_mismatch(shape, "LRN") or shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements normalised."""
        return Cost(norm_ops=shape[0] * shape[1] * shape[2])


def _numbers(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Numbers = Annotated[tuple[float, ...], Field(min_length=1), BeforeValidator(_numbers)]


class Affine(Operator):
    """x * scale + shift with fixed numbers for each channel, such as input normalisation."""

    family: ClassVar[Family] = NORMALIZATION
    positional_field: ClassVar[str | None] = "scales"

    scales: Numbers
    """The factor of each channel, one number a channel."""
    shift: Numbers | None = None
    """Added to each channel after that, one number a channel."""

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same shape. There must be one number for each channel."""
        for field, numbers in (("scales", self.scales), ("shift", self.shift)):
            if numbers is not None and len(numbers) != shape[0]:
                given = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
                return ShapeMismatch(f"{given} in {field} for {shape[0]} channels")
        return spatial_mismatch(shape, "Affine") or shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements scaled; nothing is learned."""
        return Cost(norm_ops=shape[0] * shape[1] * shape[2])
