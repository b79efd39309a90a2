"""Where the state of an optimised network comes from, in that of the network as written."""

from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.normalization import BatchNorm


class Source(NamedTuple):
    """Tensors of the network as written: all below ``layer``.

    Where ``norm`` is not empty, the norm there, with that ``eps``, is folded into them: a weight,
    and a bias where ``bias`` says so.
    """

    layer: str
    norm: str = ""
    eps: float = 0.0
    bias: bool = False


class Origin(NamedTuple):
    """The tensors below ``layer`` are those of ``sources``, joined in this order."""

    layer: str
    sources: tuple[Source, ...]


def origins(op: ir.Op) -> tuple[Origin, ...]:
    """Where the operator's state comes from; nothing where each key is one of the same name."""
    if not op.replaces:
        return ()
    sources: list[Source] = []
    rest: list[Origin] = []
    layer = op.path
    folds = getattr(op.operator, "norm", None) is None
    previous: Conv | SeparableConv | None = None
    for old in op.replaces:
        operator = old.operator
        if isinstance(operator, BatchNorm) and sources:
            biased = previous is not None and previous.biased
            sources[-1] = Source(sources[-1].layer, old.path, operator.eps, biased)
            continue
        source = Source(old.path)
        if isinstance(operator, SeparableConv):
            rest = [Origin(f"{op.path}.depthwise", (Source(f"{old.path}.depthwise"),))]
            layer, source = f"{op.path}.pointwise", Source(f"{old.path}.pointwise")
        if isinstance(operator, Conv | SeparableConv) and operator.norm is not None and folds:
            kernel = f"{old.path}.conv" if isinstance(operator, Conv) else source.layer
            source = Source(kernel, f"{old.path}.bn", operator.norm.eps, operator.biased)
        previous = operator if isinstance(operator, Conv | SeparableConv) else None
        sources.append(source)
    if rest and not folds:
        # Unlike a convolution's, its keys do not depend on the norm: all of them stay together.
        return (Origin(op.path, (Source(op.replaces[0].path),)),)
    found = (*rest, Origin(layer, tuple(sources)))
    return tuple(origin for origin in found if origin.sources != (Source(origin.layer),))


def all_origins(analysis: Analysis) -> tuple[Origin, ...]:
    """Those of all operators with state, in the order in which they run."""
    layers = (layer for layer in analysis.layers if layer.op.operator.state(layer.input))
    return tuple(origin for layer in layers for origin in origins(layer.op))


def is_invertible(analysis: Analysis) -> bool:
    """Whether the state as written can be had back: what was joined can be parted, not unfolded."""
    return not any(source.norm for origin in all_origins(analysis) for source in origin.sources)
