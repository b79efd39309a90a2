"""Totals, and how else they may be counted: why other tools print other numbers."""

from collections.abc import Iterable, Iterator
from math import prod
from typing import NamedTuple
from xml.etree.ElementTree import Element

from archc.analysis import Analysis, LayerAnalysis
from archc.ops.operator import written
from archc.page.markup import element


class Count(NamedTuple):
    """A number, what it counts, and who counts so."""

    number: int
    what: str
    who: str


def facts(analysis: Analysis) -> Element:
    """The key figures."""
    cost = analysis.cost
    pairs = [("parameters", f"{cost.params:,}")]
    if analysis.aux:
        pairs.append(("parameters with auxiliary heads", f"{analysis.cost_with_aux.params:,}"))
    pairs += [
        ("multiply-accumulates", f"{cost.macs:,}"),
        ("depth", str(analysis.depth)),
        ("receptive field", written(analysis.field.size)),
        ("alive at the peak", f"{analysis.peak:,} elements"),
    ]
    return fact_list(pairs)


def fact_list(pairs: Iterable[tuple[str, str]]) -> Element:
    """Terms, each with what there is to say of it."""
    terms = (element("div", element("dt", term), element("dd", text)) for term, text in pairs)
    return element("dl", *terms, class_="facts")


def counting_table(analysis: Analysis) -> Element:
    """Each way of counting, with the number that it gives for this network."""
    rows = [
        element(
            "tr",
            element("th", count.what, scope="row"),
            element("td", f"{count.number:,}", class_="number"),
            element("td", count.who),
        )
        for count in _counts(analysis)
    ]
    return element(
        "table",
        element("caption", "The same network, counted otherwise"),
        element(
            "thead",
            element(
                "tr",
                element("th", "what is counted", scope="col"),
                element("th", "number", scope="col", class_="number"),
                element("th", "who counts so", scope="col"),
            ),
        ),
        element("tbody", *rows),
        class_="counts",
    )


def _counts(analysis: Analysis) -> Iterator[Count]:
    cost, whole = analysis.cost, analysis.cost_with_aux
    yield Count(cost.params, "params", "archc: every learned number of what runs at inference")
    if analysis.aux:
        yield Count(
            whole.params, "params with auxiliary heads", "PyTorch's parameters() of a new model"
        )
    if cost.biases:
        yield Count(cost.weights, "weights alone", "tables of papers that leave biases out")
    if cost.norm:
        without = cost.params - cost.norm
        yield Count(without, "params without those of norms", "tools that count norms as folded")
    buffers = _buffers(analysis)
    if buffers:
        yield Count(
            whole.params + buffers,
            "params and running statistics",
            "every element of a state_dict, auxiliary heads included",
        )
    yield Count(cost.macs, "MACs", "archc, and papers that say multiply-adds")
    yield Count(2 * cost.macs, "FLOPs, two for each MAC", "PyTorch's FlopCounterMode in eval mode")
    if analysis.aux:
        yield Count(whole.macs, "MACs with auxiliary heads", "the same, in training")
        yield Count(
            2 * whole.macs, "FLOPs with auxiliary heads", "PyTorch's FlopCounterMode in training"
        )
    if cost.biases:
        adds = sum(prod(layer.output) for layer in _at_inference(analysis) if layer.cost.biases)
        yield Count(cost.macs + adds, "MACs and bias adds", "torchinfo's mult-adds")
    if cost.norm:
        normed = sum(prod(layer.output) for layer in _at_inference(analysis) if layer.cost.norm)
        what = "MACs, and two for each element that a norm gives"
        yield Count(cost.macs + 2 * normed, what, "timm's GMACs")
    others = cost.pool_ops + cost.norm_ops + cost.activation_ops
    if others:
        yield Count(
            cost.macs + others,
            "MACs, and what pools, norms and activations touch",
            "tools that count every layer",
        )


def _buffers(analysis: Analysis) -> int:
    """The elements that are kept and not learned."""
    return sum(
        prod(tensor.shape)
        for layer in analysis.layers
        for tensor in layer.op.operator.state(layer.input)
        if not tensor.learned
    )


def _at_inference(analysis: Analysis) -> Iterator[LayerAnalysis]:
    """Every layer but those of auxiliary heads."""
    return (layer for row in analysis.rows for layer in row.layers)
