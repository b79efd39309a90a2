"""PyTorch modules for pools."""

from archc.ops.pooling import AdaptiveAvgPool, AvgPool, MaxPool
from archc_backends.pytorch.emit.expressions import Call
from archc_backends.pytorch.emit.operators.context import (
    EmitContext,
    EmittedModule,
    literal,
    non_defaults,
    pair,
)


def max_pool(context: EmitContext) -> EmittedModule:
    """nn.MaxPool2d."""
    operator = context.operator
    assert isinstance(operator, MaxPool)
    stride = operator.window.stride or (1, 1)
    keywords = (
        ("kernel_size", pair(operator.window.kernel)),
        ("stride", pair(stride)),
        *non_defaults(
            padding=(pair(operator.pads), "0"), ceil_mode=(literal(operator.ceil), "False")
        ),
    )
    return EmittedModule(Call("nn.MaxPool2d", (), keywords))


def avg_pool(context: EmitContext) -> EmittedModule:
    """nn.AvgPool2d, or nn.AdaptiveAvgPool2d(1) for a global pool."""
    operator = context.operator
    assert isinstance(operator, AvgPool)
    if isinstance(operator.window, str):
        return EmittedModule(Call("nn.AdaptiveAvgPool2d", ("1",)))
    stride = operator.window.stride or (1, 1)
    counts = operator.count_padding is not False
    keywords = (
        ("kernel_size", pair(operator.window.kernel)),
        ("stride", pair(stride)),
        *non_defaults(
            padding=(pair(operator.pads), "0"),
            ceil_mode=(literal(operator.ceil), "False"),
            count_include_pad=(literal(counts), "True"),
        ),
    )
    return EmittedModule(Call("nn.AvgPool2d", (), keywords))


def adaptive_avg_pool(context: EmitContext) -> EmittedModule:
    """nn.AdaptiveAvgPool2d."""
    operator = context.operator
    assert isinstance(operator, AdaptiveAvgPool)
    return EmittedModule(Call("nn.AdaptiveAvgPool2d", (pair(operator.size),)))


EMITTERS = {MaxPool: max_pool, AvgPool: avg_pool, AdaptiveAvgPool: adaptive_avg_pool}
