"""Where the state of an optimised network comes from, in that of the network as written."""

from typing import NamedTuple

from archc.analyses import Analysis
from archc.network import ir
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
    folds = getattr(op.operator, "norm", None) is None
    sources = tuple(_source(old, norm, folds) for old, norm in _pairs(op.replaces))
    found: tuple[Origin, ...] = (Origin(op.path, sources),)
    if isinstance(op.operator, SeparableConv) and sources[0].norm:
        # It is the 1x1 that the norm stands behind.
        path = op.replaces[0].path
        pointwise = sources[0]._replace(layer=f"{path}.pointwise")
        found = (
            Origin(f"{op.path}.depthwise", (Source(f"{path}.depthwise"),)),
            Origin(f"{op.path}.pointwise", (pointwise,)),
        )
    return tuple(origin for origin in found if origin.sources != (Source(origin.layer),))


def _pairs(ops: tuple[ir.Op, ...]) -> list[tuple[ir.Op, ir.Op | None]]:
    """Each operator with the norm that stands behind it, if one does."""
    pairs: list[tuple[ir.Op, ir.Op | None]] = []
    for op in ops:
        if isinstance(op.operator, BatchNorm) and pairs:
            pairs[-1] = pairs[-1][0], op
        else:
            pairs.append((op, None))
    return pairs


def _source(op: ir.Op, norm: ir.Op | None, folds: bool) -> Source:
    operator = op.operator
    if isinstance(operator, Conv | SeparableConv):
        if norm is not None and isinstance(norm.operator, BatchNorm):
            return Source(op.path, norm.path, norm.operator.eps, operator.biased)
        if operator.norm is not None and folds:
            kernel = f"{op.path}.conv"
            return Source(kernel, f"{op.path}.bn", operator.norm.eps, operator.biased)
    return Source(op.path)


def all_origins(analysis: Analysis) -> tuple[Origin, ...]:
    """Those of all operators with state, in the order in which they run."""
    layers = (layer for layer in analysis.layers if layer.op.operator.state(layer.input))
    return tuple(origin for layer in layers for origin in origins(layer.op))


def is_invertible(analysis: Analysis) -> bool:
    """Whether the state as written can be had back: what was joined can be parted, not unfolded."""
    return not any(source.norm for origin in all_origins(analysis) for source in origin.sources)
