"""Tests shell completion, through click's own interface and in a real bash."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from archc.cli import cli

PAGE = Path(__file__).parents[2] / "docs" / "editors-and-shells.md"
SCRIPTS = Path(sys.executable).parent
SHIPPED_V = ["inception_v3.yaml", "inception_v3_pretrained.yaml", "inception_v4.yaml"]

# As bash does for TAB: it sets the words and calls the function, which fills COMPREPLY.
PRESS_TAB = """
eval "$(_ARCHC_COMPLETE=bash_source archc)"
complete -p archc
compopt() { printf 'compopt %s %s\\n' "$@"; }
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_archc_completion archc
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create specs here, in specs/, and one whose name a shell would execute."""
    (tmp_path / "specs").mkdir()
    for name in ("specs/inception_mine.yaml", "incoming.yaml", "in$(touch owned).yaml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(*words: str) -> list[tuple[str, str]]:
    """Return the type and value of each completion of the last word."""
    shell = ShellComplete(cli, {}, "archc", "_ARCHC_COMPLETE")
    *before, typed = words
    return [(item.type, item.value) for item in shell.get_completions(before, typed)]


def values(*words: str) -> list[str]:
    return [value for _, value in offered(*words)]


def test_commands() -> None:
    assert values("") == cli.list_commands(click.Context(cli))
    assert values("ver") == ["verify"]


@pytest.mark.parametrize(
    "before",
    [
        ("check",),
        ("build", "--check"),
        ("verify", "googlenet.yaml"),
        ("table",),
        ("weights",),
        ("diff",),
        ("diff", "googlenet.yaml"),
        ("new", "mine.yaml", "--from"),
    ],
    ids=" ".join,
)
def test_specs_here_in_specs_and_shipped_and_files(before: tuple[str, ...]) -> None:
    names = ["inception_mine.yaml", "inception_resnet_v2.yaml", *SHIPPED_V, "incoming.yaml"]
    assert offered(*before, "in") == [("file", "in"), *(("plain", name) for name in names)]
    assert offered(*before, "specs/in") == [("file", "specs/in")]


def test_backends_and_folders() -> None:
    assert values("build", "--backend", "") == ["onnx", "pytorch"]
    assert values("verify", "--backend", "x") == []
    assert offered("build", "--out", "s") == [("dir", "s")]


def press_tab(*words: str) -> list[str]:
    """Return the completions of a bash with archc's completion loaded."""
    done = subprocess.run(
        ["bash", "--norc", "-euc", PRESS_TAB, "bash", *words],
        env={**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    first, *rest = done.stdout.splitlines()
    assert first.endswith("-F _archc_completion archc")
    return rest


def test_bash(folder: Path) -> None:
    assert press_tab("archc", "ver") == ["verify"]
    assert press_tab("archc", "check", "inception_v") == ["compopt -o default", *SHIPPED_V]
    assert press_tab("archc", "build", "--out", "") == ["compopt -o dirnames", ""]
    press_tab("archc", "check", "in")
    assert not (folder / "owned").exists()


@pytest.mark.parametrize(
    ("shell", "registers"),
    [
        ("bash", "complete -o nosort -F"),
        ("zsh", "compdef"),
        ("fish", "complete --no-files --command"),
    ],
)
def test_the_documented_lines_register_completion(shell: str, registers: str) -> None:
    assert f"_ARCHC_COMPLETE={shell}_source archc" in PAGE.read_text()
    environment = {**os.environ, "_ARCHC_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [SCRIPTS / "archc"], env=environment, capture_output=True, text=True, check=True
    )
    assert registers in done.stdout


def test_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from click.shell_completion import ShellComplete; from archc.cli import cli\n"
        "shell = ShellComplete(cli, {}, 'archc', '_ARCHC_COMPLETE')\n"
        "for words in ([], ['check'], ['build', '--backend']):\n"
        "    assert shell.get_completions(words, '')\n"
        "print({'pydantic', 'yaml', 'jinja2', 'numpy', 'torch'} & sys.modules.keys())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
