"""Compares shipped specs with the models of torchvision, timm and Cadene.

Random weights are copied with load_state_dict(strict=True), Cadene's through the mapping that the
spec declares. Everything is compared in float64, at the default size and at an odd one; Cadene's
pools fit only few sizes.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import torch
from shipped import SPECS, by_cost
from torch import Tensor, nn
from torch.nn import functional

import archc
from archc.checks.checkpoints.match import match_checkpoint
from archc_backends.pytorch.run.reference import make_reference

TOLERANCE = 1e-9
RATE = 1e-3


class Reference(NamedTuple):
    """How to compare a spec with the model that it names, or with Cadene's.

    ``heads`` maps each field of our output to theirs and its weight in the loss. The heads of
    one model need larger images than its trunk, hence ``odd_in_training``.
    """

    size: int
    odd: int
    odd_in_training: int
    heads: dict[str, tuple[str, float]]
    checkpoint: str | None = None
    """The spec's mapping for Cadene's keys; None if the keys are the same."""


REFERENCES = {
    "googlenet_bn": Reference(
        224, 97, 97, {"aux1": ("aux_logits1", 0.3), "aux2": ("aux_logits2", 0.3)}
    ),
    "inception_v3": Reference(299, 121, 347, {"aux_logits": ("aux_logits", 0.4)}),
    "inception_v4": Reference(299, 121, 121, {}),
    "inception_resnet_v2": Reference(299, 121, 121, {}),
    "bn_inception": Reference(224, 223, 223, {}, "cadene"),
}


class Pair(NamedTuple):
    """Both models with the same random weights, and a state to restore.

    ``names`` maps our keys to theirs.
    """

    name: str
    reference: Reference
    theirs: nn.Module
    ours: nn.Module
    state: dict[str, Tensor]
    names: Mapping[str, str]


def randomise(model: nn.Module) -> None:
    """Draw Kaiming weights, and scales, shifts and running statistics other than the defaults."""
    torch.manual_seed(7)
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)


def without_dropout(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


@pytest.fixture(scope="module", params=by_cost(REFERENCES))
def built(
    request: pytest.FixtureRequest,
    cadene: ModuleType,
) -> Pair:
    name: str = request.param
    reference = REFERENCES[name]
    if reference.checkpoint is None:
        made = make_reference(archc.analyze(archc.load(SPECS / f"{name}.yaml")))
        assert isinstance(made, nn.Module), made
    else:
        made = cadene.bninception(num_classes=1000, pretrained=None)
    theirs = without_dropout(made.double())
    ours = without_dropout(archc.module_class(SPECS / f"{name}.yaml")().double())
    randomise(theirs)
    state = {key: value.clone() for key, value in theirs.state_dict().items()}
    return Pair(name, reference, theirs, ours, state, names_of(name, reference, state))


def names_of(name: str, reference: Reference, state: dict[str, Tensor]) -> Mapping[str, str]:
    """Map our keys to theirs, in our order if there is a mapping."""
    if reference.checkpoint is None:
        return {key: key for key in state}
    network = archc.load(SPECS / f"{name}.yaml")
    renaming = network.checkpoints[reference.checkpoint]
    match = match_checkpoint(archc.analyze(network), state, renaming)
    assert (match.diagnostics, match.dropped) == ((), ())
    assert all(theirs is not None for theirs in match.sources.values())
    return {ours: theirs for ours, theirs in match.sources.items() if theirs is not None}


def in_our_names(pair: Pair, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return their state under our keys."""
    return {ours: state[theirs] for ours, theirs in pair.names.items()}


@pytest.fixture
def pair(built: Pair) -> Pair:
    """Restore both models."""
    built.theirs.load_state_dict(built.state, strict=True)
    built.ours.load_state_dict(in_our_names(built, built.state), strict=True)
    for model in (built.theirs, built.ours):
        model.zero_grad()
        model.eval()
    return built


def images(count: int, size: int) -> Tensor:
    """Return random images, each brighter than the previous one."""
    generator = torch.Generator().manual_seed(size)
    x = torch.randn(count, 3, size, size, generator=generator, dtype=torch.float64)
    return x + torch.arange(count).view(-1, 1, 1, 1)


def agree(ours: Tensor, theirs: Tensor, what: str = "logits") -> None:
    """Raise AssertionError if they differ by more than rounding."""
    assert ours.shape == theirs.shape, what
    assert theirs.isfinite().all(), what
    torch.testing.assert_close(
        ours, theirs, rtol=TOLERANCE, atol=TOLERANCE, msg=lambda text: f"{what}: {text}"
    )


def heads(pair: Pair, ours: Any, theirs: Any) -> Iterator[tuple[str, Tensor, Tensor, float]]:
    """Yield every training output: its name, ours, theirs, and its weight in the loss."""
    if not pair.reference.heads:
        yield "logits", ours, theirs, 1.0
        return
    assert set(ours._fields) == {"logits", *pair.reference.heads}
    yield "logits", ours.logits, theirs.logits, 1.0
    for name, (other, weight) in pair.reference.heads.items():
        yield name, getattr(ours, name), getattr(theirs, other), weight


def states_agree(pair: Pair) -> None:
    theirs = in_our_names(pair, pair.theirs.state_dict())
    for key, value in pair.ours.state_dict().items():
        agree(value.double(), theirs[key].double(), key)


def test_keys_order_and_shapes_are_theirs(pair: Pair) -> None:
    ours, theirs = pair.ours.state_dict(), pair.theirs.state_dict()
    if pair.reference.checkpoint is not None:
        assert set(pair.names.values()) == set(theirs)
        theirs = in_our_names(pair, theirs)
    assert list(ours) == list(theirs)
    assert [value.shape for value in ours.values()] == [value.shape for value in theirs.values()]


@pytest.mark.parametrize("odd", [False, True], ids=["default", "odd"])
def test_logits_agree(pair: Pair, odd: bool) -> None:
    x = images(2, pair.reference.odd if odd else pair.reference.size)
    with torch.no_grad():
        ours, theirs = pair.ours(x), pair.theirs(x)
    # Two images that give the same logits would show nothing.
    assert (theirs[0] - theirs[1]).abs().max() > 0.01 * theirs.abs().max()
    agree(ours, theirs)


def test_a_running_statistic_moved_a_little_shows(pair: Pair) -> None:
    x = images(1, pair.reference.odd)
    key = next(key for key in pair.names if key.endswith("running_var"))
    with torch.no_grad():
        theirs = pair.theirs(x)
        pair.ours.get_buffer(key).mul_(1 + 1e-6)
        with pytest.raises(AssertionError, match="logits"):
            agree(pair.ours(x), theirs)


@pytest.mark.parametrize("odd", [False, True], ids=["default", "odd"])
def test_heads_and_running_statistics_agree_in_training(pair: Pair, odd: bool) -> None:
    x = images(2, pair.reference.odd_in_training if odd else pair.reference.size)
    with torch.no_grad():
        ours, theirs = pair.ours.train()(x), pair.theirs.train()(x)
    for what, mine, other, _ in heads(pair, ours, theirs):
        agree(mine, other, what)
    states_agree(pair)
    before = in_our_names(pair, pair.state)
    moved = [key for key in before if key.endswith("running_mean")]
    assert all(not torch.equal(before[key], pair.ours.get_buffer(key)) for key in moved)


def test_a_step_of_training_agrees(pair: Pair) -> None:
    # The odd size where the heads accept it, since it is smaller.
    x = images(2, min(pair.reference.odd_in_training, pair.reference.size))
    target = torch.tensor([3, 7])
    outputs = []
    for model in (pair.ours, pair.theirs):
        torch.manual_seed(0)
        outputs.append(model.train()(x))
    ours: Any = 0.0
    theirs: Any = 0.0
    for _, mine, other, weight in heads(pair, *outputs):
        ours = ours + weight * functional.cross_entropy(mine, target)
        theirs = theirs + weight * functional.cross_entropy(other, target)
    for model, loss in ((pair.ours, ours), (pair.theirs, theirs)):
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9)
        loss.backward()
        optimizer.step()
    states_agree(pair)
    before, after = in_our_names(pair, pair.state), pair.ours.state_dict()
    still = [k for k, _ in pair.ours.named_parameters() if torch.equal(after[k], before[k])]
    # A norm cancels the gradient of a bias before it, except for rounding. Cadene's network has
    # such biases, and block8 is followed only by a convolution and a norm.
    idle = {"bn_inception": "conv.bias", "inception_resnet_v2": "block8.conv2d.bias"}
    assert all(key.endswith(idle.get(pair.name, " none")) for key in still), still


@pytest.mark.parametrize(("spec", "size"), [("googlenet_bn", 97), ("inception_v3", 121)])
def test_the_pretrained_variant_is_the_model_with_its_input_transform(spec: str, size: int) -> None:
    """torchvision builds its pretrained models this way, which a state_dict does not show."""
    theirs = make_reference(archc.analyze(SPECS / f"{spec}.yaml"))
    assert isinstance(theirs, nn.Module)
    assert not theirs.transform_input
    setattr(theirs, "transform_input", True)  # noqa: B010 - no attribute that nn.Module declares
    randomise(theirs)
    plain, pretrained = (
        archc.module_class(SPECS / f"{name}.yaml")() for name in (spec, f"{spec}_pretrained")
    )
    x = images(2, size).float()
    with torch.no_grad():
        logits = theirs.eval()(x)
        for model in (plain, pretrained):
            model.load_state_dict(theirs.state_dict(), strict=True)
        difference = (plain.eval()(x) - logits).abs()
        assert difference.mean() > 0.1 * logits.abs().mean()
        assert (pretrained.eval()(x) - logits).abs().max() == 0.0


class Change(NamedTuple):
    """Return the spec's text with one part replaced."""

    what: str
    spec: str
    old: str
    new: str


POOLED = "maxpool1: {MaxPool: 3x3/2}", "maxpool1: {MaxPool: 3x3/2, ceil: true}"
CHANGES = [
    *(
        Change("eps", spec, "{eps: 0.001, momentum: 0.1}", "{eps: 0.00001, momentum: 0.1}")
        for spec in REFERENCES
        if spec != "bn_inception"
    ),
    Change("eps", "bn_inception", "eps: 0.00001", "eps: 0.001"),
    Change(
        "concat order",
        "bn_inception",
        '      branch1: {Conv: 1x1, out: "#1x1"}\n'
        '      branch2: [{Conv: 1x1, out: "#3x3 reduce"}, {Conv: 3x3, out: "#3x3"}]\n',
        '      branch2: [{Conv: 1x1, out: "#3x3 reduce"}, {Conv: 3x3, out: "#3x3"}]\n'
        '      branch1: {Conv: 1x1, out: "#1x1"}\n',
    ),
    Change("padding", "bn_inception", "count_padding: true", "count_padding: false"),
    # Its pools cannot round down, since the branches of its reductions would no longer fit.
    Change(
        "pool",
        "bn_inception",
        "branch4: [{MaxPool: 3x3/1 same}",
        "branch4: [{AvgPool: 3x3/1 same, count_padding: true}",
    ),
    Change(
        "concat order",
        "googlenet_bn",
        "    Concat:\n",
        "    Concat:\n      branch1: {Conv: 1x1, after: branch2}\n",
    ),
    Change(
        "concat order",
        "inception_v3",
        "branch3x3_2a: {Conv: 1x3, out: 384}\n          branch3x3_2b: {Conv: 3x1, out: 384}",
        "branch3x3_2b: {Conv: 3x1, out: 384}\n          branch3x3_2a: {Conv: 1x3, out: 384}",
    ),
    Change(
        "concat order",
        "inception_v4",
        "      maxpool: {MaxPool: 3x3/2}\n      conv: {Conv: 3x3/2 valid, out: 96}\n",
        "      conv: {Conv: 3x3/2 valid, out: 96}\n      maxpool: {MaxPool: 3x3/2}\n",
    ),
    Change(
        "concat order",
        "inception_resnet_v2",
        "        branch0: {Conv: 1x1, out: 32}\n"
        "        branch1: [{Conv: 1x1, out: 32}, {Conv: 3x3, out: 32}]\n",
        "        branch1: [{Conv: 1x1, out: 32}, {Conv: 3x3, out: 32}]\n"
        "        branch0: {Conv: 1x1, out: 32}\n",
    ),
    Change("padding", "inception_v3", "count_padding: true", "count_padding: false"),
    Change("padding", "inception_v4", "count_padding: false", "count_padding: true"),
    Change("padding", "inception_resnet_v2", "count_padding: false", "count_padding: true"),
    Change("ceil", "googlenet_bn", "\nmodules:\n", "  MaxPool: {ceil: false}\n\nmodules:\n"),
    Change("ceil", "inception_v3", *POOLED),
    Change(
        "ceil",
        "inception_resnet_v2",
        "maxpool_3a: {MaxPool: 3x3/2}",
        "maxpool_3a: {MaxPool: 3x3/2, ceil: true}",
    ),
    *(
        Change("scale", "inception_resnet_v2", f"scale: {old}\n", f"scale: {new}\n")
        for old, new in [("0.17", "0.18"), ("0.1", "0.11"), ("0.2", "0.21"), ("1.0", "0.99")]
    ),
    Change(
        "no ReLU",
        "inception_resnet_v2",
        "    scale: 1.0\n    activation: none\n",
        "    scale: 1.0\n    activation: ReLU\n",
    ),
]


def test_changes_in_the_spec_show(pair: Pair, tmp_path: Path) -> None:
    text = (SPECS / f"{pair.name}.yaml").read_text()
    x = images(1, pair.reference.odd)
    changes = [change for change in CHANGES if change.spec == pair.name]
    unseen = []
    with torch.no_grad():
        theirs = pair.theirs(x)
        for change in changes:
            assert change.old in text, change.what
            path = tmp_path / f"{pair.name}.yaml"
            path.write_text(text.replace(change.old, change.new))
            ours = archc.module_class(path)().double()
            ours.load_state_dict(in_our_names(pair, pair.state), strict=True)
            logits = ours.eval()(x)
            assert logits.isfinite().all(), change.what
            try:
                agree(logits, theirs)
            except AssertionError:
                continue
            unseen.append(change.what)
    assert len(changes) >= 3
    assert unseen == []
