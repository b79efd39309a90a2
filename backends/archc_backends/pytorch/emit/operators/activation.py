"""PyTorch modules and functions for activations."""

from archc.ops.activation import ReLU, Softmax
from archc_backends.pytorch.emit.expressions import Call, Expression
from archc_backends.pytorch.emit.operators.context import EmitContext, EmittedModule


def relu(context: EmitContext) -> EmittedModule:
    """nn.ReLU, not in place: another branch may read its input."""
    return EmittedModule(Call("nn.ReLU"))


def softmax(context: EmitContext) -> EmittedModule:
    """nn.Softmax over the channels."""
    return EmittedModule(Call("nn.Softmax", (), (("dim", "1"),)))


def apply_relu(activation: ReLU, x: Expression) -> Expression:
    """functional.relu, in place: nothing else reads what it overwrites."""
    return Call("functional.relu", (x,), (("inplace", "True"),))


def apply_softmax(activation: Softmax, x: Expression) -> Expression:
    """functional.softmax over the channels."""
    return Call("functional.softmax", (x,), (("dim", "1"),))


EMITTERS = {ReLU: relu, Softmax: softmax}
FUNCTIONS = {ReLU: apply_relu, Softmax: apply_softmax}
