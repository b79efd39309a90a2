"""The numbers that other tools and papers give for a network.

Each rule was found by running the tool on networks of archc and torchvision; docs/counting.md has
the versions and the numbers.
"""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Literal, NamedTuple

from archc.analyses import Analysis, LayerAnalysis
from archc.ops.pooling import AdaptiveAvgPool, AvgPool

Kind = Literal["params", "ops"]


class Count(NamedTuple):
    """A number, what it counts, and the tools or papers that count this way."""

    number: int
    what: str
    who: str
    kind: Kind


def all_counts(analysis: Analysis) -> list[Count]:
    """Return all counts of a network, archc's own first, with equal numbers merged."""
    found: dict[tuple[Kind, int], Count] = {}
    for count in (*_params(analysis), *_ops(analysis)):
        same = found.setdefault((count.kind, count.number), count)
        if same is not count:
            found[count.kind, count.number] = same._replace(who=f"{same.who}; {count.who}")
    return list(found.values())


def _params(analysis: Analysis) -> Iterator[Count]:
    cost, whole = analysis.cost, analysis.cost_with_aux
    own = "archc: all learned parameters used at inference"
    yield Count(cost.params, "params", own, "params")
    if analysis.aux:
        who = "torch's parameters() of a new model, torchinfo, fvcore, ptflops; not thop"
        yield Count(whole.params, "params with auxiliary heads", who, "params")
    if cost.biases or cost.norm_params:
        who = "papers whose tables leave out biases and norms"
        yield Count(cost.weights, "weights only", who, "params")
    if cost.norm_params:
        who = "tools that fold norms first"
        without = cost.params - cost.norm_params
        yield Count(without, "params without norms", who, "params")
        what = "params and running statistics"
        number = cost.params + _buffers(_at_inference(analysis), counters=False)
        yield Count(number, what, "the total in Keras's summary()", "params")
    if buffers := _buffers(analysis.layers, counters=True):
        what, who = "elements of a state_dict", "torch, including auxiliary heads and counters"
        yield Count(whole.params + buffers, what, who, "params")


def _ops(analysis: Analysis) -> Iterator[Count]:
    cost, whole = analysis.cost, analysis.cost_with_aux
    layers = list(_at_inference(analysis))
    who = "archc, papers that count multiply-adds, torchvision's GFLOPS, calflops' MACs"
    yield Count(cost.macs, "MACs", who, "ops")
    who = "torch's FlopCounterMode in eval mode"
    yield Count(2 * cost.macs, "FLOPs, two per MAC", who, "ops")
    if analysis.aux:
        yield Count(whole.macs, "MACs with auxiliary heads", "the same in training", "ops")
        who = "torch's FlopCounterMode in training"
        yield Count(2 * whole.macs, "FLOPs with auxiliary heads", who, "ops")
    biased = _elements(layer for layer in layers if layer.cost.biases)
    normed = _elements(layer for layer in layers if layer.cost.norm_params)
    averages = [layer for layer in layers if isinstance(layer.op.operator, AvgPool)]
    adaptive = [layer for layer in layers if _is_adaptive(layer)]
    spread = sum(prod(layer.input) for layer in adaptive)
    if biased:
        yield Count(
            cost.macs + biased, "MACs and bias adds", "ptflops with the backend aten", "ops"
        )
    if biased or normed:
        what = "MACs, bias adds and norm parameters" if normed else "MACs and bias adds"
        yield Count(cost.macs + biased + cost.norm_params, what, "torchinfo's mult-adds", "ops")
    if normed:
        what = "MACs, and two per output element of norms"
        yield Count(cost.macs + 2 * normed, what, "timm's GMACs", "ops")
    if normed or spread:
        what = "MACs, two per output element of norms, and the inputs of adaptive pools"
        yield Count(cost.macs + 2 * normed + spread, what, "fvcore", "ops")
        given = _elements([layer for layer in averages if not _is_adaptive(layer)])
        thop = cost.macs + 4 * normed + given + spread + _elements(adaptive)
        what = "MACs, four per output element of norms, and average pools"
        yield Count(thop, what, "thop", "ops")
    others = cost.pool_ops + cost.norm_ops + cost.activation_ops
    if others:
        what = "MACs, and the operations of pools, norms and activations"
        yield Count(cost.macs + others, what, "tools that count every layer", "ops")


def _is_adaptive(layer: LayerAnalysis) -> bool:
    """Return whether the layer is an adaptive pool in torch: to a fixed size, or global."""
    operator = layer.op.operator
    if isinstance(operator, AdaptiveAvgPool):
        return True
    return isinstance(operator, AvgPool) and operator.notation == "global"


def _buffers(layers: Iterable[LayerAnalysis], counters: bool) -> int:
    """Return the number of elements in buffers; ``counters`` includes the norms' batch counters."""
    return sum(
        prod(tensor.shape)
        for layer in layers
        for tensor in layer.op.operator.state(layer.input)
        if not tensor.learned and (tensor.shape or counters)
    )


def _elements(layers: Iterable[LayerAnalysis]) -> int:
    return sum(prod(layer.output) for layer in layers)


def _at_inference(analysis: Analysis) -> Iterator[LayerAnalysis]:
    """Return all layers except those of auxiliary heads."""
    return (layer for row in analysis.rows for layer in row.layers)
