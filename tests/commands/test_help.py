"""Tests `archc --help`, the examples in the help of commands, and `archc list`."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import run

from archc.cli import GROUPS, cli, commands_by_group
from archc.driver.backend import backends, default_name
from archc.language.spec_files import shipped_folder

SPEC = """\
archc: 1
name: Small
about: A small one.
input: 3x8x8
classes: 10
stem:
  conv1: {Conv: 3x3, out: 4, activation: ReLU}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
VARIANT = """\
extends: base.yaml
name: Mine
"""
COMMANDS = cli.list_commands(click.Context(cli))
SHIPPED = sorted(path.stem for path in shipped_folder().glob("*.yaml"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_whole_summary_of_a_command_in_80_columns(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.help is not None
    summary = re.split(r"\.\s", f"{command.help} ")[0]
    said = run("--help").stdout
    (line,) = (line for line in said.splitlines() if line.startswith(f"  {name} "))
    assert line.split(maxsplit=1)[1].removesuffix(".") == summary
    assert len(line) <= 80


def test_help_groups_the_commands() -> None:
    said = run("--help").stdout
    groups = dict(re.findall(r"^(\w+):\n((?:  .+\n)+)", said, re.MULTILINE))
    assert list(groups) == ["Options", *map(str.capitalize, GROUPS)]
    for group, names in commands_by_group().items():
        assert [line.split()[0] for line in groups[group.capitalize()].splitlines()] == names


def examples(name: str) -> list[list[str]]:
    """Return the arguments of the examples in the help of a command, without redirections."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.epilog is not None
    lines = [line.partition(" > ")[0] for line in command.epilog.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("  archc ")]


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_has_examples_that_parse(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert examples(name)
    for first, *arguments in examples(name):
        assert first == name
        with command.make_context(name, arguments):
            pass  # Raises UsageError for unknown options.


@pytest.mark.parametrize("name", [n for n in COMMANDS if n not in ("bench", "verify", "weights")])
def test_examples_run(name: str) -> None:
    """With specs/base.yaml and its variant specs/mine.yaml in a git repository."""
    Path("specs").mkdir()
    Path("specs/base.yaml").write_text(SPEC)
    if name != "new":
        Path("specs/mine.yaml").write_text(VARIANT)
    settings = ("user.name=a", "user.email=a@example.com", "init.defaultBranch=main")
    git = ["git", *(word for setting in settings for word in ("-c", setting))]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "--allow-empty", "-m", "a"]):
        subprocess.run([*git, *arguments], check=True)
    for arguments in examples(name):
        result = run(*arguments)
        assert result.exit_code == 0, (arguments, result.output)


@pytest.mark.parametrize("command", ["build", "verify", "weights"])
def test_help_names_the_backends(command: str) -> None:
    default = default_name()
    assert default in backends()
    said = " ".join(run(command, "--help").stdout.split())
    shown = [f"{name} (default)" if name == default else name for name in backends()]
    assert f"--backend NAME Backend: {', '.join(shown)}." in said


def test_help_and_list_import_no_backend() -> None:
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom archc.cli import cli\n"
        "for words in (['--help'], ['build', '--help'], ['list']):\n"
        "    assert CliRunner().invoke(cli, words).exit_code == 0\n"
        "print({'jinja2', 'numpy', 'torch', 'onnx', 'rich'} & sys.modules.keys())\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_list_shows_the_shipped_specs() -> None:
    said = run("list")
    heading, *lines = said.stdout.splitlines()
    assert heading == "Shipped with archc:"
    assert [line.split()[0] for line in lines] == SHIPPED
    assert (
        "googlenet 6,998,552 params The network that won ILSVRC 2014, as table 1 and section 5 "
        "describe it."
    ) in (" ".join(line.split()) for line in lines)
    assert len({line.index(" params  ") for line in lines}) == 1


def test_list_shows_the_spec_of_each_name() -> None:
    """Lists the first spec of each name, as commands find it; other YAML files are left out."""
    Path("specs").mkdir()
    Path("specs/googlenet.yaml").write_text(SPEC)
    Path("specs/faulty.yaml").write_text(SPEC.replace("Linear", "Linaer"))
    Path("small.yaml").write_text(SPEC)
    Path("workflow.yaml").write_text("name: CI\non: push\n")
    result = run("list")
    assert result.exit_code == 0
    assert [" ".join(line.split()) for line in result.stdout.splitlines()][:7] == [
        "Here:",
        "small 162 params A small one.",
        "",
        "In specs/:",
        "faulty invalid; run archc check faulty.yaml",
        "googlenet 162 params A small one.",
        "",
    ]
    assert result.stdout.count("  googlenet  ") == 1
    listed = {one["spec"]: one for one in json.loads(run("list", "--format", "json").stdout)}
    assert listed["small"] == {
        "spec": "small",
        "where": "here",
        "path": "small.yaml",
        "name": "Small",
        "about": "A small one.",
        "params": 162,
        "macs": 6952,
    }
    assert (listed["faulty"]["where"], listed["faulty"]["params"]) == ("specs", None)
    assert set(listed) == {"small", "faulty", *SHIPPED}


def test_several_specs_are_each_compared_with_the_first() -> None:
    Path("one.yaml").write_text(SPEC)
    Path("two.yaml").write_text(SPEC.replace("out: 4", "out: 5"))
    pairs = [run("diff", "one", name) for name in ("one", "two")]
    both = run("diff", "one", "one", "two")
    assert both.exit_code == 0
    first, second = (pair.stdout for pair in pairs)
    assert both.stdout == f"one -> one\n\n{first}\none -> two\n\n{second}"
    markdown = run("diff", "one", "one", "two", "--format", "md").stdout
    assert markdown.startswith("### one -> one\n\nno difference")
    alone = json.loads(run("diff", "one", "two", "--format", "json").stdout)
    several = json.loads(run("diff", "one", "one", "two", "--format", "json").stdout)
    assert [one["after"] for one in several] == ["one", "two"]
    assert several[1] == alone
