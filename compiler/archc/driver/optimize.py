"""Optimise networks, and map the weights of the result to those of the original."""

from collections.abc import Callable
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.network import ir
from archc.network.transforms.drop_training import drop_training
from archc.network.transforms.fold_norms import fold_norms
from archc.network.transforms.merge_siblings import merge_siblings
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.normalization import BatchNorm

Transform = Callable[[ir.Network], ir.Network]


class Recipe(NamedTuple):
    """A sequence of transforms.

    ``option`` is the command-line option, ``suffix`` is added to the names of files and the class.
    ``is_trainable`` tells whether the result can be trained.
    """

    option: str
    suffix: str
    is_trainable: bool
    transforms: tuple[Transform, ...]


DEPLOY = Recipe("optimize", "deploy", False, (drop_training, fold_norms, merge_siblings))
MERGED = Recipe("merge", "merged", True, (merge_siblings,))
RECIPES = (DEPLOY, MERGED)


class Optimized(NamedTuple):
    """An optimised network, the network that the spec describes, and the recipe."""

    analysis: Analysis
    original: Analysis
    recipe: Recipe


def optimize(original: Analysis, recipe: Recipe) -> Optimized:
    """Return the network after the recipe's transforms, under a name of its own."""
    network = original.network
    for transform in recipe.transforms:
        network = transform(network)
    network = network._replace(name=f"{network.name}{recipe.suffix.title()}")
    analysis = analyze(network)
    assert isinstance(analysis, Analysis), "transforms keep networks valid"
    return Optimized(analysis, original, recipe)


class WeightSource(NamedTuple):
    """The tensors below ``layer`` in the original network.

    If ``norm`` is not empty, the norm at that path, with ``eps``, is folded into them: into the
    weight, and into the bias if ``bias`` is set.
    """

    layer: str
    norm: str = ""
    eps: float = 0.0
    bias: bool = False


class WeightOrigin(NamedTuple):
    """The tensors below ``layer`` are those of ``sources``, concatenated in this order."""

    layer: str
    sources: tuple[WeightSource, ...]


def origins_of(op: ir.Op) -> tuple[WeightOrigin, ...]:
    """Return where the operator's weights come from; empty if the original has the same keys."""
    if not op.replaces:
        return ()
    folds = getattr(op.operator, "norm", None) is None
    sources = tuple(_source(old, norm, folds) for old, norm in _with_norms(op.replaces))
    origins: tuple[WeightOrigin, ...] = (WeightOrigin(op.path, sources),)
    if isinstance(op.operator, SeparableConv) and sources[0].norm:
        # The norm follows the 1x1.
        path = op.replaces[0].path
        pointwise = sources[0]._replace(layer=f"{path}.pointwise")
        origins = (
            WeightOrigin(f"{op.path}.depthwise", (WeightSource(f"{path}.depthwise"),)),
            WeightOrigin(f"{op.path}.pointwise", (pointwise,)),
        )
    return tuple(origin for origin in origins if origin.sources != (WeightSource(origin.layer),))


def all_origins(analysis: Analysis) -> tuple[WeightOrigin, ...]:
    """Return the origins of all operators with weights, in execution order."""
    layers = (layer for layer in analysis.layers if layer.op.operator.state(layer.input))
    return tuple(origin for layer in layers for origin in origins_of(layer.op))


def is_invertible(analysis: Analysis) -> bool:
    """Return whether the original's weights can be restored.

    Merged layers can be separated again; a folded norm cannot.
    """
    return not any(source.norm for origin in all_origins(analysis) for source in origin.sources)


def _with_norms(ops: tuple[ir.Op, ...]) -> list[tuple[ir.Op, ir.Op | None]]:
    """Return each operator with the norm that follows it, if any."""
    pairs: list[tuple[ir.Op, ir.Op | None]] = []
    for op in ops:
        if isinstance(op.operator, BatchNorm) and pairs:
            pairs[-1] = pairs[-1][0], op
        else:
            pairs.append((op, None))
    return pairs


def _source(op: ir.Op, norm: ir.Op | None, folds: bool) -> WeightSource:
    operator = op.operator
    if isinstance(operator, Conv | SeparableConv):
        if norm is not None and isinstance(norm.operator, BatchNorm):
            return WeightSource(op.path, norm.path, norm.operator.eps, operator.biased)
        if operator.norm is not None and folds:
            kernel = f"{op.path}.conv"
            return WeightSource(kernel, f"{op.path}.bn", operator.norm.eps, operator.biased)
    return WeightSource(op.path)
