"""Pools."""

from archc.ops.pooling import AdaptiveAvgPool, AvgPool, MaxPool
from archc_backends.pytorch.emit.expressions import Call
from archc_backends.pytorch.emit.operators.site import Made, Site, literal, options, pair


def max_pool(site: Site) -> Made:
    """nn.MaxPool2d."""
    operator = site.operator
    assert isinstance(operator, MaxPool)
    stride = operator.window.stride or (1, 1)
    keywords = (
        ("kernel_size", pair(operator.window.kernel)),
        ("stride", pair(stride)),
        *options(padding=(pair(operator.pads), "0"), ceil_mode=(literal(operator.ceil), "False")),
    )
    return Made(Call("nn.MaxPool2d", (), keywords))


def avg_pool(site: Site) -> Made:
    """nn.AvgPool2d, or nn.AdaptiveAvgPool2d(1) for a global pool."""
    operator = site.operator
    assert isinstance(operator, AvgPool)
    if isinstance(operator.window, str):
        return Made(Call("nn.AdaptiveAvgPool2d", ("1",)))
    stride = operator.window.stride or (1, 1)
    counts = operator.count_padding is not False
    keywords = (
        ("kernel_size", pair(operator.window.kernel)),
        ("stride", pair(stride)),
        *options(
            padding=(pair(operator.pads), "0"),
            ceil_mode=(literal(operator.ceil), "False"),
            count_include_pad=(literal(counts), "True"),
        ),
    )
    return Made(Call("nn.AvgPool2d", (), keywords))


def adaptive_avg_pool(site: Site) -> Made:
    """nn.AdaptiveAvgPool2d."""
    operator = site.operator
    assert isinstance(operator, AdaptiveAvgPool)
    return Made(Call("nn.AdaptiveAvgPool2d", (pair(operator.size),)))


EMITTERS = {MaxPool: max_pool, AvgPool: avg_pool, AdaptiveAvgPool: adaptive_avg_pool}
