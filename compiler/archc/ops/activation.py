"""Activations: no state, and never a change of shape or of keys."""

from typing import ClassVar

from archc.ops.operator import Cost, Operator, Shape


class Activation(Operator):
    """Base of what may follow a convolution, a linear layer or a residual sum."""

    by_element: ClassVar[bool] = True
    """Whether it looks at each element alone, so that channels may be cut apart and joined."""

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements activated."""
        elements = shape[0] if len(shape) == 1 else shape[0] * shape[1] * shape[2]
        return Cost(activation_ops=elements)


class ReLU(Activation):
    """max(0, x)."""


class Softmax(Activation):
    """Probabilities over the channels.

    At the end of the network it is no part of the forward pass, which gives logits, but of the
    class probabilities; a loss takes logits.
    """

    by_element: ClassVar[bool] = False
