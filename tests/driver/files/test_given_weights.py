"""Tests that only weights or --force replace given weights, and that verify recognises them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from command_line import run
from models import randomized
from safetensors.torch import load_file, save_file

import archc
from archc.driver.backend import load_backend
from archc.driver.files.stamps import Stamp, read_stamp, seal
from archc_backends.onnx import model as onnx_model

SPEC = """\
archc: 1
name: Toy
input: 3x16x16
classes: 5
modules:
  Fork:
    Concat:
      left: {Conv: 1x1, out: 8, norm: BatchNorm, activation: ReLU}
      right: {Conv: 1x1, out: 8, norm: BatchNorm, activation: ReLU}
body:
  conv1: {Conv: 3x3/2, out: 8, norm: BatchNorm, activation: ReLU}
  fork: Fork
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
FILE = Path("generated", "toy.onnx")
HOLDS = "weights not checked; --weights FILE compares them with a checkpoint"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Return a folder with a spec and two checkpoints for it."""
    monkeypatch.chdir(tmp_path)
    Path("toy.yaml").write_text(SPEC)
    model = archc.module_class("toy.yaml")()
    randomized(model)
    trained = {key: value.clone() for key, value in model.state_dict().items()}
    save_file(trained, "trained.safetensors")
    save_file({**trained, "fc.bias": trained["fc.bias"] + 1}, "other.safetensors")


def onnx(command: str, *options: str) -> Result:
    return run(command, "--backend", "onnx", "toy.yaml", *options)


@pytest.fixture(params=[(), ("--optimize",), ("--merge",), ("--set", "classes=5")])
def options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    chosen: tuple[str, ...] = request.param
    return chosen


@pytest.fixture
def trained(options: tuple[str, ...]) -> Path:
    """Build the model with given weights."""
    done = onnx("build", "--weights", "trained.safetensors", *options)
    assert done.exit_code == 0, done.output
    return Path(done.stdout.removeprefix("wrote ").strip())


def test_a_build_without_weights_leaves_them(trained: Path, options: tuple[str, ...]) -> None:
    before = trained.read_bytes()
    result = onnx("build", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f"error[A507] cannot replace {trained}: it has weights from --weights\n"
        "  = hint: use --weights FILE to keep or replace the weights, or --force to discard them\n"
        "nothing was written\n"
    )
    assert trained.read_bytes() == before


def test_other_weights_replace_them_and_force_does(trained: Path, options: tuple[str, ...]) -> None:
    before = trained.read_bytes()
    done = onnx("build", "--weights", "other.safetensors", *options)
    assert done.stdout == f"wrote {trained}\n"
    assert trained.read_bytes() != before
    assert onnx("build", "--force", *options).stdout == f"wrote {trained}\n"
    assert onnx("build", "--check", *options).output == "1 generated file is current\n"


def test_they_are_not_stale(trained: Path, options: tuple[str, ...]) -> None:
    checked = onnx("build", "--check", *options)
    assert (checked.exit_code, checked.output) == (
        0,
        f"1 generated file is current\n{trained}: {HOLDS}\n",
    )
    assert onnx("build", "--diff", *options).output == checked.output
    verified = onnx("verify", *options)
    assert verified.exit_code == 0, verified.output
    assert verified.stdout.startswith(f"{trained}: verified every layer's shape")
    assert verified.stdout.endswith(f"\n{trained}: {HOLDS}\n")
    compared = onnx("verify", "--weights", "trained.safetensors", *options)
    assert compared.exit_code == 0 and HOLDS not in compared.output
    other = onnx("verify", "--weights", "other.safetensors", *options)
    assert other.exit_code == 1
    assert f"error[A501] {trained} is out of date" in other.stderr


def test_of_an_edited_spec_they_are_stale_and_left_alone(
    trained: Path, options: tuple[str, ...]
) -> None:
    Path("toy.yaml").write_text(SPEC.replace("3x3/2", "5x5/2"))
    before = trained.read_bytes()
    for command in ("verify", "build"):
        result = onnx(command, *(["--check"] if command == "build" else []), *options)
        assert result.exit_code == 1
        stale = f"error[A501] {trained} is out of date and has weights from --weights\n"
        assert stale in result.stderr
        assert " --weights FILE to update it" in result.stderr
        assert "--force" not in result.stderr
    assert onnx("build", *options).exit_code == 1
    assert trained.read_bytes() == before


def commands(text: str) -> Iterator[list[str]]:
    """Return every archc command that a hint names."""
    for words in re.findall(r"archc ((?:build|verify)[^,;\n]*)", text):
        yield words.partition(" shows")[0].partition(" writes")[0].partition(" leaves")[0].split()


def test_no_command_of_a_hint_loses_them(trained: Path, options: tuple[str, ...]) -> None:
    before = trained.read_bytes()
    for text in (SPEC, SPEC.replace("3x3/2", "5x5/2"), f"{SPEC}# a comment\n"):
        Path("toy.yaml").write_text(text)
        said = "".join(onnx(name, *options).stderr for name in ("verify", "build"))
        said += onnx("build", "--check", *options).stderr
        for words in commands(said):
            run(*(word for word in words if word not in ("--weights", "FILE")))
            assert trained.read_bytes() == before, words


def test_an_edited_file_and_one_of_other_settings_say_that_they_hold_them() -> None:
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0
    content = FILE.read_bytes()
    FILE.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "was edited after archc wrote it, and has weights from --weights" in onnx("build").stderr
    assert "error[A501]" in onnx("build", "--check").stderr  # an edited file is not trained
    FILE.write_bytes(content)
    FILE.rename("generated/toy_classes_4.onnx")
    refused = onnx("build", "--set", "classes=4").stderr
    assert "was generated from toy.yaml, not from toy.yaml with classes" in refused
    assert ", and has weights from --weights" in refused


def test_an_orphan_that_holds_them_is_not_to_be_deleted() -> None:
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0
    Path("toy.yaml").rename("new.yaml")
    checked = run("build", "--check", "--backend", "onnx", "new.yaml").stderr
    assert "hint: move it, since it has weights from --weights, or pass its spec too" in checked


def test_a_file_of_an_older_archc_may_hold_them() -> None:
    """Its stamp does not state the weights, so the file is assumed to hold given ones."""
    assert onnx("build").exit_code == 0
    content = FILE.read_bytes()
    stamp = read_stamp(content)
    assert stamp is not None and stamp.weights == "initial"
    older = stamp._replace(weights="").text
    assert older == Stamp("toy.yaml", (), stamp.digest).text
    padding = " " * (len(stamp.text) - len(older))  # the file's format counts its bytes
    older = older.replace("edit the spec.", f"edit the spec.{padding}")
    start = content.index(stamp.text[:40].encode())
    FILE.write_bytes(seal(content[:start] + older.encode() + content[start + len(stamp.text) :]))
    before = FILE.read_bytes()
    result = onnx("build")
    assert result.exit_code == 1
    assert "may have weights from --weights" in result.stderr
    verified = onnx("verify").stderr
    assert f"error[A501] {FILE} is out of date and may have weights" in verified
    assert FILE.read_bytes() == before
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0


def test_with_weights_outside_the_model_both_files_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onnx_model, "MAXIMUM_BYTES", 1000)
    monkeypatch.setattr(onnx_model, "_SMALL", 100)
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0
    files = (FILE, Path(f"{FILE}.data"))
    before = [file.read_bytes() for file in files]
    assert onnx("build").stderr.count("has weights from --weights") == 2
    assert onnx("verify").stdout.count(HOLDS) == 2
    FILE.unlink()
    assert onnx("build").exit_code == 1  # the other weights are not lost either
    assert not FILE.exists() and files[1].read_bytes() == before[1]


def test_a_model_and_the_weights_of_another_build_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a kill between writing two files: each is complete, but they do not match."""
    monkeypatch.setattr(onnx_model, "MAXIMUM_BYTES", 1000)
    monkeypatch.setattr(onnx_model, "_SMALL", 100)
    data = Path(f"{FILE}.data")
    save_file(
        {key: tensor + 1 for key, tensor in load_file("trained.safetensors").items()},
        "other.safetensors",
    )
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0
    before = data.read_bytes()
    assert onnx("build", "--weights", "other.safetensors").exit_code == 0
    assert onnx("verify").exit_code == 0
    data.write_bytes(before)
    verified = onnx("verify")
    assert verified.exit_code == 1
    assert (
        f"error[A601] {FILE}: the weights in toy.onnx.data are from another build: build again\n"
    ) in verified.stderr


def test_a_report_replaces_no_model_with_them() -> None:
    assert onnx("build", "--weights", "trained.safetensors").exit_code == 0
    before = FILE.read_bytes()
    result = run("report", "toy.yaml", "-o", str(FILE), "--format", "svg")
    assert result.exit_code == 1
    assert f"error[A507] cannot replace {FILE}: it has weights from --weights" in result.stderr
    assert FILE.read_bytes() == before


def test_files_without_weights_say_nothing_of_them() -> None:
    assert run("build", "toy.yaml").exit_code == 0
    assert "weights" not in Path("generated/toy.py").read_text().partition("\n")[0]
    backend = load_backend()
    assert backend is not None and "weights" not in backend.options
