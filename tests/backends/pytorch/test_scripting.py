"""Tests that TorchScript compiles every generated class, with the outputs of eager mode."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from fuzz.compiling import analysed
from fuzz.generate import random_spec
from fuzz.text import write
from shipped import by_cost
from torch import Tensor, nn

import archc
from archc.analyses import Analysis
from archc.driver.backend import Options, load_backend
from archc.driver.optimize import DEPLOY, MERGED, Recipe, optimize
from archc_backends.pytorch.run.load import load_module

# torch 2.13 deprecates TorchScript in favour of torch.export.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")

GOOD = sorted((Path(__file__).parents[2] / "specs" / "good").glob("*.yaml"))
HEADS = GOOD[0].with_name("aux_plain.yaml")
RECIPES = {"plain": None, "deploy": DEPLOY, "merged": MERGED}
RANDOM = 20


def generated(analysis: Analysis, recipe: Recipe | None) -> tuple[Any, Analysis]:
    """Return the generated file as a module, and the analysis of its network."""
    options = Options("live")
    if recipe is not None:
        optimized = optimize(analysis, recipe)
        analysis, options = optimized.analysis, Options("live", optimized=optimized)
    backend = load_backend()
    assert backend is not None
    return load_module(analysis, backend, options), analysis


def models(analysis: Analysis, recipe: Recipe | None) -> Iterator[nn.Module]:
    """Yield the network with all auxiliary heads and, if it has any, without them."""
    module, made = generated(analysis, recipe)
    network = getattr(module, made.network.name)
    torch.manual_seed(0)
    yield network()
    if made.network.aux:
        yield network(aux=False)


def results(model: Any, x: Tensor) -> dict[str, Tensor | None]:
    """Return the outputs by name and the new state; the model's own state is restored."""
    before = {key: value.clone() for key, value in model.state_dict().items()}
    torch.manual_seed(1)  # for dropout
    with torch.no_grad():
        output = model(x)
    after = {key: value.clone() for key, value in model.state_dict().items()}
    model.load_state_dict(before)
    outputs: dict[str, Tensor | None] = (
        {"logits": output} if isinstance(output, Tensor) else output._asdict()
    )
    return outputs | after


def check(analysis: Analysis, recipe: Recipe | None) -> None:
    """Yield each model of the network in eval mode and, if it can be trained, in training mode."""
    modes = (False,) if recipe is DEPLOY else (True, False)
    x = torch.randn(2, *analysis.network.input, generator=torch.Generator().manual_seed(0))
    for model in models(analysis, recipe):
        scripted = torch.jit.script(model)
        # TorchScript adds every buffer to the state_dict, including non-persistent ones.
        fixed = dict(model.named_buffers()).keys() - model.state_dict().keys()
        for training in modes:
            expected = results(model.train(training), x)
            got = results(scripted.train(training), x)
            assert got.keys() - fixed == expected.keys()
            for name, value in expected.items():
                torch.testing.assert_close(got[name], value, rtol=0, atol=0, msg=name)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", by_cost())
def test_a_shipped_network_can_be_scripted(name: str, recipe: str) -> None:
    """Reduce the channels: the code keeps its structure and runs in seconds instead of minutes."""
    narrow = {"extends": f"{name}.yaml", "name": "Narrow", "width": {"multiplier": 0.0625}}
    check(archc.analyze(archc.load(narrow)), RECIPES[recipe])


@pytest.mark.parametrize("spec", GOOD, ids=lambda spec: spec.stem)
def test_every_form_of_code_can_be_scripted(spec: Path) -> None:
    for recipe in RECIPES.values():
        check(archc.analyze(archc.load(spec)), recipe)


@pytest.mark.parametrize("number", range(RANDOM))
def test_a_random_network_can_be_scripted(number: int) -> None:
    analysis = analysed(write(random_spec(Random(f"scripting/{number}"))))
    assert isinstance(analysis, Analysis)
    for recipe in RECIPES.values():
        check(analysis, recipe)


class Probabilities(nn.Module):
    """A model for deployment that returns probabilities, as a user would write it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model: Any = model

    def forward(self, x: Tensor) -> Tensor:
        probabilities: Tensor = self.model.probabilities(x)
        return probabilities


def test_probabilities_can_be_scripted() -> None:
    """For a network with auxiliary heads, whose forward returns one of two types."""
    analysis = archc.analyze(archc.load(HEADS))
    x = torch.randn(2, *analysis.network.input)
    model = Probabilities(next(models(analysis, None))).eval()
    scripted = torch.jit.script(model)
    with torch.no_grad():
        assert torch.equal(scripted(x), model(x))
        torch.testing.assert_close(scripted.train()(x).sum(1), torch.ones(2))


def test_the_loss_takes_what_a_scripted_model_gives() -> None:
    analysis = archc.analyze(archc.load(HEADS))
    module, _ = generated(analysis, None)
    model = module.DeepNet().train()
    x, target = torch.randn(2, *analysis.network.input), torch.tensor([1, 2])
    losses = []
    for each in (model, torch.jit.script(model)):
        torch.manual_seed(0)
        losses.append(module.total_loss(each(x), target))
    assert losses[0] == losses[1]
    losses[1].backward()
    assert [name for name, value in model.named_parameters() if value.grad is None] == []
