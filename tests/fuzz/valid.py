"""Checks that a valid spec's analysis describes its generated code, on torch's meta device."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import torch
from fuzz.campaign import Case
from fuzz.compiling import analysed, emitted, executed, shown
from fuzz.features import features
from fuzz.generate import random_spec
from fuzz.meta import shorten_normalization
from fuzz.others import OTHERS
from fuzz.text import write
from torch import nn

from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state
from archc_backends.common.network import final_softmax

torch.set_num_threads(1)  # the networks are so small that more threads would only wait

BATCH = 2  # normalisation over a batch needs more than one value for each channel


def draw(random: Random) -> Case:
    """Draw a random spec."""
    spec = random_spec(random, others=OTHERS)
    return Case(write(spec, random.choice((2, 2, 3, 9))), None, Counter(features(spec)))


def judge(case: Case) -> tuple[str, Counter[str]]:
    """Compare its analysis with its code."""
    shorten_normalization()
    analysis = analysed(case.text)
    if isinstance(analysis, list):
        return shown(analysis), Counter()
    source = emitted(analysis)
    if isinstance(source, list):
        return shown(source), Counter()
    with torch.no_grad():
        found = "; ".join(differences(analysis, executed(source)))
    return found, Counter({"layers": len(analysis.layers)})


def differences(analysis: Analysis, network: Any) -> Iterator[str]:
    """Return the differences between the code and the analysis."""
    with torch.device("meta"):
        model = network()
    images = torch.empty(BATCH, *analysis.network.input, device="meta")
    found = [(key, tuple(value.shape)) for key, value in model.state_dict().items()]
    expected = [(key, tensor.shape) for key, tensor in expected_state(analysis).items()]
    if found != expected:
        yield f"the state is {found}, analysed is {expected}"
    params = sum(parameter.numel() for parameter in model.parameters())
    if params != analysis.cost_with_aux.params:
        yield f"{params} parameters, analysed are {analysis.cost_with_aux.params}"
    softmax = final_softmax(analysis.network)
    main = {layer.op.path: layer.output for row in analysis.rows for layer in row.layers}
    heads = {layer.op.path: layer.output for row in analysis.aux for layer in row.layers}
    run = model.eval().probabilities if softmax else model.eval()
    yield from _shapes("eval", model, run, images, main)
    if heads:
        main.pop(softmax, None)
        yield from _shapes("training", model, model.train(), images, main | heads)


def _shapes(
    when: str, model: nn.Module, run: Any, images: torch.Tensor, expected: dict[str, Any]
) -> Iterator[str]:
    shapes: dict[str, tuple[int, ...]] = {}

    def record(path: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                shapes[path] = tuple(output.shape[1:])

        return hook

    modules = dict(model.named_modules())
    hooks = [
        modules[path].register_forward_hook(record(path)) for path in expected if path in modules
    ]
    run(images)
    for handle in hooks:
        handle.remove()
    for path, shape in expected.items():
        if shapes.get(path) != shape:
            yield f"{path} gives {shapes.get(path)}, analysed is {shape} ({when})"
