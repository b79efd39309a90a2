"""PyTorch modules for normalisations and the fixed scaling of an input."""

from archc.ops.normalization import LRN, Affine, BatchNorm
from archc_backends.pytorch.emit.definitions import (
    Attribute,
    ClassDefinition,
    Helper,
    HelperUses,
    Statement,
)
from archc_backends.pytorch.emit.expressions import Call, Group
from archc_backends.pytorch.emit.operators.context import (
    EmitContext,
    EmittedModule,
    literal,
    non_defaults,
)


def batch_norm(context: EmitContext) -> EmittedModule:
    """nn.BatchNorm2d, or nn.BatchNorm1d on features."""
    assert isinstance(context.operator, BatchNorm)
    name = "nn.BatchNorm2d" if context.spatial else "nn.BatchNorm1d"
    keywords = non_defaults(
        eps=(context.value("eps"), "1e-05"), momentum=(context.value("momentum"), "0.1")
    )
    return EmittedModule(Call(name, (context.in_channels,), keywords))


def lrn(context: EmitContext) -> EmittedModule:
    """nn.LocalResponseNorm, which divides alpha by the size as Caffe does."""
    assert isinstance(context.operator, LRN)
    keywords = non_defaults(
        alpha=(context.value("alpha"), "0.0001"),
        beta=(context.value("beta"), "0.75"),
        k=(context.value("k"), "1.0"),
    )
    return EmittedModule(Call("nn.LocalResponseNorm", (context.value("size"),), keywords))


def affine(context: EmitContext) -> EmittedModule:
    """A helper class without an entry in the state_dict."""
    operator = context.operator
    assert isinstance(operator, Affine)
    shift = operator.shift or (0.0,) * len(operator.scales)
    numbers = (Group("()", tuple(map(literal, part))) for part in (operator.scales, shift))
    call = Call("Affine", tuple(numbers))
    return EmittedModule(call, Helper("Affine", affine_class, operator, {}, {}))


def affine_class(uses: HelperUses) -> ClassDefinition:
    """The class Affine."""
    return ClassDefinition(
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


EMITTERS = {BatchNorm: batch_norm, LRN: lrn, Affine: affine}
