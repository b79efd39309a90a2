"""Runs the documented workflow and the pre-commit hooks."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from archc.cli import cli

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "continuous-integration.md"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
VARIANT = "extends: small.yaml\nname: Variant\n"
SMALL = """\
archc: 1
name: Small
input: 3x8x8
classes: 10
body:
  conv: {Conv: 3x3, out: 4}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""


def documents(file: str) -> list[Any]:
    """Return the page's YAML blocks for this file."""
    blocks = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [yaml.safe_load(body) for name, body in blocks if name == file]


def workflow() -> Any:
    (found,) = documents(".github/workflows/archc.yml")
    return found


def steps(job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return found


def commands() -> Iterator[list[str]]:
    """Return every archc command in the page and in the hooks, as words."""
    texts = [step["run"] for job in workflow()["jobs"] for step in steps(job) if "run" in step]
    texts += re.findall(r"`(archc [^`]*)`", PAGE.read_text())
    texts += [hook["entry"] for hook in yaml.safe_load(HOOKS.read_text())]
    for text in texts:
        for part in re.split(r"\n|\$\(|\)|&&|\|\||>", text):
            if part.split()[:1] == ["archc"]:
                yield shlex.split(part, comments=True)[1:]


def test_every_command_is_understood() -> None:
    found = list(commands())
    assert {words[0] for words in found} == {"check", "build", "verify", "diff", "history", "table"}
    assert len(found) > 10
    context = click.Context(cli)
    for name, *arguments in found:
        command = cli.get_command(context, name)
        assert command is not None
        command.make_context(name, arguments, parent=context)


def test_steps_are_of_versions_that_this_repository_uses_too() -> None:
    used = {step["uses"] for job in workflow()["jobs"] for step in steps(job) if "uses" in step}
    ours = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert sorted(action for action in used if f"uses: {action}\n" not in ours) == [
        "github/codeql-action/upload-sarif@v4"
    ]


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the tests' archc on the path, without the user's settings."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "a@b.c"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        "PRE_COMMIT_HOME": str(folder.parent / "hooks"),
        **more,
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def git(folder: Path, *arguments: str) -> str:
    done = run(folder, "git", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, **files: str) -> None:
    """Write specs by their stems, build all, and commit."""
    for stem, text in files.items():
        (folder / "specs" / f"{stem}.yaml").write_text(text)
    done = run(folder, "archc", "build")
    assert done.returncode == 0, done.stderr
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", "Specs")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a spec, its variant, and their code."""
    folder = tmp_path / "networks"
    (folder / "specs").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, small=SMALL, variant=VARIANT, other=SMALL.replace("Small", "Other"))
    return folder


def test_the_changes_of_a_pull_request(repository: Path) -> None:
    git(repository, "checkout", "-qb", "wider")
    commit(repository, small=SMALL.replace("out: 4", "out: 6"), new=SMALL.replace("Small", "New"))
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "wider")

    scripts = {step["name"]: step["run"] for step in steps("changes") if "name" in step}
    show, comment, limit = scripts.values()
    summary = repository.parent / "summary.md"
    done = run(repository, "bash", "-e", "-c", show, GITHUB_STEP_SUMMARY=str(summary))

    assert done.returncode == 0, done.stderr
    text = (repository / "changes.md").read_text()
    assert summary.read_text() == text
    # The variant changed with its base.
    assert re.findall(r"^\| (specs/\S+) \| (\w+) \|", text, re.M) == [
        ("specs/new.yaml", "added"),
        ("specs/small.yaml", "changed"),
        ("specs/variant.yaml", "changed"),
    ]
    assert text.count("| conv | changed | 4x8x8 -> 6x8x8 |") == 2

    done = run(repository, "bash", "-e", "-c", limit)
    assert done.returncode == 1
    assert "specs/small.yaml: params: 238 is 46.91% more than the 162 of HEAD^1" in done.stderr

    # The job leaves other comments alone and has only one, however often it runs.
    comments = repository.parent / "comments.json"
    others = [
        {"id": 1, "user": {"login": "somebody"}, "body": text},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "Coverage"},
    ]
    comments.write_text(json.dumps(others))
    fake = repository.parent / "bin" / "gh"
    fake.parent.mkdir()
    fake.write_text(f"#!{sys.executable}\n{GH}")
    fake.chmod(0o755)
    for body in ("<!-- archc diff -->\n\nFirst", "<!-- archc diff -->\n\nSecond"):
        (repository / "changes.md").write_text(body)
        environment = {
            "PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "team/networks",
            "NUMBER": "7",
            "COMMENTS": str(comments),
        }
        done = run(repository, "bash", "-e", "-c", comment, **environment)
        assert done.returncode == 0, done.stderr
        assert json.loads(comments.read_text()) == [
            *others,
            {"id": 3, "user": {"login": "github-actions[bot]"}, "body": body},
        ]


GH = """\
# What the job asks of gh: comments of a pull request in a file, instead of at GitHub.
import json, os, re, sys
from pathlib import Path

_, api, address, *options = sys.argv
assert api == "api"
file = Path(os.environ["COMMENTS"])
comments = json.loads(file.read_text())
if "--jq" in options:
    assert address == "repos/team/networks/issues/7/comments"
    wanted = options[options.index("--jq") + 1]
    login, start = re.fullmatch(
        r'\\.\\[\\] \\| select\\(\\.user\\.login == "(.*)" and '
        r'\\(\\.body \\| startswith\\("(.*)"\\)\\)\\) \\| \\.id', wanted
    ).groups()
    for comment in comments:
        if comment["user"]["login"] == login and comment["body"].startswith(start):
            print(comment["id"])
    sys.exit()
method = options[options.index("--method") + 1]
name, _, given = options[options.index("--field") + 1].partition("=@")
assert name == "body"
body = Path(given).read_text()
if method == "POST":
    assert address == "repos/team/networks/issues/7/comments"
    user = {"login": "github-actions[bot]"}
    comments.append({"id": len(comments) + 1, "user": user, "body": body})
else:
    assert method == "PATCH"
    number = int(address.removeprefix("repos/team/networks/issues/comments/"))
    comments[number - 1]["body"] = body
file.write_text(json.dumps(comments))
"""


def test_this_repository_does_the_same() -> None:
    ours = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    named = [step for step in ours["jobs"]["changes"]["steps"] if "name" in step]
    assert named == [step for step in steps("changes") if "name" in step]


@pytest.fixture
def hooked(repository: Path) -> Path:
    """Return the repository with the hooks as documented.

    pre-commit would install archc from its repository, which needs the network. Here it uses the
    tests' archc (``language: system``); everything else is as in ``.pre-commit-hooks.yaml``.
    """
    origin = repository.parent / "archc"
    origin.mkdir()
    (origin / HOOKS.name).write_text(HOOKS.read_text())
    git(origin, "init", "-q")
    git(origin, "add", "--all")
    git(origin, "commit", "-qm", "Hooks")
    configuration = documents(".pre-commit-config.yaml")[0]
    (source,) = configuration["repos"]
    source |= {"repo": str(origin), "rev": git(origin, "rev-parse", "HEAD")}
    source["hooks"] = [{**hook, "language": "system"} for hook in source["hooks"]]
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(configuration))
    git(repository, "add", "--all")
    git(repository, "commit", "-qm", "Hooks")
    return repository


def pre_commit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, sys.executable, "-m", "pre_commit", *arguments)


def outcomes(folder: Path) -> dict[str, str]:
    """Return each hook's result for the staged files."""
    git(folder, "add", "--all")
    done = pre_commit(folder, "run")
    found = dict(re.findall(r"^(archc .*?)\.{2,}.*?(\w+)$", done.stdout, re.M))
    assert (done.returncode == 0) == ("Failed" not in found.values()), done.stdout + done.stderr
    return found


def test_the_hooks_before_a_commit(hooked: Path) -> None:
    check, build = "archc check", "archc build --check"

    (hooked / "notes.txt").write_text("Nothing of archc's.\n")
    assert outcomes(hooked) == {check: "Skipped", build: "Skipped"}

    spec = hooked / "specs" / "small.yaml"
    spec.write_text(SMALL.replace("out: 4", "out: 6"))
    assert outcomes(hooked) == {check: "Passed", build: "Failed"}
    run(hooked, "archc", "build")
    assert outcomes(hooked) == {check: "Passed", build: "Passed"}

    # Only the base is staged, and it is valid; the variant no longer is.
    commit(hooked, variant=VARIANT + "body:\n  conv: {Conv: 3x3, out: 8}\n")
    spec.write_text(SMALL.replace("conv:", "conv1:"))
    assert outcomes(hooked) == {check: "Failed", build: "Failed"}

    git(hooked, "checkout", "-q", "HEAD", ".")
    (hooked / "generated" / "small.py").write_text("# edited\n")
    assert outcomes(hooked) == {check: "Skipped", build: "Failed"}


def test_the_manifest_and_the_configurations_are_valid(hooked: Path) -> None:
    for number, configuration in enumerate(documents(".pre-commit-config.yaml")):
        file = hooked / f"{number}.yaml"
        file.write_text(yaml.safe_dump(configuration))
        done = pre_commit(hooked, "validate-config", str(file))
        assert (done.returncode, done.stdout) == (0, ""), done.stdout
    assert pre_commit(hooked, "validate-manifest", str(HOOKS)).returncode == 0
