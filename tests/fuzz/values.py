"""Checks that the generated code's outputs are those of a second implementation.

Compares outputs and running statistics in float64, during training and after it.
"""

from collections import Counter
from random import Random

import torch
from fuzz.campaign import Case
from fuzz.compiling import analysed, emitted, executed, shown
from fuzz.features import features
from fuzz.generate import random_spec
from fuzz.plain import Data
from fuzz.tensors import Tensors
from fuzz.text import write
from torch import Tensor, nn

BATCH = 2
CLOSE = 1e-10


def draw(random: Random) -> Case:
    """Draw a random spec, and a seed for weights and images."""
    spec = random_spec(random)
    return Case(write(spec), (spec, random.randrange(2**32)), Counter(features(spec)))


def judge(case: Case) -> tuple[str, Counter[str]]:
    """Compare its code with the second implementation."""
    analysis = analysed(case.text)
    source = analysis if isinstance(analysis, list) else emitted(analysis)
    if isinstance(source, list):
        return shown(source), Counter()
    spec, seed = case.data
    torch.set_default_dtype(torch.float64)
    try:
        return difference(spec, executed(source)(), seed), Counter()
    finally:
        torch.set_default_dtype(torch.float32)


def difference(spec: Data, model: nn.Module, seed: int) -> str:
    """Return the differences between the model and the second implementation as text."""
    generator = torch.Generator().manual_seed(seed)
    randomize(model, generator)
    images = torch.randn(BATCH, *map(int, spec["input"].split("x")), generator=generator)
    for training in (True, False):
        state = {key: value.clone() for key, value in model.state_dict().items()}
        with torch.no_grad():
            expected = Tensors(spec, state, training).network(images, training)
            output = model.train(training)(images)
        outputs: list[Tensor] = list(output) if isinstance(output, tuple) else [output]
        pairs = list(zip(outputs, expected, strict=True))
        pairs += [(value, state[key]) for key, value in model.state_dict().items()]
        for got, wanted in pairs:
            if got.shape != wanted.shape:
                return f"{tuple(got.shape)} instead of {tuple(wanted.shape)}, training {training}"
            if not (got.isfinite().all() and torch.allclose(got, wanted, CLOSE, CLOSE)):
                worst = float((got - wanted).abs().max())
                return f"outputs or statistics differ by {worst}, training {training}"
    return ""


def randomize(model: nn.Module, generator: torch.Generator) -> None:
    """Draw weights and running statistics with which every layer has an effect."""
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.01, 2, generator=generator)
        elif value.is_floating_point():
            fan = max(1, value[0].numel()) if value.dim() > 1 else 2
            value.normal_(0, (2 / fan) ** 0.5, generator=generator)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # its output is random
