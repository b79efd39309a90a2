"""Activations: they have no state and keep the shape and the state_dict keys."""

from typing import ClassVar

from archc.ops.family import Family
from archc.ops.operator import Cost, Operator, Shape


class Activation(Operator):
    """Base of the operators that may follow a convolution, a linear layer or a residual sum."""

    family: ClassVar[Family] = Family(
        "activation", "activation", ("#fbeccb", "#b08a3a"), ("#45371a", "#bd9a4d"), position=5
    )
    by_element: ClassVar[bool] = True
    """Whether it treats each element alone, so that channels may be split and joined around it."""
    he_initialized: ClassVar[bool] = False
    """Whether the weights of the layer that it ends start from He's distribution."""

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements activated."""
        elements = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
        return Cost(activation_ops=elements)


class ReLU(Activation):
    """max(0, x)."""

    he_initialized: ClassVar[bool] = True


class Softmax(Activation):
    """Probabilities over the channels.

    As the last row of a network it is left out of the forward pass, which returns logits because
    losses take logits. The class probabilities include it.
    """

    by_element: ClassVar[bool] = False
