"""Tests `archc new`."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.views.json_schema import editor_schema

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_a_new_variant_compiles_and_changes_nothing() -> None:
    result = run("new", "my_net.yaml", "--from", "googlenet.yaml")
    assert result.exit_code == 0, result.output
    assert result.output == (
        "wrote my_net.yaml, a variant of googlenet.yaml\n"
        "wrote archc.schema.json, its schema for editors\n"
    )
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
    # Not all rows can be removed; an empty section is not written.
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
    assert "mine.yaml already exists" in result.output
    assert Path("mine.yaml").read_text() == "mine"


@pytest.mark.parametrize("name", ["typing.yaml", "net.txt", "class.yaml"])
def test_a_file_name_that_gives_no_module_is_refused(name: str) -> None:
    result = run("new", name, "--from", "googlenet.yaml")
    assert result.exit_code == 1
    assert not Path(name).exists()


def test_a_missing_base() -> None:
    assert "did you mean googlenet.yaml?" in run("new", "a.yaml", "--from", "googlnet.yaml").output
