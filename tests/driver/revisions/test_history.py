"""Tests `archc history`, a network's cost over the commits of its spec."""

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from repositories import AFTER, BEFORE, SMALL, VARIANT, WIDE, commit, git

from archc.cli import cli


def history(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["history", *arguments])


def entries(*arguments: str) -> list[dict[str, Any]]:
    """Return the commits from the JSON, newest first."""
    result = history(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def told(*arguments: str) -> list[tuple[str, int | None, str | None]]:
    return [(entry["subject"], entry["params"], entry["why"]) for entry in entries(*arguments)]


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository without a spec in its first commit; later it has one and a variant."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    Path("notes.yaml").write_text("a: 1\n")
    commit("Notes")
    commit("Small", small=SMALL, variant=VARIANT)
    return tmp_path


def test_only_commits_that_changed_the_counts() -> None:
    commit("A comment", small=f"# wide\n{SMALL}")
    commit("Wider", small=WIDE)
    commit("Another", other=SMALL.replace("Small", "Other"))
    assert told("specs/small.yaml") == [("Wider", AFTER, None), ("Small", BEFORE, None)]
    # The variant changed with its base.
    assert told("variant") == [("Wider", AFTER, None), ("Small", BEFORE, None)]
    assert told("other") == [("Another", BEFORE, None)]


def test_the_numbers_are_those_of_the_analysis() -> None:
    (entry,) = entries("small")
    assert entry["commit"] == git("rev-parse", "HEAD")
    assert entry["date"] == git("log", "-1", "--format=%cs")
    # 3*3*3*4 weights on 8x8 elements, and 40; activations of 4x8x8, 4 and 10 elements.
    counts = ("params", "params_with_aux", "macs", "macs_with_aux", "depth", "activations")
    assert [entry[count] for count in counts] == [162, 162, 6952, 6952, 2, 256 + 4 + 10]


def test_a_renamed_spec_is_followed() -> None:
    commit("Wider", small=WIDE)
    Path("nets").mkdir()
    git("mv", "specs/small.yaml", "nets/tiny.yaml")
    git("mv", "specs/variant.yaml", "nets/variant.yaml")
    git("commit", "-qm", "Move")
    commit("Changed", other=SMALL)
    found = entries("nets/tiny.yaml")
    assert [(e["subject"], e["path"]) for e in found] == [
        ("Wider", "specs/small.yaml"),
        ("Small", "specs/small.yaml"),
    ]


def test_faulty_and_removed_specs_are_told() -> None:
    commit("Faulty", small=SMALL.replace("out: 4", "out: 0"))
    commit("Still faulty", small=SMALL.replace("out: 4", "out: 0") + "# so it is\n")
    commit("Fixed", small=SMALL)
    commit("Gone", small=None, variant=None)
    commit("Back", small=WIDE)
    found = told("small")
    assert [(subject, params) for subject, params, _ in found] == [
        ("Back", AFTER),
        ("Gone", None),
        ("Fixed", BEFORE),
        ("Faulty", None),
        ("Small", BEFORE),
    ]
    assert found[1][2] == "removed"
    assert str(found[3][2]).startswith("invalid: A203 ")


def test_a_merge_is_one_commit() -> None:
    git("checkout", "-qb", "wider")
    commit("Wider", small=WIDE)
    commit("Widest", small=SMALL.replace("out: 4", "out: 8"))
    git("checkout", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "Merge wider", "wider")
    assert [subject for subject, *_ in told("small")] == ["Merge wider", "Small"]


def test_the_table() -> None:
    commit("Wider | @team fixes #12 \u202e", small=WIDE)
    text = history("small").stdout
    commits = git("log", "-2", "--format=%H").split()
    lines = [re.split(r" {2,}", line) for line in text.splitlines()[2:]]
    date = git("log", "-1", "--format=%cs")
    assert lines == [
        [
            *(commits[0][:10], date, r"Wider | @team fixes #12 \u202e"),
            *("238", "+46.91%", "10,428", "+50.00%", "2"),
        ],
        [commits[1][:10], date, "Small", "162", "6,952", "2"],
    ]
    markdown = history("small", "--format", "md").stdout.splitlines()
    subject = r"Wider \| `@team` fixes `#12` \\u202e"
    assert markdown[2].startswith(f"| `{commits[0][:10]}` | {date} | {subject} | 238 | +46.91% |")
    rows = list(csv.DictReader(io.StringIO(history("small", "--format", "csv").stdout)))
    assert [(row["commit"], row["params"], row["macs"]) for row in rows] == [
        (commits[0], "238", "10428"),
        (commits[1], "162", "6952"),
    ]


def test_the_picture() -> None:
    commit("Wider", small=WIDE)
    result = history("small", "--plot", "history.svg")
    assert (result.exit_code, result.stderr) == (0, "wrote history.svg\n")
    picture = Path("history.svg").read_bytes()
    for commit_hash in git("log", "-2", "--format=%H").split():
        assert commit_hash[:10].encode() in picture
    assert history("small", "--plot", "history.svg").exit_code == 0
    assert Path("history.svg").read_bytes() == picture
    wrong = history("small", "--plot", "history.txt")
    assert wrong.exit_code == 2
    assert "--plot writes .svg, .png, .pdf" in wrong.output


def test_a_shallow_clone_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit("Wider", small=WIDE)
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", "shallow")
    monkeypatch.chdir("shallow")
    result = history("small")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr == "this clone is shallow and lacks older commits: git fetch --unshallow\n"


def test_what_has_no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("specs/new.yaml").write_text(SMALL)
    result = history("specs/new.yaml")
    assert (result.exit_code, result.stderr) == (
        1,
        "error[A101] no commit contains specs/new.yaml\n",
    )
    assert history("specs/none.yaml").exit_code == 1
    outside = tmp_path.parent / "outside.yaml"
    outside.write_text(SMALL)
    result = history(str(outside))
    assert result.exit_code == 1
    assert ": fatal: not a git repository" in result.stderr
    git("init", "-q", "empty")
    (Path("empty") / "small.yaml").write_text(SMALL)
    result = history("empty/small.yaml")
    assert result.exit_code == 1
    assert "cannot read the history of empty/small.yaml: fatal: " in result.stderr
    monkeypatch.setenv("PATH", "")
    result = history("small")
    assert result.exit_code == 1
    assert "cannot run git" in result.stderr


def test_another_repository_than_that_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path.parent)
    assert told(str(tmp_path / "specs" / "variant.yaml")) == [("Small", BEFORE, None)]


def test_a_table_needs_no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert history("small").exit_code == 0
