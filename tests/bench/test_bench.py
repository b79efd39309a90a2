"""Tests ``archc bench``: results are reported correctly, and different outputs have no ratio."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
import textwrap
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
import torch
from shipped import NAMES, SPECS, by_cost

import archc
from archc.analyses import Analysis
from archc.analyses.roofline import Machine, predict
from archc.bench.results import Results, check_outputs, differences, summarize
from archc.bench.rounds import Run
from archc.bench.runtimes import Mode, Role, Workload, runtimes
from archc_backends.common.workload import random_state
from archc_backends.pytorch.backend import PyTorch
from archc_backends.pytorch.run import sessions

SMALL = """\
archc: 1
name: Small
input: 3x8x8
classes: 10
modules:
  Block:
    Concat:
      left: {Conv: 1x1, out: 4}
      right: [{Conv: 1x1, out: 4}, {Conv: 3x3, out: 8}]
body:
  conv: {Conv: 3x3, out: 4}
  block: Block
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
FAKE = """\
import os, sys, time
from archc.bench.runtimes import Mode

MODES = {
    "even": ("written", 0.010, [[1.0, 2.0]]),
    "quick": ("optimized", 0.005, [[1.0, 2.0001]]),
    "wrong": ("optimized", 0.001, [[1.0, 2.1]]),
    "short": ("optimized", 0.001, [[1.0]]),
    "nothing": ("optimized", 0.001, [[float("nan"), 2.0]]),
    "product": ("flops", 0.001, []),
    "refuses": ("written", 0, []),
    "dies": ("written", 0, []),
    "dies later": ("written", 0.001, [[1.0, 2.0]]),
    "talks": ("written", 0.010, [[1.0, 2.0]]),
    "counts": ("optimized", 0.005, [[1.0, 2.0]]),
    "starts for hours": ("written", 0.010, [[1.0, 2.0]]),
    "hangs at batch 8": ("written", 0.010, [[1.0, 2.0]]),
}

class Session:
    amount = 0.0
    def __init__(self, name, seconds, outputs):
        self.name, self.seconds, self.made = name, seconds, outputs
        self.amount = 1e6 if name == "product" else 0.0
        self.turns = 0
    def outputs(self):
        return self.made
    def time(self, seconds):
        self.turns += 1
        if self.name == "dies later" and self.turns > 6:
            os._exit(3)
        if self.name == "talks":
            print("{}", flush=True)
        if self.name == "counts":
            time.sleep(0.01)
            with open("turns", "a") as file:
                file.write("x")
        if self.name == "hangs at batch 8" and self.batch == 8 and self.turns > 6:
            time.sleep(3600)
        return [self.seconds] * 3
    def memory(self):
        return 123_000_000
    def layers(self):
        return {}

class Fake:
    def modes(self, analysis, workload):
        return tuple(Mode(name, role) for name, (role, _, _) in MODES.items())
    def start(self, analysis, workload, mode):
        if mode.name == "refuses":
            raise ValueError("not today\\nnor tomorrow")
        if mode.name == "dies":
            sys.stderr.write("gone\\n")
            os._exit(4)
        if mode.name == "starts for hours":
            time.sleep(3600)
        _, seconds, outputs = MODES[mode.name]
        session = Session(mode.name, seconds, outputs)
        session.batch = workload.batch
        return session

fake = Fake()
"""


@pytest.fixture(autouse=True)
def own_threads() -> Iterator[None]:
    """Restore torch's number of threads, which sessions change."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a spec and a package that provides a runtime."""
    packages = tmp_path / "packages"
    named = packages / "fake-1.0.dist-info"
    named.mkdir(parents=True)
    (packages / "fake_runtime.py").write_text(FAKE)
    (named / "METADATA").write_text("Metadata-Version: 2.1\nName: fake\nVersion: 1.0\n")
    (named / "entry_points.txt").write_text("[archc.runtimes]\nfake = fake_runtime:fake\n")
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = [str(folder / "packages"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.run(
        [sys.executable, "-m", "archc", "bench", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
    )


def run(
    name: str, seconds: tuple[float, ...], outputs: list[list[float]], role: Role = "written"
) -> Run:
    return Run(Mode(name, role), seconds, outputs, 2e9, None, {}, "")


def summary(*runs: Run, train: bool = False) -> Results:
    return summarize(Workload(2, train=train), runs, macs=1_000_000)


def test_ratios_are_taken_within_rounds() -> None:
    """The machine was half as fast in the last round, but every round's ratio is 2."""
    slow, fast = (0.2, 0.2, 0.4), (0.1, 0.1, 0.2)
    results = summary(run("a", slow, [[1.0]]), run("b", fast, [[1.0]])).results
    assert [result.ratio for result in results] == [1.0, 2.0]
    assert [result.seconds for result in results] == [0.2, 0.1]
    assert results[1].throughput == 20.0


def test_the_share_is_that_of_the_same_rounds_products() -> None:
    """4 million operations in 0.1 s, in which the machine does 2 billion, then half as many."""
    product = run("product", (0.1, 0.2), [], "flops")
    found = summary(product, run("a", (0.1, 0.2), [[1.0]]))
    assert [result.share for result in found.results] == [pytest.approx(0.002)]
    assert found.rates == {("flops", "float32"): pytest.approx(2e9 / 0.15)}
    training = summary(product, run("a", (0.1, 0.2), [[1.0]]), train=True)
    assert training.results[0].share is None


@pytest.mark.parametrize(
    ("outputs", "same"),
    [
        ([[1.0, 2.0001]], True),
        ([[1.0, 2.0003]], False),
        ([[1.0]], False),
        ([[1.0, 2.0], [3.0]], False),
        ([[nan, 2.0]], False),
        ([[inf, 2.0]], False),
        ([], False),
    ],
)
def test_no_ratio_for_other_outputs(outputs: list[list[float]], same: bool) -> None:
    found = summary(run("a", (0.1,), [[1.0, 2.0]]), run("b", (0.1,), outputs))
    assert (found.results[1].ratio is not None) == same
    assert (check_outputs([found]) == []) == same
    if not same:
        assert check_outputs([found])[0].message.startswith(
            "no ratio for b: at batch 2 its outputs"
        )


def test_in_training_the_loss_has_a_smaller_tolerance_than_gradients() -> None:
    base = run("a", (0.1,), [[1.0], [1.0, 2.0]])
    rounded = run("b", (0.1,), [[1.0], [1.02, 2.0]])
    other_loss = run("c", (0.1,), [[1.01], [1.0, 2.0]])
    other_gradients = run("d", (0.1,), [[1.0], [1.2, 2.0]])
    results = summary(base, rounded, other_loss, other_gradients, train=True).results
    assert [result.ratio for result in results] == [1.0, 1.0, None, None]
    found = summary(base, rounded, other_loss, other_gradients, train=True)
    assert [diagnostic.message.rpartition(": ")[2] for diagnostic in check_outputs([found])] == [
        "at batch 2 its outputs differ from a by 1e-02 of the largest number; the limit is 1e-04",
        "at batch 2 its outputs differ from a by 1e-01 of the largest number; the limit is 5e-02",
    ]


def test_differences_are_parts_of_the_largest_number() -> None:
    assert differences([[1.0, 11.0], [0.0]], [[1.0, 10.0], [0.0]]) == (0.1, 0.0)
    assert differences([[1.0], [0.25]], [[1.0], [0.0]]) == (0.0, 0.25)


def analyzed(spec: Path) -> Analysis:
    return archc.analyze(archc.load(spec))


def test_the_roofline_by_hand(folder: Path) -> None:
    """At 1 operation and 4 bytes per second, seconds equal operations, or elements."""
    bounds = predict(analyzed(folder / "small.yaml"), Machine(1, 4), batch=2)
    found = {(bound.path, bound.kind): (bound.flops, bound.bytes // 4) for bound in bounds}
    assert found == {
        ("conv", "Conv"): (2 * 2 * 64 * 27 * 4, 2 * 64 * (3 + 4) + 27 * 4 + 4),
        ("block.left", "Conv"): (2 * 2 * 64 * 16, 2 * 64 * 8 + 20),
        ("block.right.0", "Conv"): (2 * 2 * 64 * 16, 2 * 64 * 8 + 20),
        ("block.right.1", "Conv"): (2 * 2 * 64 * 36 * 8, 2 * 64 * 12 + 36 * 8 + 8),
        ("block", "Concat"): (0, 2 * 2 * 64 * 12),
        ("pool", "AvgPool"): (0, 2 * (64 * 12 + 12)),
        ("fc", "Linear"): (2 * 2 * 120, 2 * 22 + 130),
    }
    for bound in bounds:
        assert bound.seconds == max(bound.flops, bound.bytes / 4)
        assert bound.by == ("compute" if bound.flops > bound.bytes / 4 else "memory")


@pytest.mark.parametrize("name", NAMES)
def test_the_roofline_counts_every_operation(name: str) -> None:
    analysis = analyzed(SPECS / f"{name}.yaml")
    bounds = predict(analysis, Machine(1e11, 1e10), batch=3)
    assert sum(bound.flops for bound in bounds) == 2 * 3 * analysis.cost.macs
    assert {layer.op.path for row in analysis.rows for layer in row.layers} <= {
        bound.path for bound in bounds
    }


EAGER = ("plain", "plain, channels_last", "deploy", "ONNX Runtime, plain", "OpenVINO, plain")


@pytest.mark.parametrize("name", by_cost())
def test_every_shipped_spec_runs_in_every_runtime(name: str) -> None:
    analysis, workload = analyzed(SPECS / f"{name}.yaml"), Workload(1, threads=2)
    made = {}
    for runtime in dict.fromkeys(runtimes().values()):
        for mode in runtime.modes(analysis, workload):
            if "compile" in mode.name or mode.role in ("flops", "bytes"):
                continue
            session = runtime.start(analysis, workload, mode)
            assert not isinstance(session, list), session
            made[mode.name] = session.outputs()
    assert made.keys() >= set(EAGER)
    for called, outputs in made.items():
        (apart,) = differences(outputs, made["plain"])
        assert apart < 1e-4, called


def test_random_weights_are_none_that_hide_a_fault() -> None:
    """No tensor is nearly constant, and each depends only on its key."""
    state = random_state(analyzed(SPECS / "googlenet_bn.yaml"))
    for key, array in state.items():
        assert array.std() > 0.05 * abs(array).max(), key
    variant = random_state(analyzed(SPECS / "googlenet_bn_5x5.yaml"))
    assert state.keys() == variant.keys()
    unlike = {key for key, array in state.items() if array.shape != variant[key].shape}
    assert {key.partition(".")[2] for key in unlike} == {"branch3.1.conv.weight"}
    for key in state.keys() - unlike:
        assert (state[key] == variant[key]).all(), key


def test_results_of_each_mode(folder: Path) -> None:
    names = ["even", "quick", "wrong", "short", "nothing", "refuses", "dies", "dies later", "talks"]
    chosen = [f"--only={name}" for name in names]
    done = bench(folder, "small.yaml", "--batch", "4", "--rounds", "5", "--format=json", *chosen)
    assert done.returncode == 1
    document = json.loads(done.stdout)
    (workload,) = document["trials"]
    results = {result["name"]: result for result in workload["results"]}
    ratios = {name: result["ratio"] for name, result in results.items()}
    assert ratios == {
        "even": 1.0,
        "quick": 2.0,
        "wrong": None,
        "short": None,
        "nothing": None,
        "talks": 1.0,
    }
    assert results["even"]["rounds"] == [0.01] * 5
    assert results["even"]["images_per_second"] == 400
    assert results["even"]["memory"] == 123_000_000
    assert workload["failed"] == {
        "refuses": "ValueError: not today",
        "dies": "gone",
        "dies later": "its process ended with status 3",
    }
    errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
    assert [line.partition("] no ratio for ")[2].partition(":")[0] for line in errors] == [
        "wrong",
        "short",
        "nothing",
    ]


def test_the_base_is_chosen(folder: Path) -> None:
    given = ("--batch", "1", "--rounds", "2", "--only", "even", "--base", "quick")
    done = bench(folder, "small.yaml", *given)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["quick", "1", "5.00", "5.00", "-", "5.00", "200.0", "1.00x"] in [
        line[:8] for line in lines
    ]
    assert any(line[:1] == ["even"] and "0.50x" in line for line in lines)


def test_real_ones(folder: Path) -> None:
    given = ("--batch", "2", "--rounds", "2", "--only", "plain", "--only", "deploy")
    picture = folder / "small.svg"
    done = bench(folder, "small.yaml", *given, "--layers", "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert "batch 2: this machine reaches " in done.stdout
    assert "SmallDeploy, batch 2: the roofline predicts " in done.stdout
    layers = {line.split()[0] for line in done.stdout.splitlines() if " Conv " in line}
    assert layers == {
        "conv",
        "block.left",
        "block.right.0",
        "block.right.1",
        "block.shared",
        "block.right",
    }
    texts = {text.text for text in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")}
    assert texts >= {"Small, batch 2", "plain", "deploy"}


def test_training(folder: Path) -> None:
    given = ("--train", "--batch", "4", "--rounds", "2", "--only", "plain", "--only", "merged")
    done = bench(folder, "small.yaml", *given, "--format", "json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["trials"][0]["results"]
    assert [result["name"] for result in results] == ["plain", "merged"]
    assert all(result["ratio"] for result in results)


@pytest.mark.parametrize("name", by_cost(["googlenet", "googlenet_bn", "inception_resnet_v2"]))
def test_in_float64_gradients_are_not_apart(name: str) -> None:
    """Shows that differences in float32 are rounding, so the tolerance hides no error."""
    analysis, workload = analyzed(SPECS / f"{name}.yaml"), Workload(2, threads=2, train=True)
    made = []
    for mode in (Mode("plain", "written", "float64"), Mode("merged", "optimized", "float64")):
        made.append(sessions.start_generated(analysis, workload, mode, PyTorch()).outputs())
    assert max(differences(made[1], made[0])) < 1e-9


def test_half_precision_has_its_difference(folder: Path) -> None:
    given = ("--half", "--batch", "1", "--rounds", "2", "--only", "plain", "--only", "deploy*16")
    done = bench(folder, "small.yaml", *given, "--format", "json")
    assert done.returncode == 0, done.stderr
    results = {r["name"]: r for r in json.loads(done.stdout)["trials"][0]["results"]}
    assert results["deploy, bfloat16"]["dtype"] == "bfloat16"
    assert 1e-4 < results["deploy, bfloat16"]["differences"][0] < 5e-2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small.yaml", "--only", "nobody"), "no mode matches nobody; --list shows the modes"),
        (("small.yaml", "--only", "even", "--only", "nobody"), "no mode matches nobody"),
        (("small.yaml", "--base", "nobody"), "no mode matches nobody"),
        (("small.yaml", "--only", "product"), "no mode matches product"),
        (("small.yaml", "--train", "--half"), "use --half or --train, not both"),
        (("small.yaml", "--plot", "a.txt"), "--plot writes .svg, .png, .pdf, not .txt"),
        (("small.yaml", "--batch", "0"), "0 is not in the range"),
        (("none.yaml",), "none.yaml"),
    ],
)
def test_what_cannot_be_asked(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = bench(folder, *arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert done.stdout == ""


def test_a_reference_that_is_another_network_is_not_run(folder: Path) -> None:
    """The error is reported with the diagnostic's message."""
    wide = "extends: googlenet_bn.yaml\nname: Half\nwidth: {multiplier: 0.5}\n"
    (folder / "half.yaml").write_text(f"{wide}reference: {{torchvision: googlenet}}\n")
    given = ("--batch", "1", "--rounds", "1", "--only", "torchvision*googlenet", "--only", "even")
    done = bench(folder, "half.yaml", *given)
    assert done.returncode == 0, done.stderr
    assert (
        "torchvision's googlenet, batch 1: failed: torchvision's googlenet is a different network: "
        "conv1.conv.weight has the shape [64, 3, 7, 7], expected [32, 3, 7, 7]"
    ) in done.stdout


def test_what_can_be_run_is_listed_without_running(folder: Path) -> None:
    done = bench(folder, "small.yaml", "--list")
    assert done.returncode == 0
    assert {"plain", "deploy", "ONNX Runtime, plain", "even"} <= set(done.stdout.splitlines())
    assert "product" not in done.stdout


def test_without_a_terminal_each_stage_is_a_line(folder: Path) -> None:
    done = bench(folder, "small.yaml", "--batch", "4", "--rounds", "5", "--only", "even")
    assert done.stderr.splitlines() == [
        "Small, batch 4: starting 4 workers",  # three of them are microbenchmarks
        "Small, batch 4: measuring 5 rounds",
    ]


def test_without_standard_error_nothing_is_printed(folder: Path) -> None:
    command = f"exec {sys.executable} -m archc bench small.yaml --batch 4 --only even 2>&-"
    paths = [str(folder / "packages"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.splitlines()[2].split()[:3] == ["even", "4", "10.00"]


def heed_interrupts() -> None:
    """Runs in a new process, because background jobs, as these tests may be, ignore the signals."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def take_terminal() -> None:
    """Runs in a new process, whose standard input is the terminal that sends Ctrl-C."""
    heed_interrupts()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def begin(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start a benchmark in its own session, with readable output."""
    paths = [str(folder / "packages"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "archc", "bench", "small.yaml", *arguments],
        **{
            "cwd": folder,
            "env": {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "start_new_session": True,
            "preexec_fn": heed_interrupts,
            **options,
        },
    )


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def turns(folder: Path) -> int:
    """How many turns the worker had that counts them: two passes each, after some to warm up."""
    file = folder / "turns"
    return (file.stat().st_size - 3) // 2 if file.exists() else 0


COUNTED = ("--only", "even", "--only", "counts", "--rounds", "1000", "--batch", "4")


def check_partial(document: Any) -> None:
    """Results of both workers from the same complete rounds."""
    (workload,) = document["trials"]
    assert document["partial"] is workload["partial"] is True
    even, counting = workload["results"]
    assert 5 <= len(even["rounds"]) == len(counting["rounds"]) < 1000
    assert (even["ratio"], counting["ratio"]) == (1.0, 2.0)
    assert even["memory"] == counting["memory"] == 123_000_000
    assert workload["failed"] == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_the_complete_rounds(folder: Path, number: signal.Signals) -> None:
    process = begin(folder, *COUNTED, "--format", "json")
    wait_for(lambda: turns(folder) > 8)
    assert _workers(process.pid)
    process.send_signal(number)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    check_partial(json.loads(output))
    assert not _workers(process.pid)


SIGNALLED = """
import signal
from contextlib import nullcontext
from archc.bench.interruptions import Interruptions

before = signal.getsignal(signal.SIGTERM)
for measures in (True, False):
    with Interruptions() as interruptions:
        with interruptions.measuring() if measures else nullcontext():
            signal.raise_signal(signal.SIGTERM)
            print("in the block")
        print("behind it")
    assert interruptions.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    signal.signal(signal.SIGTERM, before)
"""


def test_an_interrupt_ends_measuring_alone() -> None:
    """A signal during the printing of a table does not interrupt it.

    Runs in its own process, because libraries loaded here have signal handlers, too.
    """
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\n") == ["behind it", "in the block", "behind it", ""]


INTERRUPTED = """
import signal, subprocess
from pathlib import Path
from archc.bench.interruptions import Interruptions
from archc.bench.progress import Progress
from archc.bench.rounds import Schedule
from archc.bench.measure import measure
from archc.driver.pipeline import compile_spec
from archc.bench.runtimes import Mode, Workload

processes = []

class Interrupted(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        processes.append(self)
        signal.raise_signal(signal.SIGINT)

subprocess.Popen = Interrupted
compiled = compile_spec("small.yaml")
mode = Mode("starts for hours", "written", "float32", ())
workload = Workload(1, "cpu", 1, False, False)
with open("progress", "w") as progress, Interruptions() as interruptions:
    results = measure(
        compiled, (), workload, [("fake", mode)], Schedule(1, 0.1, False),
        Progress(progress, "Small"), interruptions,
    )
print(results.partial, [process.returncode for process in processes])
"""


def test_an_interrupt_ends_a_process_that_has_just_begun(folder: Path) -> None:
    """The signal arrives before anything refers to the process."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "packages")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.stderr, done.stdout) == ("", "True [-9]\n")


def test_an_interrupt_while_a_worker_starts(folder: Path) -> None:
    process = begin(folder, "--only", "starts for hours", "--batch", "4", "--batch", "8")
    wait_for(lambda: _workers(process.pid))
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 143
    assert output.split("\n") == ["", "partial: 0 of 10 rounds at batch 4, nothing at batch 8", ""]
    assert not _workers(process.pid)


def test_the_table_of_a_batch_comes_before_the_next_is_measured(folder: Path) -> None:
    given = ("--only", "hangs*", "--rounds", "3", "--batch", "4", "--batch", "8")
    process = begin(folder, *given)
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(3)]
    assert first[2].split()[:5] == ["hangs", "at", "batch", "8", "4"]
    assert process.stderr is not None
    assert any("batch 8: starting" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    assert output.endswith("\npartial: 0 of 3 rounds at batch 8\n")
    assert not _workers(process.pid)


def test_on_a_terminal_one_line_tells_the_progress(folder: Path) -> None:
    """The progress line is updated. Ctrl-C reaches all foreground processes and loses no result."""
    master, slave = os.openpty()
    process = begin(
        folder,
        *COUNTED,
        "--format",
        "json",
        stdin=slave,
        stderr=slave,
        preexec_fn=take_terminal,
    )
    os.close(slave)
    said = b""
    while b"round 9 of 1000" not in said:
        said += os.read(master, 4096)
    os.write(master, b"\x03")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 130
    check_partial(json.loads(output))
    assert not _workers(process.pid)
    os.close(master)
    text = said.decode()
    lines = text.split("\r\x1b[K")
    assert lines[0] == ""
    title = "Small, batch 4: "
    started = [re.fullmatch(title + r"starting (.*), \d of 5 \(.*\)", line) for line in lines[1:6]]
    assert [match[1] for match in started if match][-3:] == ["even", "product", "counts"]
    assert lines[6].startswith(f"{title}warming up: ")
    assert any(re.fullmatch(title + r"round 8 of 1000, about \d+ s left: counts", x) for x in lines)
    assert "\n" not in text


def test_a_second_interrupt_ends_at_once(folder: Path) -> None:
    """The first interrupt cannot print the table: the pipe is full, and nobody reads it."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writable, bytes(4096))
    os.set_blocking(writable, True)
    process = begin(folder, *COUNTED, stdout=writable)
    os.close(writable)
    wait_for(lambda: turns(folder) > 8)
    process.send_signal(signal.SIGINT)
    wait_for(lambda: not _workers(process.pid))
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == -signal.SIGINT
    os.close(readable)
    assert process.stderr is not None
    process.stderr.close()


def _workers(session: int) -> list[str]:
    """The processes of the session that are workers."""
    listing = subprocess.run(
        ["ps", "-s", str(session), "-o", "args="], capture_output=True, text=True, check=False
    )
    return [line for line in listing.stdout.splitlines() if "archc.bench.worker_main" in line]


def test_nothing_that_runs_networks(folder: Path) -> None:
    code = textwrap.dedent("""
        import sys
        from importlib import util
        found = util.find_spec
        missing = ("torch", "onnx", "onnxruntime", "openvino")
        util.find_spec = lambda name, *rest: None if name in missing else found(name, *rest)
        sys.argv = ["archc", "bench", "small.yaml"]
        from archc.cli import main
        main()
    """)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'archc-compiler[bench]'" in done.stderr
