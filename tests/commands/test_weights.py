"""Tests checkpoints from elsewhere: mappings, messages, files."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file, save_file

import archc
from archc.checks.checkpoints.state import expected_state
from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.sections.checkpoint_keys import KeyMapping

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
modules:
  Fork:
    columns: [left, right]
    Concat:
      branch1: {Conv: 1x1, out: left}
      branch2: [{Conv: 1x1, out: left, norm: BatchNorm}, {Conv: 3x3, out: right}]
  Head:
    Sequence:
      pool: {AvgPool: global}
      fc: {Linear: classes}
stem:
  conv1: {Conv: 7x7/2, out: 6}
body:
  fork3a: {Fork: [2, 4]}
  fork3b: {Fork: [3, 5]}
aux:
  aux1: {Aux: Head, from: fork3a, loss_weight: 0.3}
  aux2: {Aux: Head, from: fork3b, loss_weight: 0.3}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""

# Names as Caffe has them: `fc` is inside `loss1/fc`, blobs are numbered, a drop, whole prefixes,
# placeholders, and a longer line inside a shorter one.
CAFFE = """\
checkpoints:
  caffe:
    source: a model zoo
    keys:
      conv1/7x7_s2.0: conv1.weight
      conv1/7x7_s2.1: conv1.bias
      fork_{row}/1x1: fork{row}.branch1
      fork_{row}/3x3_reduce: fork{row}.branch2.0.conv
      fork_{row}/3x3_reduce/bn: fork{row}.branch2.0.bn
      fork_{row}/3x3_reduce/bn.scale_factor: none
      fork_{row}/3x3: fork{row}.branch2.1
      fc: fc
      loss1/fc: aux1.fc
      loss2/fc: aux2.fc
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC + CAFFE)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["weights", "toy.yaml", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def ours() -> dict[str, torch.Tensor]:
    """Return a state with distinct numbers, a negative zero and a denormal."""
    torch.manual_seed(0)
    model = archc.module_class("toy.yaml")()
    state = {
        key: torch.randn(value.shape) if value.is_floating_point() else torch.tensor(7)
        for key, value in model.state_dict().items()
    }
    state["conv1.weight"][0, 0, 0, :2] = torch.tensor([-0.0, 1e-42])
    return {key: value.abs() if "running_var" in key else value for key, value in state.items()}


def theirs(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the same state under Caffe's names, in another order."""
    renamed = {}
    for key, value in reversed(state.items()):
        for mine, other in {
            "conv1.weight": "conv1/7x7_s2.0",
            "conv1.bias": "conv1/7x7_s2.1",
            "aux1.fc": "loss1/fc",
            "aux2.fc": "loss2/fc",
            ".branch1.": "/1x1.",
            ".branch2.0.conv.": "/3x3_reduce.",
            ".branch2.0.bn.": "/3x3_reduce/bn.",
            ".branch2.1.": "/3x3.",
            "fork3": "fork_3",
        }.items():
            key = key.replace(mine, other)
        renamed[key] = value
    renamed["fork_3a/3x3_reduce/bn.scale_factor"] = torch.ones(1)
    return renamed


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether keys, types and bits agree; a negative zero is not a zero."""
    return one.keys() == other.keys() and all(
        a.dtype == b.dtype and a.shape == b.shape and a.numpy().tobytes() == b.numpy().tobytes()
        for a, b in ((one[key], other[key]) for key in one)
    )


def load(file: str) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = (
        load_file(file) if file.endswith("safetensors") else torch.load(file, weights_only=True)
    )
    return loaded


def key_mapping(keys: str, rest: str = "") -> KeyMapping:
    lines = "".join(f"      {line}\n" for line in keys.strip().splitlines())
    text = f"checkpoints:\n  other:\n    source: somewhere\n    {rest}\n    keys:\n{lines}"
    Path("toy.yaml").write_text(SPEC + text)
    compiled = compile_spec("toy.yaml")
    assert isinstance(compiled, Compiled), compiled
    return compiled.network.checkpoints["other"]


def test_a_mapped_checkpoint_is_the_networks_and_round_trips_bit_for_bit() -> None:
    state = ours()
    torch.save(theirs(state), "caffe.pt")
    assert run("caffe.pt", "-o", "one.pt") == (
        0,
        "wrote one.pt: 28 tensors of Toy\n1 key dropped by the mapping\n",
    )
    assert same(load("one.pt"), state)
    assert list(load("one.pt")) == list(state)
    model = archc.module_class("toy.yaml")()
    model.load_state_dict(load("one.pt"), strict=True)
    assert run("one.pt", "-o", "two.safetensors", "--from", "none")[0] == 0
    assert same(load("two.safetensors"), state)
    assert run("two.safetensors", "-o", "three.pt", "--from", "none")[0] == 0
    assert Path("three.pt").read_bytes() == Path("one.pt").read_bytes()
    assert sorted(path.name for path in Path().iterdir()) == [
        "caffe.pt",
        "one.pt",
        "three.pt",
        "toy.yaml",
        "two.safetensors",
    ]


def test_the_expected_state_is_torchs_in_order() -> None:
    compiled = compile_spec("toy.yaml")
    assert isinstance(compiled, Compiled)
    expected = [(key, tensor.shape) for key, tensor in expected_state(compiled.analysis).items()]
    assert expected == [(key, tuple(value.shape)) for key, value in ours().items()]


def test_a_line_is_whole_segments_in_one_pass_the_longest_first() -> None:
    map_key = key_mapping(
        "fc: aux1.fc\nloss1/fc: aux2.fc\naux1: fc\naux1.fc.bias: conv1.bias"
    ).map_key
    assert map_key("fc.weight").key == "aux1.fc.weight"  # renamed once, not again to fc.fc.weight
    assert map_key("loss1/fc.weight").key == "aux2.fc.weight"
    assert map_key("loss2/fc.weight").key == "loss2/fc.weight"
    assert map_key("fc2.weight").key == "fc2.weight"
    assert map_key("head.fc.weight").key == "head.fc.weight"
    assert map_key("aux1.weight").key == "fc.weight"
    assert map_key("aux1.fc.bias").key == "conv1.bias"
    assert map_key("aux1.fc.bias2").key == "fc.fc.bias2"


def test_another_separator() -> None:
    map_key = key_mapping("net/conv1: conv1\nnet/fc.weights: fc.weight", "separator: /").map_key
    assert map_key("net/conv1/weight").key == "conv1.weight"
    assert map_key("net/conv1.weight").key == "net/conv1.weight"
    assert map_key("net/fc.weights").key == "fc.weight"


def test_placeholders() -> None:
    map_key = key_mapping(
        "inception_{row}_1x1: fork{row}.branch1\n"
        "inception_3b_1x1: conv1\n"
        "old_{row}.{x}: none\n"
        "'{net}.fork{row}b': fork{row}{net}"
    ).map_key
    assert map_key("inception_3a_1x1.weight").key == "fork3a.branch1.weight"
    assert map_key("inception_3b_1x1.weight").key == "conv1.weight"  # it is more specific
    assert map_key("inception_3_a_1x1.weight").key == "inception_3_a_1x1.weight"
    assert map_key("inception_3a_1x1_bn.weight").key == "inception_3a_1x1_bn.weight"
    assert map_key("inception__1x1.weight").key == "inception__1x1.weight"
    assert map_key("old_1.y.z").key is None
    assert map_key("a.fork3b.weight").key == "fork3a.weight"


def test_matching_is_not_exponential() -> None:
    keys = "_".join(f"{{p{i}}}" for i in range(60))
    map_key = key_mapping(f"'{keys}': none").map_key
    started = time.perf_counter()
    assert map_key("a" * 100_000 + "_a" * 100_000 + "!").key is not None
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("section", "where", "message"),
    [
        ("[1]", "26:14", "checkpoints: expected a mapping of names, found a list"),
        ("{class: {source: s, keys: {}}}", "26:15", "'class' is not a valid name for a checkpoint"),
        ("{none: {source: s, keys: {}}}", "26:15", "'none' is not a valid name for a checkpoint"),
        ("{a: caffe}", "26:18", "checkpoint a: expected a mapping, found the text caffe"),
        ("{a: {source: s}}", "26:15", "checkpoint a needs keys"),
        ("{a: {source: 3, keys: {}}}", "26:27", "expected text, found the number 3"),
        ("{a: {source: s, kyes: {}}}", "26:30", "unknown key kyes in checkpoint a"),
        ("{a: {source: s, separator: x, keys: {}}}", "26:41", "separator: expected . or /"),
        ("{a: {source: s, keys: [1]}}", "26:36", "checkpoint a keys: expected a mapping"),
        ("{a: {source: s, keys: {x: 3}}}", "26:40", "expected text, found the number 3"),
        ("{a: {source: s, keys: {x: }}}", "26:40", "expected text, found an empty value"),
        ("{a: {source: s, keys: {x..y: fc}}}", "26:37", "empty segment in 'x..y'"),
        ("{a: {source: s, keys: {x.: fc}}}", "26:37", "empty segment in 'x.'"),
        ("{a: {source: s, keys: {x: fc.}}}", "26:40", "'fc.' is not a path in the network"),
        ("{a: {source: s, keys: {x: fc/y}}}", "26:40", "'fc/y' is not a path in the network"),
        ("{a: {source: s, keys: {'x{': fc}}}", "26:37", "brace outside a placeholder"),
        ("{a: {source: s, keys: {'x{a}': fc}}}", "26:45", "placeholder on one side only: {a}"),
        ("{a: {source: s, keys: {x: 'f{b}'}}}", "26:40", "placeholder on one side only: {b}"),
        ("{a: {source: s, keys: {'{a}_{a}': 'f{a}'}}}", "26:37", "duplicate placeholder"),
        ("{a: {source: s, keys: {'{a}x{b}': '{a}{b}'}}}", "26:37", "ambiguous placeholders"),
        ("{a: {source: s, keys: {x: fc, y: fc}}}", "26:47", "two keys map to fc"),
        (
            "{a: {source: s, keys: {'x{a}': 'fork{a}', 'y{b}': 'fork{b}'}}}",
            "26:64",
            "two keys map to fork{b}",
        ),
        (
            "{a: {source: s, keys: {'x{a}': 'fork{a}', 'x{b}': 'aux{b}'}}}",
            "26:56",
            "duplicate key x{b}",
        ),
        ("{a: {source: s, keys: {x: conv2}}}", "26:40", "which has no weights in the network"),
        (
            "{a: {source: s, keys: {'x{a}': 'conv{a}.wieght'}}}",
            "26:45",
            "which has no weights in the network",
        ),
    ],
)
def test_errors_in_a_mapping(section: str, where: str, message: str) -> None:
    Path("toy.yaml").write_text(f"{SPEC}checkpoints: {section}\n")
    result = CliRunner().invoke(cli, ["check", "toy.yaml"])
    assert result.exit_code == 1
    assert message in result.output
    assert f"toy.yaml:{where}: error" in result.output
    assert result.output.count("error[") == 1, result.output


def test_checkpoints_are_not_inherited() -> None:
    Path("variant.yaml").write_text("extends: toy.yaml\nname: Variant\n")
    compiled = compile_spec("variant.yaml")
    assert isinstance(compiled, Compiled)
    assert not compiled.network.checkpoints


def test_everything_that_does_not_fit_is_reported_and_nothing_written() -> None:
    state = theirs(ours())
    del state["conv1/7x7_s2.1"]
    state["fork_3a/1x1.weight"] = torch.zeros(2, 6)
    state["loss3/fc.weight"] = torch.zeros(5, 8)
    state["odd\x1b[31m\n"] = torch.zeros(())
    torch.save(state, "caffe.pt")
    for arguments in (["-o", "out.pt"], ["-o", "out.pt", "--check"], ["--check"]):
        code, output = run("caffe.pt", *arguments)
        assert code == 1
        assert output.splitlines() == [
            "error[A701] conv1.bias, 6, is missing",
            "error[A703] fork_3a/1x1.weight (fork3a.branch1.weight here) is 2x6, expected 2x6x1x1",
            "error[A702] loss3/fc.weight, 5x8, has no counterpart in the network",
            r"error[A702] odd\x1b[31m\n, a scalar, has no counterpart in the network",
        ]
        assert not Path("out.pt").exists()


def test_two_of_theirs_as_one_of_ours() -> None:
    state = theirs(ours())
    state["conv1.bias"] = torch.zeros(6)
    torch.save(state, "caffe.pt")
    code, output = run("caffe.pt", "-o", "out.pt")
    assert code == 1
    assert "toy.yaml:31:7: error[A704]" in output
    assert "conv1/7x7_s2.1 and conv1.bias both map to conv1.bias" in output


def test_lines_that_fit_alike() -> None:
    key_mapping("1_{b}_{a}: none\n'{a}_{b}_1': none")
    torch.save({"1_1_1.weight": torch.zeros(1)}, "other.pt")
    code, output = run("other.pt", "--check")
    assert code == 1
    assert "ambiguous key 1_1_1.weight: it matches 1_{b}_{a} and {a}_{b}_1" in output


def test_auxiliary_heads_may_be_missing_together() -> None:
    state = {key: value for key, value in ours().items() if not key.startswith("aux")}
    torch.save(state, "in.pt")
    code, output = run("in.pt", "-o", "out.pt")
    assert code == 0
    assert "auxiliary heads left out: the checkpoint has no weights for aux1 and aux2" in output
    archc.module_class("toy.yaml")(aux=False).load_state_dict(load("out.pt"), strict=True)


@pytest.mark.parametrize("kept", [("aux1.fc.weight",), ("aux2.fc.weight", "aux2.fc.bias")])
def test_a_part_of_the_auxiliary_heads_is_not_fine(kept: tuple[str, ...]) -> None:
    state = {key: value for key, value in ours().items() if key[:3] != "aux" or key in kept}
    torch.save(state, "in.pt")
    code, output = run("in.pt", "-o", "out.pt")
    assert code == 1
    assert output.count("error[A701] aux") == 4 - len(kept)
    assert not Path("out.pt").exists()


def test_counters_that_a_checkpoint_does_not_know_start_at_zero() -> None:
    state = ours()
    counters = [key for key in state if key.endswith("num_batches_tracked")]
    assert len(counters) == 2
    torch.save({key: value for key, value in state.items() if key not in counters}, "in.pt")
    for name in ("out.pt", "out.safetensors"):
        code, output = run("in.pt", "-o", name)
        assert code == 0
        assert "2 batch counters missing from the checkpoint, set to 0" in output
        zeros = {key: torch.zeros((), dtype=torch.int64) for key in counters}
        assert same(load(name), {**state, **zeros})
    torch.save({key: value for key, value in state.items() if key != counters[0]}, "in.pt")
    code, output = run("in.pt", "--check")
    assert (code, output) == (1, f"error[A701] {counters[0]}, a scalar, is missing\n")


def test_from() -> None:
    Path("toy.yaml").write_text(SPEC)
    torch.save(ours(), "in.pt")
    assert run("in.pt", "--check") == (0, "in.pt: fits, 28 tensors of Toy\n")
    code, output = run("in.pt", "--from", "caffe", "--check")
    assert code == 2 and "unknown checkpoint caffe: the spec declares none" in output
    Path("toy.yaml").write_text(SPEC + CAFFE + "  plain: {source: s, keys: {}}\n")
    code, output = run("in.pt", "--check")
    assert code == 2 and "choose --from one of caffe, plain, or --from none" in output
    code, output = run("in.pt", "--check", "--from", "cafe")
    assert code == 2 and "unknown checkpoint cafe: the spec declares caffe, plain" in output
    assert run("in.pt", "--check", "--from", "plain")[0] == 0
    assert run("in.pt", "--check", "--from", "none")[0] == 0
    code, output = run("in.pt", "--from", "plain")
    assert code == 2 and "-o FILE" in output


def test_parameters_of_the_spec() -> None:
    text = SPEC.replace("modules:", "parameters: {n: 6}\nmodules:", 1).replace("out: 6", "out: n")
    Path("toy.yaml").write_text(text)
    torch.save(ours(), "in.pt")
    assert run("in.pt", "--check")[0] == 0
    code, output = run("in.pt", "--check", "--set", "n=8")
    assert code == 1 and "conv1.bias is 6, expected 8" in output


def test_a_state_dict_inside() -> None:
    torch.save({"epoch": 3, "state_dict": theirs(ours()), "best": 0.7}, "training.pth")
    assert run("training.pth", "-o", "out.pt")[0] == 0


def test_an_existing_file_stays_without_force() -> None:
    torch.save(ours(), "in.pt")
    Path("out.pt").write_text("precious")
    code, output = run("in.pt", "-o", "out.pt")
    assert code == 1
    assert output == ("error[A504] out.pt already exists\n  = hint: use --force to replace it\n")
    assert Path("out.pt").read_text() == "precious"
    assert run("in.pt", "-o", "out.pt", "--force")[0] == 0
    assert same(load("out.pt"), ours())
    assert run("out.pt", "-o", "out.pt", "--force")[0] == 0  # over itself
    assert same(load("out.pt"), ours())
    assert run("out.pt", "-o", "same.safetensors")[0] == 0
    assert run("same.safetensors", "-o", "same.safetensors", "--force")[0] == 0
    assert same(load("same.safetensors"), ours())


@pytest.mark.parametrize("target", ["there.pt", "nowhere.pt"])
def test_no_symbolic_link_is_written_through(target: str) -> None:
    torch.save(ours(), "in.pt")
    Path("there.pt").write_text("precious")
    Path("out.pt").symlink_to(target)
    code, output = run("in.pt", "-o", "out.pt", "--force")
    assert code == 1
    assert "out.pt is a symbolic link; archc does not write through links" in output
    assert Path("there.pt").read_text() == "precious"
    assert not Path("nowhere.pt").exists()


@pytest.mark.parametrize("name", ["out.onnx", "out", "folder.pt", f"{'x' * 300}.pt", "in.pt/a.pt"])
def test_what_cannot_be_written(name: str) -> None:
    torch.save(ours(), "in.pt")
    Path("folder.pt").mkdir()
    before = sorted(Path().rglob("*"))
    code, output = run("in.pt", "-o", name, "--force")
    assert code == 1
    assert output.startswith("error[A50")
    assert sorted(Path().rglob("*")) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", ["out.pt", "out.safetensors"])
@pytest.mark.parametrize("place", ["replace", "fsync"])
def test_an_interruption_leaves_the_old_file_and_nothing_else(
    error: BaseException, name: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    torch.save(ours(), "in.pt")
    Path(name).write_text("precious")
    before = sorted(Path().iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(os if place == "fsync" else Path, place, fail)
        code, output = run("in.pt", "-o", name, "--force")
    assert code == 1
    if isinstance(error, OSError):
        assert output == f"error[A505] cannot write {name}: No space left on device\n"
    assert Path(name).read_text() == "precious"
    assert sorted(Path().iterdir()) == before


def test_a_disk_that_is_full() -> None:
    torch.save(ours(), "in.pt")
    for name in ("out.pt", "out.safetensors"):
        code = (
            "import resource, sys\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
            f"sys.argv = ['archc', 'weights', 'toy.yaml', 'in.pt', '-o', {name!r}]\n"
            "from archc.cli import main\n"
            "main()\n"
        )
        command = [sys.executable, "-B", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = f"error[A505] cannot write {name}: File too large\n"
        assert (done.returncode, done.stderr) == (1, said)
    assert sorted(path.name for path in Path().iterdir()) == ["in.pt", "toy.yaml"]


SLOW = """\
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
def slow(descriptor):
    print("writing", flush=True)
    time.sleep(60)
os.fsync = slow
sys.argv = ["archc", "weights", "toy.yaml", "in.pt", "-o", "out.pt", "--force"]
from archc.cli import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_process_leaves_the_old_file(number: signal.Signals) -> None:
    torch.save(ours(), "in.pt")
    Path("out.pt").write_text("precious")
    before = sorted(path.name for path in Path().iterdir())
    command = [sys.executable, "-c", SLOW]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(number)
        assert process.wait(30) != 0
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert Path("out.pt").read_text() == "precious"
    left = {path.name for path in Path().iterdir()} - set(before)
    assert not left or number == signal.SIGKILL  # after which no process can clean up
    assert run("in.pt", "-o", "out.pt", "--force")[0] == 0


class _Evil:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, ("touch pwned",)


def _truncated(file: Path, kept: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)])


def hostile_files() -> dict[str, str]:
    """Invalid checkpoint files, each with a part of the expected message."""
    state = ours()
    torch.save({"conv1.weight": _Evil()}, "evil.pt")
    torch.save({"state_dict": state, "extra": _Evil()}, "evil_beside.pth")
    torch.save(archc.module_class("toy.yaml")(), "module.pt")
    torch.save([1, 2], "list.pt")
    torch.save({"conv1.weight": [1.0]}, "value.pt")
    torch.save({3: torch.zeros(1)}, "key.pt")
    torch.save({"a\x1b[2J": 1}, "escape.pt")
    torch.save({"a": torch.eye(2).to_sparse()}, "sparse.pt")
    torch.save({"a": torch.empty(2, device="meta")}, "meta.pt")
    torch.save(torch.zeros(1), "tensor.pt")
    for kept in (0.0, 0.1, 0.5, 0.99):
        torch.save(state, f"cut{kept}.pt")
        _truncated(Path(f"cut{kept}.pt"), kept)
        save_file(state, f"cut{kept}.safetensors")
        _truncated(Path(f"cut{kept}.safetensors"), kept)
    Path("text.pt").write_text("root:x:0:0\n" * 20)
    Path("text.safetensors").write_text("root:x:0:0\n" * 20)
    Path("header.safetensors").write_bytes((2**62).to_bytes(8, "little") + b"{" * 100)
    Path("large.safetensors").write_bytes((10**8).to_bytes(8, "little") + b"{" * 100)
    lie = b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4]}}'
    Path("lie.safetensors").write_bytes(len(lie).to_bytes(8, "little") + lie + b"\0" * 4)
    with zipfile.ZipFile("bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10_000_000)
    Path("folder.pt").mkdir()
    os.mkfifo("pipe.pt")
    Path("model.onnx").write_bytes(b"")
    said = {str(path): "is damaged" for path in sorted(Path().iterdir()) if path.suffix != ".yaml"}
    code = "which could run code; it was not loaded"
    said |= dict.fromkeys(["evil.pt", "evil_beside.pth", "module.pt"], code)
    return said | {
        "list.pt": "holds a list, expected a dictionary of tensors",
        "tensor.pt": "holds a Tensor, expected a dictionary of tensors",
        "value.pt": "holds conv1.weight of type list, which is not a tensor",
        "key.pt": "holds the key 3, which is not a string",
        "escape.pt": r"holds a\x1b[2J of type int",
        "sparse.pt": "sparse, quantized or without data",
        "meta.pt": "sparse, quantized or without data",
        "bomb.pt": "unpacks to 10,000,000 bytes",
        "folder.pt": "is not a regular file",
        "pipe.pt": "is not a regular file",
        "model.onnx": "expected the suffix .pt, .pth or .safetensors",
        "missing.pt": "cannot read missing.pt: No such file or directory",
        f"{'x' * 300}.pt": "File name too long",
    }


def test_hostile_and_damaged_files_are_refused_in_a_line() -> None:
    for name, message in hostile_files().items():
        code, output = run(name, "-o", "out.pt")
        assert code == 1, name
        assert message in output, (name, output)
        assert output.count("error[") == 1, output
        assert "weights_only" not in output
        assert len(output.splitlines()) <= 2, output
        assert not Path("out.pt").exists()
    assert not Path("pwned").exists()


def test_a_tensor_that_only_seems_large_is_never_made() -> None:
    state = ours()
    state["conv1.weight"] = torch.zeros(1).expand(10**6, 10**6, 10**3)
    torch.save(state, "in.pt")
    code, output = run("in.pt", "-o", "out.pt")
    assert code == 1
    assert "conv1.weight is 1000000x1000000x1000, expected 6x3x7x7" in output


def test_shared_and_strided_tensors_are_written_one_by_one() -> None:
    state = ours()
    state["aux1.fc.weight"] = torch.arange(1000.0).expand(1000, 1000)[:5, :6]
    state["aux1.fc.bias"] = state["fc.bias"]
    torch.save(state, "in.pt")
    for name in ("out.pt", "out.safetensors"):
        assert run("in.pt", "-o", name)[0] == 0
        assert same(load(name), {key: value.contiguous() for key, value in state.items()})
        assert Path(name).stat().st_size < 40_000


def test_without_safetensors(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(ours(), "in.pt")
    save_file(ours(), "in.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for arguments in (["in.safetensors", "--check"], ["in.pt", "-o", "out.safetensors"]):
        assert run(*arguments) == (
            2,
            "this needs safetensors: pip install 'archc-compiler[weights]'\n",
        )
    assert run("in.pt", "-o", "out.pt")[0] == 0


def test_the_result_is_the_same_bytes_each_time() -> None:
    torch.save(theirs(ours()), "in.pt")
    for suffix in (".pt", ".safetensors"):
        names = [f"{number}{suffix}" for number in range(2)]
        assert [run("in.pt", "-o", name)[0] for name in names] == [0, 0]
        assert all(Path(a).read_bytes() == Path(b).read_bytes() for a, b in pairwise(names))
