"""Networks made faster: which transforms, in which order, for which use."""

from collections.abc import Callable
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.network import ir
from archc.network.transforms.drop_training import drop_training
from archc.network.transforms.fold_norms import fold_norms
from archc.network.transforms.merge_siblings import merge_siblings

Transform = Callable[[ir.Network], ir.Network]


class Recipe(NamedTuple):
    """What is done, in order; ``word`` tells what the files and the class are called.

    ``option`` is what asks for it; ``trains`` says whether the result can be trained.
    """

    option: str
    word: str
    trains: bool
    transforms: tuple[Transform, ...]


DEPLOY = Recipe("optimize", "deploy", False, (drop_training, fold_norms, merge_siblings))
MERGED = Recipe("merge", "merged", True, (merge_siblings,))
RECIPES = (DEPLOY, MERGED)


class Optimized(NamedTuple):
    """An optimised network, beside the one that the spec describes."""

    analysis: Analysis
    written: Analysis
    recipe: Recipe


def optimize(written: Analysis, recipe: Recipe) -> Optimized:
    """The network after all transforms of the recipe, under a name of its own."""
    network = written.network
    for transform in recipe.transforms:
        network = transform(network)
    network = network._replace(name=f"{network.name}{recipe.word.title()}")
    analysis = analyze(network)
    assert isinstance(analysis, Analysis), "a transform keeps what fits together"
    return Optimized(analysis, written, recipe)
