"""Normalisations, and the fixed scaling of an input."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from archc.ops.operator import Cost, Operator, Shape, Tensor, Unfit, spatial
from archc.ops.window import Count


class BatchNorm(Operator):
    """Batch normalisation per channel, with a learned scale and shift (arXiv:1502.03167)."""

    column_fields: ClassVar[tuple[str, ...]] = ("eps", "momentum")

    eps: Annotated[float, Field(gt=0, lt=1)] = 1e-5
    """Added to the variance, against a division by zero."""
    momentum: Annotated[float, Field(gt=0, le=1)] = 0.1
    """The part of each batch in the running mean and variance, as PyTorch counts it."""

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """A scale and a shift for each channel."""
        elements = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
        return Cost(norm=2 * shape[0], norm_ops=elements)

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

    primary: ClassVar[str | None] = "size"
    column_fields: ClassVar[tuple[str, ...]] = ("size", "alpha", "beta", "k")

    size: Count
    """How many neighbouring channels are summed over."""
    alpha: Annotated[float, Field(gt=0)] = 1e-4
    """The weight of the sum of squares, which is divided by `size`."""
    beta: Annotated[float, Field(gt=0)] = 0.75
    """The exponent of the divisor."""
    k: Annotated[float, Field(gt=0)] = 1.0
    """The constant in the divisor."""

    def output(self, shape: Shape) -> Shape | Unfit:
        """The shape stays."""
        return spatial(shape, "LRN") or shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements normalised."""
        return Cost(norm_ops=shape[0] * shape[1] * shape[2])


def _numbers(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Numbers = Annotated[tuple[float, ...], Field(min_length=1), BeforeValidator(_numbers)]


class Affine(Operator):
    """x * scale + shift with fixed numbers for each channel, such as an input's whitening."""

    primary: ClassVar[str | None] = "scales"

    scales: Numbers
    """What each channel is multiplied by, one number a channel."""
    shift: Numbers | None = None
    """What is added to each channel after that, one number a channel."""

    def output(self, shape: Shape) -> Shape | Unfit:
        """The shape stays; there is one number for each channel."""
        for field, numbers in (("scales", self.scales), ("shift", self.shift)):
            if numbers is not None and len(numbers) != shape[0]:
                given = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
                return Unfit(f"{given} in {field} for {shape[0]} channels")
        return spatial(shape, "Affine") or shape

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements scaled; nothing is learned."""
        return Cost(norm_ops=shape[0] * shape[1] * shape[2])
