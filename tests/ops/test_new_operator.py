"""A new operator is one file in ``ops/`` and one in each backend, and no other file changes.

The example of CONTRIBUTING.md and two more operators are added to a copy of the packages.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"compiler/archc": "archc", "backends/archc_backends": "archc_backends"}

ACTIVATION = {
    "compiler/archc/ops/elu.py": '''
"""An activation with a field, in a file of its own."""

from typing import Annotated, ClassVar

from pydantic import Field

from archc.ops.activation import Activation


class SiLU(Activation):
    """x * sigmoid(x) (arXiv:1702.03118)."""


class ELU(Activation):
    """x, or alpha * (exp(x) - 1) where x is negative (arXiv:1511.07289)."""

    column_fields: ClassVar[tuple[str, ...]] = ("alpha",)

    alpha: Annotated[float, Field(gt=0)] = 1.0
    """The limit for negative x."""
''',
    "backends/archc_backends/pytorch/emit/operators/elu.py": '''
"""ELU and SiLU."""

from archc.ops.elu import ELU, SiLU
from archc_backends.pytorch.emit.expressions import Call, Expression
from archc_backends.pytorch.emit.operators.context import (
    EmitContext,
    EmittedModule,
    literal,
    non_defaults,
)


def elu(context: EmitContext) -> EmittedModule:
    """nn.ELU."""
    return EmittedModule(Call("nn.ELU", (), non_defaults(alpha=(context.value("alpha"), "1.0"))))


def apply_elu(activation: ELU, x: Expression) -> Expression:
    """functional.elu."""
    return Call("functional.elu", (x,), non_defaults(alpha=(literal(activation.alpha), "1.0")))


def silu(context: EmitContext) -> EmittedModule:
    """nn.SiLU."""
    return EmittedModule(Call("nn.SiLU"))


def apply_silu(activation: SiLU, x: Expression) -> Expression:
    """functional.silu."""
    return Call("functional.silu", (x,))


EMITTERS = {ELU: elu, SiLU: silu}
FUNCTIONS = {ELU: apply_elu, SiLU: apply_silu}
''',
    "backends/archc_backends/onnx/operators/elu.py": '''
"""ELU and SiLU."""

from archc.ops.elu import ELU, SiLU
from archc.ops.operator import Shape
from archc_backends.onnx.steps import INPUT, PREVIOUS, Step


def elu(operator: ELU, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Elu."""
    return [Step("Elu", "elu", output_shape, attributes={"alpha": operator.alpha})]


def silu(operator: SiLU, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Sigmoid, and Mul with the input."""
    return [
        Step("Sigmoid", "sigmoid", output_shape),
        Step("Mul", "silu", output_shape, (INPUT, PREVIOUS)),
    ]


EMITTERS = {ELU: elu, SiLU: silu}
''',
}
FAMILY = {
    "compiler/archc/ops/resizing.py": '''
"""A family of its own: more channels or another size, from fields of several types."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archc.ops.operator import Cost, Operator, Shape, ShapeMismatch, spatial_mismatch


class Upsample(Operator):
    """Makes height and width ``factor`` times as large."""

    positional_field: ClassVar[str | None] = "factor"

    factor: Annotated[int, Field(ge=2, le=16)]
    """How many times as large the output is."""
    mode: Literal["nearest", "bilinear"] = "nearest"
    """How elements between those of the input are computed."""

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """The same channels, with a larger size."""
        channels, *size = shape
        larger = (side * self.factor for side in size)
        return spatial_mismatch(shape, "Upsample") or (channels, *larger)

    def cost(self, shape: Shape, output: Shape) -> Cost:
        """Elements computed."""
        return Cost(pool_ops=output[0] * output[1] * output[2])


class Rolled(Operator):
    """The input and a copy of it that is rolled by ``turns`` columns."""

    positional_field: ClassVar[str | None] = "turns"

    turns: Annotated[int, Field(ge=1, le=8)]
    """How many columns the copy is rolled by."""

    def output(self, shape: Shape) -> Shape | ShapeMismatch:
        """Twice the channels."""
        return spatial_mismatch(shape, "Rolled") or (2 * shape[0], *shape[1:])
''',
    "backends/archc_backends/pytorch/emit/operators/resizing.py": '''
"""Resizing."""

from archc.ops.resizing import Rolled, Upsample
from archc_backends.pytorch.emit.definitions import (
    Attribute,
    ClassDefinition,
    Helper,
    HelperUses,
    Statement,
)
from archc_backends.pytorch.emit.expressions import Call
from archc_backends.pytorch.emit.operators.context import (
    EmitContext,
    EmittedModule,
    literal,
    non_defaults,
)


def upsample(context: EmitContext) -> EmittedModule:
    """nn.Upsample."""
    assert isinstance(context.operator, Upsample)
    factor, mode = str(context.operator.factor), literal(context.operator.mode)
    keywords = (("scale_factor", factor), *non_defaults(mode=(mode, '"nearest"')))
    return EmittedModule(Call("nn.Upsample", (), keywords))


def rolled(context: EmitContext) -> EmittedModule:
    """A helper class."""
    call = Call("Rolled", (context.value("turns"),))
    return EmittedModule(call, Helper("Rolled", rolled_class, context.operator, {}, {}))


def rolled_class(uses: HelperUses) -> ClassDefinition:
    """The class Rolled."""
    return ClassDefinition(
        "Rolled",
        "nn.Module",
        "The input and a copy of it that is rolled by some columns.",
        ("turns: int",),
        (Attribute("turns", "turns"),),
        (Statement("x", "torch.cat((x, torch.roll(x, self.turns, 3)), 1)"),),
        "x",
    )


EMITTERS = {Upsample: upsample, Rolled: rolled}
TORCH = ("torch.roll",)
''',
    "backends/archc_backends/onnx/operators/resizing.py": '''
"""Resizing."""

from archc.ops.operator import Shape
from archc.ops.resizing import Rolled, Upsample
from archc_backends.onnx.steps import ABSENT, INPUT, PREVIOUS, Constant, Step


def upsample(operator: Upsample, input_shape: Shape, output_shape: Shape) -> list[Step]:
    """Resize."""
    scales = Constant("scales", (1.0, 1.0, operator.factor, operator.factor), "float32")
    mode = "nearest" if operator.mode == "nearest" else "linear"
    places = "asymmetric" if mode == "nearest" else "half_pixel"
    how = {"coordinate_transformation_mode": places, "mode": mode, "nearest_mode": "floor"}
    return [Step("Resize", "resize", output_shape, (PREVIOUS, ABSENT, scales), how)]


EMITTERS = {Upsample: upsample}
''',
}

SPEC = """\
archc: 1
name: New
input: 3x8x8
classes: 10
defaults:
  Conv: {norm: BatchNorm, activation: {ELU: {alpha: 0.5}}}
modules:
  Shuffled:
    columns: [groups, out, alpha]
    Sequence:
      shuffle: {ChannelShuffle: groups}
      conv: {Conv: 3x3, out: out, activation: none}
      elu: {ELU: {alpha: alpha}}
  Added:
    Residual:
      conv: {Conv: 3x3, out: 12}
      shuffle: {ChannelShuffle: 3}
    activation: {ELU: {alpha: 0.25}}
  Gated:
    Residual:
      conv: {Conv: 3x3, out: 6, activation: none}
      silu: SiLU
    activation: SiLU
body:
  conv1: {Conv: 3x3, out: 8}
  shuffled1: {Shuffled: [2, 16, 0.5]}
  shuffled2: {Shuffled: [4, 12, 2.0]}
  added: Added
  plain: {Conv: 1x1, out: 6, norm: none, activation: ELU}
  gated: Gated
  silu: {Conv: 1x1, out: 6, activation: SiLU}
  wide: {Conv: 2x2/2 valid, out: 6, norm: none}
  up: {Upsample: 2}
  smooth: {Upsample: 2, mode: bilinear}
  pool: {AvgPool: global}
head:
  fc1: {Linear: 7, activation: {ELU: {alpha: 3.0}}}
  fc2: {Linear: classes}
"""
ROLLED = """\
archc: 1
name: Rolls
input: 3x8x8
classes: 10
modules:
  Wide:
    columns: [out]
    Sequence: {conv: {Conv: 1x1, out: out, activation: ReLU}, roll: {Rolled: 2}}
body:
  wide1: {Wide: [4]}
  wide2: {Wide: [6]}
  conv: {Conv: 3x3, out: 8, activation: ReLU}
  pool: {AvgPool: global}
head:
  fc: {Linear: classes}
"""
COMMANDS = [
    "check --strict new.yaml rolls.yaml",
    "table new.yaml",
    "table --layers new.yaml",
    "list",
    "explain A506",
    "build new.yaml rolls.yaml",
    "build --check new.yaml rolls.yaml",
    "verify new.yaml rolls.yaml",
    "build --optimize new.yaml",
    "verify --optimize new.yaml",
    "build --backend onnx new.yaml",
    "verify --backend onnx new.yaml",
    "build --backend onnx rolls.yaml",
    "report new.yaml",
    "diff new.yaml rolls.yaml",
    "schema",
]
RUN = """
import json, sys
from click.testing import CliRunner
import archc, archc_backends
from archc.cli import cli
shown = {"packages": [archc.__file__, archc_backends.__file__]}
for command in json.load(sys.stdin):
    result = CliRunner().invoke(cli, command.split(), prog_name="archc")
    shown[command] = [result.exit_code, result.output, repr(result.exception)]
from reference import vocabulary
shown["vocabulary"] = vocabulary()
json.dump(shown, sys.stdout)
"""
VALUES = """
import json, sys
import numpy, onnxruntime, torch
from click.testing import CliRunner
from archc.cli import cli
sys.path.insert(0, "generated")
from new import New
torch.manual_seed(0)
model = New().eval()
torch.save(model.state_dict(), "new.pt")
images = torch.randn(2, 3, 8, 8)
built = CliRunner().invoke(cli, "build --backend onnx --weights new.pt new.yaml".split())
assert built.exit_code == 0, built.output
session = onnxruntime.InferenceSession("generated/new.onnx", providers=["CPUExecutionProvider"])
(logits,) = session.run(None, {"images": images.numpy()})
scripted = torch.jit.script(model)
json.dump([float(numpy.abs(logits - other(images).detach().numpy()).max())
           for other in (model, scripted)], sys.stdout)
"""
FUZZED = """
import json, sys
from random import Random
from fuzz import valid
from fuzz.features import words
from fuzz.others import OTHERS
from fuzz.plain import mappings
faults = []
for number in range(450):
    case = valid.draw(Random(f"new/{number}"))
    fault, _ = valid.judge(case)
    faults += [fault] * bool(fault)
    for kind in OTHERS:
        print(kind, case.text.count(kind))
print(json.dumps(faults))
"""


def example() -> dict[str, str]:
    """The files of the example in CONTRIBUTING.md, by path."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("## Add an operator\n")[2].partition("\n## ")[0]
    return dict(
        re.findall(r"`((?:compiler|backends)/\S+\.py)`:\n\n```python\n(.*?)```", section, re.S)
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with copies of the packages and the new operators' files, and two specs."""
    folder = tmp_path_factory.mktemp("extended")
    for source, name in PACKAGES.items():
        shutil.copytree(ROOT / source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in (example() | ACTIVATION | FAMILY).items():
        package, _, inside = path.partition("/")[2].partition("/")
        file = folder / package / inside
        assert not file.exists(), f"{path} is there already"
        file.write_text(text.lstrip("\n"), encoding="utf-8")
    (folder / "new.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "rolls.yaml").write_text(ROLLED, encoding="utf-8")
    return folder


def run(folder: Path, code: str, given: object = None) -> str:
    """What the code prints, with the packages of the folder."""
    path = os.pathsep.join([str(folder), str(ROOT / "tests"), str(ROOT / "docs")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def shown(extended: Path) -> dict[str, Any]:
    """What each command prints: its exit status, its output, its exception."""
    texts: dict[str, Any] = json.loads(run(extended, RUN, COMMANDS))
    assert texts["packages"] == [str(extended / n / "__init__.py") for n in PACKAGES.values()]
    return texts


def test_the_example_is_one_file_in_the_compiler_and_one_in_each_backend() -> None:
    emitters = (ROOT / "backends/archc_backends").rglob("operators/__init__.py")
    assert [str(Path(path).parent) for path in sorted(example())] == [
        *sorted(str(path.parent.relative_to(ROOT)) for path in emitters),
        "compiler/archc/ops",
    ]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "build --backend onnx rolls.yaml"])
def test_every_command_takes_the_new_operators(command: str, shown: dict[str, Any]) -> None:
    status, output, exception = shown[command]
    assert status == 0, output + exception


def test_a_backend_without_an_emitter_reports_the_layer(shown: dict[str, Any]) -> None:
    status, output, _ = shown["build --backend onnx rolls.yaml"]
    assert status == 1
    assert "error[A506] Rolled cannot be expressed in ONNX (wide1.roll)" in output


def test_activations_with_other_fields_are_other_classes(
    extended: Path, shown: dict[str, Any]
) -> None:
    code = (extended / "generated" / "new.py").read_text(encoding="utf-8")
    assert re.findall(r"^class (\w*ELU\d*)\(", code, re.M) == [
        "ConvBNELU",
        "ConvELU",
        "ConvELU2",
        "LinearELU",
    ]
    assert code.count("functional.elu(") == 5
    assert code.count("return functional.elu(x, alpha=0.5)") == 2
    assert "return functional.elu(residual + x, alpha=0.25)" in code
    assert "A convolution with an ELU behind it" in code


def test_what_is_shown_of_them(extended: Path, shown: dict[str, Any]) -> None:
    page = (extended / "report.html").read_text(encoding="utf-8")
    assert ".drawing .resizing>rect{fill:#" in page
    assert re.search(r'class="resizing *"', page)
    assert " resizing</li>" in page and " shuffle</li>" in page and " elu</li>" not in page
    schema = shown["schema"][1]
    assert "The limit for negative x." in schema and '"bilinear"' in schema
    rows = Counter(re.findall(r"^\| `(\w+)` \|", shown["vocabulary"], re.M))
    assert rows["ChannelShuffle"] == rows["ELU"] == rows["Upsample"] == rows["Rolled"] == 1
    assert "`mode`: `nearest`, `bilinear`, nearest" in shown["vocabulary"]


def test_torch_and_onnx_runtime_compute_the_same(extended: Path, shown: dict[str, Any]) -> None:
    assert shown["build new.yaml rolls.yaml"][0] == 0
    differences = json.loads(run(extended, VALUES))
    assert max(differences) < 1e-5


def test_the_fuzz_tests_draw_them(extended: Path) -> None:
    *drawn, faults = run(extended, FUZZED).splitlines()
    assert json.loads(faults) == []
    counts: Counter[str] = Counter()
    for line in drawn:
        kind, count = line.split()
        counts[kind] += int(count)
    assert all(counts[kind] >= 15 for kind in ("ChannelShuffle", "ELU", "Upsample", "Rolled")), (
        counts
    )
