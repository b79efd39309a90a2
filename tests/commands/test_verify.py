"""Tests ``archc verify`` on damaged files, and that other commands never import torch."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.api import emit
from archc.diagnostics import Code
from archc.driver.pipeline import Compiled, compile_spec
from archc_backends.pytorch.run import verify
from archc_backends.pytorch.run.probe import observe

SPEC = """\
archc: 1
name: Small
input: 3x16x16
classes: 5
lints: {stacked_linear: none}
modules:
  Fork:
    columns: ["#1x1", "#3x3"]
    Concat:
      branch1: {Conv: 1x1, out: "#1x1", activation: ReLU}
      branch2: {Conv: 3x3, out: "#3x3"}
stem:
  conv: {Conv: 3x3, out: 8, norm: BatchNorm, activation: ReLU}
  pool: {MaxPool: 2x2/2}
body:
  fork1: {Fork: [4, 8]}
  fork2: {Fork: [8, 4]}
aux:
  aux1: {Aux: [{AvgPool: global}, {Linear: classes}], from: fork1, loss_weight: 0.3}
head:
  avgpool: {AvgPool: global}
  fc: {Linear: classes}
  prob: Softmax
"""

Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]

_ARCHC = """
import sys
for name in filter(None, sys.argv.pop(1).split(",")):
    sys.modules[name] = None
from archc.cli import cli
status = 0
try:
    cli(prog_name="archc")
except SystemExit as end:
    status = end.code
print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(status)
"""


@pytest.fixture
def archc(tmp_path: Path) -> Run:
    """Runs archc in a folder with one spec, without some packages."""
    (tmp_path / "small.yaml").write_text(SPEC)

    def run(*arguments: str, without: str = "", first: str = "") -> Result:
        return subprocess.run(
            [sys.executable, "-c", first + _ARCHC, without, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def built(archc: Run, tmp_path: Path) -> Path:
    """Return the generated file."""
    done = archc("build", "small.yaml")
    assert done.returncode == 0, done.stderr
    return tmp_path / "generated" / "small.py"


def test_what_was_built_is_verified(archc: Run, built: Path) -> None:
    done = archc("verify", "small.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "generated/small.py: verified" in done.stdout.replace("\\", "/")


DAMAGE = {
    "a kernel": (
        "self.branch2 = nn.Conv2d(in_channels, n3x3, kernel_size=3, padding=1)",
        "self.branch2 = nn.Conv2d(in_channels, n3x3, kernel_size=5, padding=2)",
        "fork1.branch2.weight has the shape [8, 8, 5, 5], expected [8, 8, 3, 3]",
    ),
    "a layer's call": (
        "        x = self.pool(x)  # 8x8x8\n",
        "",
        "the output of pool is None, expected [8, 8, 8] (eval)",
    ),
    "a head's output": (
        "return SmallOutput(x, aux1)",
        "return SmallOutput(x, aux1 if aux1 is None else aux1 + 1)",
        "the output aux1 is not the output of its layers (training)",
    ),
    "the logits": (
        "return SmallOutput(x, aux1)",
        "return SmallOutput(x * 2, aux1)",
        "the output logits is not the output of its layers (training)",
    ),
    "outputs in another order": (
        "return SmallOutput(x, aux1)",
        "return SmallOutput(x if aux1 is None else aux1, x)",
        "the output aux1 is not the output of its layers (training)",
    ),
    "fields in another order": (
        "    logits: Tensor\n    aux1: Tensor | None\n",
        "    aux1: Tensor | None\n    logits: Tensor\n",
        "the output logits is not the output of its layers (training)",
    ),
    "the order of the rows": (
        "        self.fork1 = Fork(8, n1x1=4, n3x3=8)\n"
        "        self.fork2 = Fork(12, n1x1=8, n3x3=4)\n",
        "        self.fork2 = Fork(12, n1x1=8, n3x3=4)\n"
        "        self.fork1 = Fork(8, n1x1=4, n3x3=8)\n",
        "the parameters are in another order than the spec's layers",
    ),
    "a bias": (
        "nn.Linear(12, num_classes)\n        self.prob",
        "nn.Linear(12, num_classes, bias=False)\n        self.prob",
        "the parameter fc.bias is missing",
    ),
    "a stride": (
        "self.pool = nn.MaxPool2d(kernel_size=2, stride=2)",
        "self.pool = nn.MaxPool2d(kernel_size=2, stride=1)",
        "the output of pool is [8, 15, 15], expected [8, 8, 8] (eval)",
    ),
    "a head": (
        "aux1 = self.aux1(x) if self.training and self.aux1 is not None else None",
        "aux1 = None",
        "the output of aux1.1 is None, expected [5] (training)",
    ),
    "a head without a switch": (
        "if aux else None",
        "if True else None",
        "the state without auxiliary heads differs from the rest of the state",
    ),
    "a parameter too many": (
        "        self.prob = nn.Softmax(dim=1)\n",
        "        self.prob = nn.Softmax(dim=1)\n        self.bn = nn.BatchNorm2d(3)\n",
        "unknown parameter bn.weight",
    ),
    "work too much": (
        "        x = self.fork2(x)",
        "        self.fork2(x)\n        x = self.fork2(x)",
        "FLOPs in eval, expected",
    ),
    "an output that is not finite": (
        "        x = self.fc(x)",
        "        x = self.fc(x) / 0",
        "the output is not finite for random images",
    ),
}
CANNOT_RUN = {
    "a layer's attribute": (
        "        self.prob = nn.Softmax(dim=1)\n",
        "",
        "cannot be run: AttributeError: 'Small' object has no attribute 'prob'",
    ),
    "an end before it is observed": (
        "import torch\n",
        "import torch\nraise SystemExit(0)\n",
        "cannot be run: it exited before its results were written",
    ),
    "an end without a word": (
        "import torch\n",
        "import os\nimport torch\nos._exit(0)\n",
        "cannot be run: it exited before its results were written",
    ),
    "an import": (
        "import torch\n",
        "import torch\nimport no_such_package\n",
        "cannot be run: ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "syntax": ("class Small(", "class Small((", "cannot be run: SyntaxError"),
    "the class's name": ("class Small(", "class Tall(", "cannot be run: AttributeError"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Compiled, str]:
    """Return the compiled spec and the text of its file."""
    spec = tmp_path_factory.mktemp("whole") / "small.yaml"
    spec.write_text(SPEC)
    compiled = compile_spec(str(spec))
    assert isinstance(compiled, Compiled)
    (source,) = emit(compiled.network, compiled.analysis).values()
    return compiled, source.decode()


def damaged(source: str, right: str, wrong: str) -> str:
    assert source.count(right) == 1
    return source.replace(right, wrong)


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(what: str, whole: tuple[Compiled, str], tmp_path: Path) -> None:
    """Verify in this process, since torch takes seconds to import; the command is tested below."""
    compiled, source = whole
    right, wrong, words = DAMAGE[what]
    file = tmp_path / "small.py"
    file.write_text(damaged(source, right, wrong))
    observed = observe(*verify.probe_arguments(compiled.analysis, file))
    found = list(verify.differences(compiled.analysis, observed))
    assert words in "\n".join(found)


def test_the_order_of_branches_is_not_observed(whole: tuple[Compiled, str], tmp_path: Path) -> None:
    compiled, source = whole
    file = tmp_path / "small.py"
    right = "torch.cat((self.branch1(x), self.branch2(x)), 1)"
    file.write_text(damaged(source, right, "torch.cat((self.branch2(x), self.branch1(x)), 1)"))
    observed = observe(*verify.probe_arguments(compiled.analysis, file))
    assert list(verify.differences(compiled.analysis, observed)) == []


@pytest.mark.parametrize("what", CANNOT_RUN)
def test_a_file_that_cannot_be_run_is_a_diagnostic(
    what: str, whole: tuple[Compiled, str], tmp_path: Path
) -> None:
    compiled, source = whole
    right, wrong, words = CANNOT_RUN[what]
    file = tmp_path / "small.py"
    file.write_text(damaged(source, right, wrong))
    diagnostics = verify.verify_file(compiled.analysis, file)
    assert isinstance(diagnostics, list)
    (diagnostic,) = diagnostics
    assert diagnostic.code is Code.DIFFERENT
    assert words in diagnostic.message


@pytest.mark.parametrize("what", ["a stride", "a parameter too many"])
def test_the_command_prints_that_a_file_was_edited_and_how_it_differs(
    what: str, archc: Run, built: Path
) -> None:
    right, wrong, words = DAMAGE[what]
    built.write_text(damaged(built.read_text(), right, wrong))
    done = archc("verify", "small.yaml")
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    first, *others = done.stderr.split("error[")[1:]
    assert first.startswith("A501]")
    assert "was edited" in first
    assert others
    assert all(other.startswith("A601]") for other in others)


def test_what_a_file_prints_is_no_matter(archc: Run, built: Path) -> None:
    text = "import torch\nimport atexit\nprint(1)\natexit.register(print, '{')\n"
    built.write_text(built.read_text().replace("import torch\n", text, 1))
    done = archc("verify", "small.yaml")
    assert done.stderr.count("error[") == done.stderr.count("error[A501]") == 1


def test_a_file_that_never_ends_is_given_up(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compile_spec(str(tmp_path / "small.yaml"))
    assert isinstance(compiled, Compiled)
    built.write_text("while True: pass\n")
    monkeypatch.setattr(verify, "TIMEOUT", 0.5)
    diagnostics = verify.verify_file(compiled.analysis, built)
    assert isinstance(diagnostics, list)
    (diagnostic,) = diagnostics
    assert diagnostic.code is Code.DIFFERENT
    assert "it ran for more than 0.5 seconds" in diagnostic.message


def test_extra_parameters_are_in_the_order_of_the_file(archc: Run, built: Path) -> None:
    right = "        self.prob = nn.Softmax(dim=1)\n"
    wrong = f"{right}        self.extra = nn.BatchNorm2d(3)\n"
    built.write_text(built.read_text().replace(right, wrong))
    found = archc("verify", "small.yaml").stderr
    names = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    places = [found.index(f"parameter extra.{name}\n") for name in names]
    assert places == sorted(places)


def test_a_file_of_another_spec_is_stale(archc: Run, built: Path, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SPEC.replace("loss_weight: 0.3", "loss_weight: 0.4"))
    done = archc("verify", "small.yaml")
    assert done.returncode == 1
    assert "error[A501]" in done.stderr
    assert "was edited" not in done.stderr


def test_parameters_are_set_as_they_were_built(archc: Run, tmp_path: Path) -> None:
    text = SPEC.replace("modules:\n", "parameters: {deep: 8}\nmodules:\n", 1)
    (tmp_path / "small.yaml").write_text(text.replace("out: 8,", "out: deep,"))
    missing = archc("verify", "small.yaml", "--set", "deep=6")
    assert "hint: run archc build small.yaml --set deep=6\n" in missing.stderr
    assert archc("build", "small.yaml", "--set", "deep=6").returncode == 0
    done = archc("verify", "small.yaml", "--set", "deep=6")
    assert (done.returncode, done.stderr) == (0, "")
    assert "small.py is missing" in archc("verify", "small.yaml").stderr


def test_a_missing_file_is_built_by_the_name_that_was_typed(archc: Run) -> None:
    assert "hint: run archc build googlenet.yaml\n" in archc("verify", "googlenet.yaml").stderr


REFUSED = {
    "forward": ("conv: {Conv", "forward: {Conv"),
    "train": ("conv: {Conv", "train: {Conv"),
    "load_checkpoint": ("conv: {Conv", "load_checkpoint: {Conv"),
    "ConvReLU": ("Fork", "ConvReLU"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_check_refuses_what_build_refuses(name: str, archc: Run, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SPEC.replace(*REFUSED[name]))
    checked, built = archc("check", "small.yaml"), archc("build", "small.yaml")
    assert checked.returncode == built.returncode == 1
    assert f"'{name}' is reserved in PyTorch code" in checked.stderr
    assert checked.stderr.removesuffix("1 error\n") in built.stderr


def test_check_needs_no_backend(archc: Run) -> None:
    nowhere = "import archc.driver.backend\narchc.driver.backend.GROUP = 'archc.none'\n"
    done = archc("check", "small.yaml", first=nowhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert "archc_backends" not in imported(done)


def test_a_file_that_was_not_built_is_missing(archc: Run) -> None:
    done = archc("verify", "small.yaml")
    assert done.returncode == 1
    assert "small.py is missing" in done.stderr
    assert "archc build small.yaml" in done.stderr


def test_without_torch_verify_says_how_to_install_it(archc: Run, built: Path) -> None:
    done = archc("verify", "small.yaml", without="torch")
    assert done.returncode == 2
    assert "pip install 'archc-compiler[torch]'" in done.stderr


def imported(done: Result) -> set[str]:
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].removeprefix("imported: ").split())


@pytest.mark.parametrize("command", ["check", "table"])
def test_analysis_imports_no_torch_and_no_templates(command: str, archc: Run) -> None:
    modules = imported(archc(command, "small.yaml"))
    assert "archc" in modules
    assert not modules & {"torch", "numpy", "jinja2"}
    assert ("archc_backends" in modules) == (command == "check")


def test_building_imports_no_torch(archc: Run) -> None:
    modules = imported(archc("build", "small.yaml"))
    assert "jinja2" in modules
    assert not modules & {"torch", "numpy"}


@pytest.mark.parametrize("command", ["check", "build", "table"])
def test_they_work_where_torch_is_not_installed(command: str, archc: Run) -> None:
    without = "torch,numpy" if command == "build" else "torch,numpy,jinja2"
    done = archc(command, "small.yaml", without=without)
    assert (done.returncode, done.stderr) == (0, "")
