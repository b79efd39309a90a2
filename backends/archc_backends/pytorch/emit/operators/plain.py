"""PyTorch modules for operators without weights."""

from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.pytorch.emit.expressions import Call
from archc_backends.pytorch.emit.operators.context import EmitContext, EmittedModule


def dropout(context: EmitContext) -> EmittedModule:
    """nn.Dropout."""
    return EmittedModule(Call("nn.Dropout", (context.value("p"),)))


def flatten(context: EmitContext) -> EmittedModule:
    """nn.Flatten."""
    return EmittedModule(Call("nn.Flatten"))


def identity(context: EmitContext) -> EmittedModule:
    """nn.Identity."""
    return EmittedModule(Call("nn.Identity"))


EMITTERS = {Dropout: dropout, Flatten: flatten, Identity: identity}
