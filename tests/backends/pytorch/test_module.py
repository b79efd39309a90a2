"""Tests the generated code of GoogLeNet as users run it."""

import ast
import copy
import importlib.util
import io
import pickle
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import archc

GENERATED = Path(__file__).parents[3] / "generated" / "googlenet.py"
CLASSES = 10
HEADS = ("aux1", "aux2")


@pytest.fixture(scope="module")
def generated() -> Iterator[ModuleType]:
    """Import the committed file."""
    spec = importlib.util.spec_from_file_location("generated_googlenet", GENERATED)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture
def model(generated: ModuleType) -> Any:
    torch.manual_seed(0)
    return generated.GoogLeNet(num_classes=CLASSES)


def images(count: int = 2) -> Tensor:
    return torch.randn(count, 3, 224, 224, generator=torch.Generator().manual_seed(1))


def without_dropout(model: Any) -> Any:
    """Return the same model with reproducible training outputs."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def heads_that_run(model: Any, x: Tensor) -> list[str]:
    ran: list[str] = []
    for name in HEADS:
        model.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
    model(x)
    return ran


def test_training_returns_the_logits_and_the_heads(generated: ModuleType, model: Any) -> None:
    output = model.train()(images())
    assert isinstance(output, generated.GoogLeNetOutput)
    assert output._fields == ("logits", "aux1", "aux2")
    assert [part.shape for part in output] == [(2, CLASSES)] * 3


def test_heads_run_in_training_only(model: Any) -> None:
    assert heads_that_run(model.train(), images()) == ["aux1", "aux2"]
    model = copy.deepcopy(model)
    with torch.no_grad():
        assert heads_that_run(model.eval(), images(1)) == []


def test_eval_returns_the_logits(model: Any) -> None:
    with torch.no_grad():
        output = model.eval()(images())
    assert isinstance(output, Tensor)
    assert output.shape == (2, CLASSES)


def test_heads_can_be_left_out(generated: ModuleType) -> None:
    model = generated.GoogLeNet(num_classes=CLASSES, aux=False)
    assert not [key for key in model.state_dict() if key.startswith(HEADS)]
    output = model.train()(images())
    assert output.aux1 is None and output.aux2 is None
    target = torch.tensor([1, 2])
    loss = generated.total_loss(output, target)
    torch.testing.assert_close(loss, functional.cross_entropy(output.logits, target))


def test_the_loss_weighs_the_heads(generated: ModuleType) -> None:
    parts = torch.randn(3, 4, CLASSES, generator=torch.Generator().manual_seed(2)).double()
    target = torch.tensor([3, 1, 4, 1])
    main, aux1, aux2 = (-part.log_softmax(1)[torch.arange(4), target].sum() / 4 for part in parts)
    loss = generated.total_loss(generated.GoogLeNetOutput(*parts), target)
    torch.testing.assert_close(loss, main + 0.3 * aux1 + 0.3 * aux2)


def test_probabilities_sum_to_one(model: Any) -> None:
    with torch.no_grad():
        probabilities = model.eval().probabilities(images())
        torch.testing.assert_close(probabilities, model(images()).softmax(1))
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


def test_a_checkpoint_with_heads_loads_without_them(generated: ModuleType, model: Any) -> None:
    bare = generated.GoogLeNet(num_classes=CLASSES, aux=False)
    bare.load_checkpoint(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(bare.eval()(images()), model.eval()(images()), rtol=0, atol=0)


def test_a_checkpoint_without_heads_leaves_them_as_they_are(
    generated: ModuleType, model: Any
) -> None:
    bare = generated.GoogLeNet(num_classes=CLASSES, aux=False)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model.load_checkpoint(bare.state_dict())
    for key, value in model.state_dict().items():
        expected = before[key] if key.startswith(HEADS) else bare.state_dict()[key]
        assert torch.equal(value, expected), key


@pytest.mark.parametrize("aux", [True, False])
def test_a_checkpoint_that_differs_is_refused(generated: ModuleType, aux: bool) -> None:
    with torch.device("meta"):
        model = generated.GoogLeNet(num_classes=CLASSES, aux=aux)
        state = dict(generated.GoogLeNet(num_classes=CLASSES).state_dict())
    missing = {key: value for key, value in state.items() if key != "conv1.bias"}
    wrong = state | {"fc.bias": torch.empty(CLASSES + 1, device="meta")}
    unexpected = state | {"aux3.weight": state["fc.weight"]}
    for damaged in (missing, wrong, unexpected):
        with pytest.raises(RuntimeError, match=r"conv1\.bias|fc\.bias|aux3\.weight"):
            model.load_checkpoint(damaged)


def test_a_partial_head_is_refused(generated: ModuleType) -> None:
    with torch.device("meta"):
        model = generated.GoogLeNet(num_classes=CLASSES)
    state = model.state_dict()
    del state["aux2.fc1.weight"]
    with pytest.raises(RuntimeError, match=r"aux2\.fc1\.weight"):
        model.load_checkpoint(state)


def test_it_is_constructed_on_the_meta_device(generated: ModuleType) -> None:
    with torch.device("meta"):
        model = generated.GoogLeNet()
        output = model.train()(torch.empty(2, 3, 224, 224))
    assert all(parameter.is_meta for parameter in model.parameters())
    assert sum(parameter.numel() for parameter in model.parameters()) == 13_378_280
    assert [part.shape for part in output] == [(2, 1000)] * 3


@pytest.mark.parametrize("strict", [True, False])
def test_it_exports(model: Any, strict: bool) -> None:
    model.eval()
    exported = torch.export.export(model, (images(),), strict=strict)
    with torch.no_grad():
        torch.testing.assert_close(exported.module()(images()), model(images()))


@pytest.mark.parametrize("training", [True, False])
def test_it_compiles_as_one_graph(model: Any, training: bool) -> None:
    without_dropout(model).train(training)
    compiled: Any = torch.compile(model, backend="aot_eager", fullgraph=True)
    x = images()
    expected, got = model(x), compiled(x)
    torch.testing.assert_close(tuple(got), tuple(expected))
    if training:
        got.logits.sum().backward()
        assert model.conv1.weight.grad is not None
    torch.compiler.reset()


def test_it_trains_in_distributed_data_parallel(
    generated: ModuleType, model: Any, tmp_path: Path
) -> None:
    distributed = torch.distributed
    meeting = f"file://{tmp_path / 'store'}"
    distributed.init_process_group("gloo", init_method=meeting, rank=0, world_size=1)
    try:
        parallel = nn.parallel.DistributedDataParallel(model.train())
        generated.total_loss(parallel(images()), torch.tensor([1, 2])).backward()
    finally:
        distributed.destroy_process_group()
    without = [name for name, value in model.named_parameters() if value.grad is None]
    assert without == []


def test_training_lowers_the_loss(generated: ModuleType, model: Any) -> None:
    without_dropout(model).train()
    x, target = images(), torch.tensor([0, 1])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        loss = generated.total_loss(model(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0], losses


def test_it_can_be_copied_and_pickled(model: Any) -> None:
    buffer = io.BytesIO()
    torch.save(model, buffer)
    buffer.seek(0)
    x = images(1)
    with torch.no_grad():
        expected = model.eval()(x)
        copies = (
            copy.deepcopy(model),
            pickle.loads(pickle.dumps(model)),
            torch.load(buffer, weights_only=False).eval(),
        )
        for other in copies:
            torch.testing.assert_close(other(x), expected, rtol=0, atol=0)


def test_it_imports_torch_and_the_standard_library_only() -> None:
    folder = Path(__file__).parents[2] / "specs" / "good"
    for file in (GENERATED, *folder.glob("*.py")):
        imported = set()
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or ".")
        assert imported <= {"torch", "torch.nn", "typing", "collections"}, file


def test_a_live_class_is_the_generated_one(generated: ModuleType) -> None:
    live = archc.module_class("googlenet.yaml")
    assert issubclass(live, nn.Module)
    assert live is archc.module_class(archc.load("googlenet.yaml"))
    with torch.device("meta"):
        mine, theirs = live(num_classes=CLASSES), generated.GoogLeNet(num_classes=CLASSES)
    shapes = [
        [(key, value.shape) for key, value in model.state_dict().items()]
        for model in (mine, theirs)
    ]
    assert shapes[0] == shapes[1]
    assert type(pickle.loads(pickle.dumps(mine.prob))) is nn.Softmax
    assert pickle.loads(pickle.dumps(live)) is live


def test_tracebacks_show_the_source_of_a_live_class() -> None:
    with torch.device("meta"):
        model = archc.module_class("googlenet.yaml")()
        with pytest.raises(RuntimeError) as raised:
            model(torch.empty(2, 4, 224, 224))
    shown = "".join(traceback.format_exception(raised.value))
    assert "x = self.conv1(x)  # 64x112x112" in shown
