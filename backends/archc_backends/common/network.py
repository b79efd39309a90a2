"""What every backend has to know of a network."""

from archc import ir
from archc.ops.activation import Softmax

MAXIMUM_PARAMS = 2_000_000_000
"""The most parameters of which a backend makes tensors."""


def softmax_behind(network: ir.Network) -> str:
    """The name of a softmax as the last row: no part of forward, which gives logits; else empty."""
    last = network.rows[-1]
    if isinstance(last, ir.Op) and isinstance(last.operator, Softmax) and len(network.rows) > 1:
        return last.name
    return ""
