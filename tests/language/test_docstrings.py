"""Tests that output is the same without docstrings and asserts (``-O``, ``-OO``)."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc import ops
from archc.checks import lints
from archc.language.vocabulary import docstring

ROOT = Path(__file__).parents[2]
FAULTY = (
    "archc: 1\nname: Net\ninput: 3x8x8\nclasses: 10\nstem:\n"
    "  conv: {Conv: 3x3, out: 3, norm: BatchNorm, bias: true}\n  softmax: Softmax\n"
)
SHOWN = [
    ["--help"],
    *(
        [path.stem, "--help"]
        for path in sorted((ROOT / "compiler/archc/commands").glob("*/[!_]*.py"))
    ),
    ["explain"],
    ["explain", "--format", "json"],
    ["explain", "--format", "md"],
    ["explain", "L202"],
    ["schema"],
    ["check", "--strict", "faulty.yaml"],
    ["check", "--strict", "--format", "sarif", "faulty.yaml"],
    ["check", "--format", "json", "misspelt.yaml"],
    ["table", "googlenet.yaml"],
    ["build", "googlenet.yaml", "--out", "."],
    ["build", "googlenet.yaml", "--out", ".", "--check"],
    ["nonsense"],
]
EVERYTHING = """
import json, sys
from click.testing import CliRunner
from archc.cli import cli
from manual import manual_page
from reference import codes, vocabulary
shown = {}
for arguments in json.load(sys.stdin):
    result = CliRunner().invoke(cli, arguments, prog_name="archc")
    shown[" ".join(arguments)] = [result.exit_code, result.output, repr(result.exception)]
shown["manual"] = manual_page()
shown["reference"] = vocabulary() + codes()
json.dump(shown, sys.stdout)
"""


def shown(level: int, folder: Path) -> dict[str, object]:
    """Return each command's output, from one process with that level of optimisation."""
    (folder / "faulty.yaml").write_text(FAULTY)
    (folder / "misspelt.yaml").write_text(FAULTY.replace("classes", "clases"))
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING],
        input=json.dumps(SHOWN),
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
        env={
            **os.environ,
            "PYTHONOPTIMIZE": str(level) if level else "",
            "PYTHONPATH": str(ROOT / "docs"),
        },
    )
    texts: dict[str, object] = json.loads(done.stdout)
    return texts


@pytest.mark.parametrize("level", [1, 2])
def test_every_command_shows_the_same(level: int, tmp_path: Path) -> None:
    folders = [tmp_path / "plain", tmp_path / "optimised"]
    for folder in folders:
        folder.mkdir()
    plain, optimised = (shown(*pair) for pair in zip((0, level), folders, strict=True))
    assert len(plain) == len(SHOWN) + 2
    for what, text in plain.items():
        assert optimised[what] == text, what
    files = [{path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders]
    assert "googlenet.py" in files[0]
    assert files[1] == files[0]


@pytest.mark.parametrize(
    "documented",
    [*(lint.module for lint in lints.lints().values()), *ops.OPERATORS.values(), docstring],
)
def test_a_docstring_is_read_from_the_source_where_python_has_none(
    documented: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = docstring(documented)
    assert text
    monkeypatch.setattr(documented, "__doc__", None)
    assert docstring(documented) == text


@pytest.mark.parametrize("folder", ["compiler", "backends"])
def test_only_the_vocabulary_reads_docstrings(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute | ast.Name)
        }
        assert path.name == "vocabulary.py" or not names & {"__doc__", "getdoc", "get_docstring"}
