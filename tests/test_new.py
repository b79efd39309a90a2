"""`archc new` and `archc schema`: a variant to start from, and what editors check it by."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from archc.cli import cli
from archc.editor_schema import editor_schema
from archc.pipeline import Compiled, compile_spec

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
GOOD = [*SPECS, *sorted((ROOT / "tests" / "specs" / "good").glob("*.yaml"))]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def validator() -> Any:
    schema = editor_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_a_new_variant_compiles_and_changes_nothing() -> None:
    result = run("new", "my_net.yaml", "--from", "googlenet.yaml")
    assert result.exit_code == 0, result.output
    text = Path("my_net.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=archc.schema.json\n")
    assert json.loads(Path("archc.schema.json").read_text()) == editor_schema()
    variant, base = compile_spec("my_net.yaml"), compile_spec("googlenet.yaml")
    assert isinstance(variant, Compiled)
    assert isinstance(base, Compiled)
    assert variant.network.name == "MyNet"
    assert variant.analysis.cost == base.analysis.cost
    assert run("diff", "googlenet.yaml", "my_net.yaml").stdout.endswith("GoogLeNet -> MyNet\n")


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_commented_line_may_be_uncommented(spec: Path) -> None:
    assert run("new", "variant.yaml", "--from", spec.name).exit_code == 0
    lines = Path("variant.yaml").read_text().splitlines()
    # All rows at once cannot be removed; a section of which nothing is left is not written either.
    open_lines = [re.sub(r"^#(?! \S)", "", line) for line in lines if ": none" not in line]
    following = [*open_lines[1:], ""]
    Path("variant.yaml").write_text(
        "\n".join(
            line
            for line, after in zip(open_lines, following, strict=True)
            if not line.endswith(":") or after.startswith("  ")
        )
    )
    compiled = compile_spec("variant.yaml")
    assert isinstance(compiled, Compiled), compiled
    assert compiled.network.budget


def test_nothing_is_overwritten() -> None:
    Path("mine.yaml").write_text("mine")
    result = run("new", "mine.yaml", "--from", "googlenet.yaml")
    assert result.exit_code == 1
    assert "mine.yaml is there already" in result.output
    assert Path("mine.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["my-net.yaml", "net.txt", "class.yaml"])
def test_a_file_name_that_gives_no_module_is_refused(name: str) -> None:
    result = run("new", name, "--from", "googlenet.yaml")
    assert result.exit_code == 1
    assert not Path(name).exists()


def test_a_base_that_is_not_there() -> None:
    assert "did you mean googlenet.yaml?" in run("new", "a.yaml", "--from", "googlnet.yaml").output


def test_schema_prints() -> None:
    assert json.loads(run("schema").stdout) == editor_schema()


@pytest.mark.parametrize("spec", GOOD, ids=lambda path: path.stem)
def test_the_schema_takes_every_good_spec(spec: Path) -> None:
    assert list(validator().iter_errors(yaml.safe_load(spec.read_text()))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("out: 64}", "ot: 64}"),
        ("{Conv: 7x7/2,", "{Conv: 7*7/2,"),
        ("{Dropout: 0.4}", "{Dropout: [0.4]}"),
        ("{LRN: 5, alpha: 0.0001,", "{LRN: 5, alpa: 0.0001,"),
        ("fc: {Linear: classes}", "fc: {Linear: classes, bias: maybe}"),
        ("input: 3x224x224", "input: 224x224"),
        ("archc: 1", "archc: 2"),
        ("stem:", "stm:"),
        ("unit: 1024", "unit: 1025"),
        ("loss_weight: 0.3}", "loss_wait: 0.3}"),
    ],
)
def test_the_schema_and_the_compiler_refuse_the_same_slip(before: str, after: str) -> None:
    text = (ROOT / "specs" / "googlenet.yaml").read_text()
    assert before in text
    changed = text.replace(before, after, 1)
    Path("spec.yaml").write_text(changed)
    assert isinstance(compile_spec("spec.yaml"), list)
    assert list(validator().iter_errors(yaml.safe_load(changed)))
