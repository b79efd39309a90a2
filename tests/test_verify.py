"""``archc verify``: what it finds in damaged files; and which commands never import torch."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SPEC = """\
archc: 1
name: Small
input: 3x16x16
classes: 5
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
    """Runs archc in a folder that holds one spec, with some packages made impossible to import."""
    (tmp_path / "small.yaml").write_text(SPEC)

    def run(*arguments: str, without: str = "") -> Result:
        return subprocess.run(
            [sys.executable, "-c", _ARCHC, without, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def built(archc: Run, tmp_path: Path) -> Path:
    """The generated file."""
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
        "fork1.branch2.weight has the shape [8, 8, 5, 5], [8, 8, 3, 3] is analysed",
    ),
    "a layer's attribute": (
        "        self.prob = nn.Softmax(dim=1)\n",
        "",
        "cannot be run: AttributeError: 'Small' object has no attribute 'prob'",
    ),
    "a layer's call": (
        "        x = self.pool(x)  # 8x8x8\n",
        "",
        "pool gives None, [8, 8, 8] is analysed (eval)",
    ),
    "the order of the rows": (
        "        self.fork1 = Fork(8, n1x1=4, n3x3=8)\n"
        "        self.fork2 = Fork(12, n1x1=8, n3x3=4)\n",
        "        self.fork2 = Fork(12, n1x1=8, n3x3=4)\n"
        "        self.fork1 = Fork(8, n1x1=4, n3x3=8)\n",
        "the parameters stand in another order than the spec's layers",
    ),
    "a bias": (
        "nn.Linear(12, num_classes)\n        self.prob",
        "nn.Linear(12, num_classes, bias=False)\n        self.prob",
        "the parameter fc.bias is missing",
    ),
    "a stride": (
        "self.pool = nn.MaxPool2d(kernel_size=2, stride=2)",
        "self.pool = nn.MaxPool2d(kernel_size=2, stride=1)",
        "pool gives [8, 15, 15], [8, 8, 8] is analysed (eval)",
    ),
    "a head": (
        "aux1 = self.aux1(x) if self.training and self.aux1 is not None else None",
        "aux1 = None",
        "aux1.1 gives None, [5] is analysed (training)",
    ),
    "a head without a switch": (
        "if aux else None",
        "if True else None",
        "its state without auxiliary heads is not the rest of its state",
    ),
    "a parameter too many": (
        "        self.prob = nn.Softmax(dim=1)\n",
        "        self.prob = nn.Softmax(dim=1)\n        self.bn = nn.BatchNorm2d(3)\n",
        "the parameter bn.weight is not in the analysis",
    ),
    "work too much": (
        "        x = self.fork2(x)",
        "        self.fork2(x)\n        x = self.fork2(x)",
        "FLOPs in eval, twice the MACs",
    ),
    "an output that is not finite": (
        "        x = self.fc(x)",
        "        x = self.fc(x) / 0",
        "its output is not finite for random images",
    ),
    "an import": (
        "import torch\n",
        "import torch\nimport no_such_package\n",
        "cannot be run: ModuleNotFoundError: No module named 'no_such_package'",
    ),
    "syntax": ("class Small(", "class Small((", "cannot be run: SyntaxError"),
    "the class's name": ("class Small(", "class Tall(", "cannot be run: AttributeError"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(what: str, archc: Run, built: Path) -> None:
    right, wrong, finding = DAMAGE[what]
    source = built.read_text()
    assert source.count(right) == 1
    built.write_text(source.replace(right, wrong))
    done = archc("verify", "small.yaml")
    assert done.returncode == 1
    assert finding in done.stderr
    assert "Traceback" not in done.stderr


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
    assert not modules & {"torch", "numpy", "jinja2", "archc_backends"}


def test_building_imports_no_torch(archc: Run) -> None:
    modules = imported(archc("build", "small.yaml"))
    assert "jinja2" in modules
    assert not modules & {"torch", "numpy"}


@pytest.mark.parametrize("command", ["check", "build", "table"])
def test_they_work_where_torch_is_not_installed(command: str, archc: Run) -> None:
    without = "torch,numpy" if command == "build" else "torch,numpy,jinja2"
    done = archc(command, "small.yaml", without=without)
    assert (done.returncode, done.stderr) == (0, "")
