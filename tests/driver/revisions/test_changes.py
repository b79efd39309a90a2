"""Tests `archc diff --against REV`, which compares every spec with a revision."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from repositories import AFTER, BEFORE, SMALL, VARIANT, WIDE, commit, git

from archc.cli import cli
from archc.views.tables import changes as changes_table
from archc.views.tables.changes import MARKER


def diff(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["diff", *arguments])


def changes(*arguments: str) -> dict[str, Any]:
    result = diff(*arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    return {network["spec"]: network for network in found["networks"]}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a spec, its variant, and another spec."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    commit("Specs", small=SMALL, variant=VARIANT, other=SMALL.replace("Small", "Other"))
    return tmp_path


def test_nothing_changed() -> None:
    assert diff("--against", "main").stdout == "No network differs from main.\n"
    assert diff("--against", "main", "--format", "md").stdout == (
        f"{MARKER}\n\nNo network differs from main.\n"
    )


def test_every_kind_of_change() -> None:
    commit("Faulty", faulty="archc: 1\nname: Faulty\n")
    commit("All", small=WIDE, other=None, new=SMALL.replace("Small", "New"), faulty=VARIANT)
    found = changes("--against", "HEAD^")
    assert {spec: (change["change"], change["params"]) for spec, change in found.items()} == {
        "specs/small.yaml": ("changed", [BEFORE, AFTER]),
        # It changed with its base.
        "specs/variant.yaml": ("changed", [BEFORE, AFTER]),
        "specs/new.yaml": ("added", [None, BEFORE]),
        "specs/faulty.yaml": ("not valid before", [None, AFTER]),
        "specs/other.yaml": ("removed", [BEFORE, None]),
    }
    assert found["specs/small.yaml"]["difference"]["totals"]["params"] == [BEFORE, AFTER]
    # Only named specs: deleted specs are not listed.
    assert list(changes("specs/new.yaml", "--against", "HEAD^")) == ["specs/new.yaml"]


def test_the_text() -> None:
    commit("Wider", small=WIDE, new=SMALL.replace("Small", "New"))
    text = diff("--against", "HEAD^").stdout
    lines = [line.split() for line in text.splitlines()]
    assert ["specs/new.yaml", "added", "-", "162", "-", "6,952"] in lines
    assert [
        "specs/small.yaml",
        "changed",
        "162",
        "238",
        "+46.91%",
        "6,952",
        "10,428",
        "+50.00%",
    ] in lines
    assert "specs/variant.yaml:" in text.splitlines()
    assert "\nconv: out 4 -> 6\n" in text
    assert text.endswith("Compared with HEAD^; 1 network is unchanged.\n")


def test_the_comment() -> None:
    commit("Wider", small=WIDE)
    text = diff("--against", "HEAD^", "--format", "md").stdout
    assert text.startswith(f"{MARKER}\n\n| spec | change | params before |")
    row = "| specs/small.yaml | changed | 162 | 238 | +46.91% | 6,912 |"
    assert row.replace("6,912", "6,952") in text
    assert text.count("<details>") == text.count("</details>") == 2
    assert "| params | 162 | 238 | +76 | +46.91% |" in text
    assert "\n- conv: out 4 -> 6\n" in text


def test_a_comment_is_no_longer_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    commit("Wider", small=WIDE)
    whole = diff("--against", "HEAD^", "--format", "md").stdout
    monkeypatch.setattr(changes_table, "_MAXIMUM_COMMENT", len(whole) - 100)
    text = diff("--against", "HEAD^", "--format", "md").stdout
    assert text.count("<details>") == 1
    assert text.endswith("The rows of 1 more are omitted: the comment would be too long.\n")
    assert "| specs/variant.yaml | changed |" in text


def test_file_names_are_no_markup() -> None:
    name = "@team,#12,~~x~~,$y$"
    commit("Lively", **{name: SMALL})
    commit("Wider", **{name: WIDE})
    text = diff("--against", "HEAD^", "--format", "md").stdout
    assert text.count(f"`specs/{name}.yaml`") == text.count("@team") == 2


def test_limits() -> None:
    commit("Wider", small=WIDE, new=SMALL.replace("Small", "New"))
    for percent, status in (("47%", 0), ("46.91%", 1), ("0%", 1)):
        result = diff("--against", "HEAD^", "--max-increase", f"params={percent}")
        assert result.exit_code == status, percent
    found = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert found == [
        f"error[A403] specs/{stem}.yaml: params: 238 is 46.91% more than the 162 of HEAD^; "
        "the limit is 0%"
        for stem in ("small", "variant")
    ]
    assert diff("--against", "HEAD^", "--max-increase", "depth=0%").exit_code == 0


def test_from_a_folder_below(monkeypatch: pytest.MonkeyPatch) -> None:
    commit("Wider", small=WIDE)
    monkeypatch.chdir("specs")
    assert changes("small.yaml", "--against", "HEAD^")["small.yaml"]["params"] == [BEFORE, AFTER]


def test_what_git_cannot_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = diff("--against", "nowhere")
    assert (result.exit_code, result.stderr) == (1, "error[A101] unknown revision nowhere\n")
    assert diff("--against", "--help").exit_code == 1
    commit("Wider", small=WIDE)
    git("clone", "-q", "--depth", "1", f"file://{tmp_path}", "shallow")
    monkeypatch.chdir("shallow")
    result = diff("--against", "HEAD^")
    assert result.exit_code == 1
    assert "this clone is shallow" in result.stderr
    outside = tmp_path.parent / "outside" / "specs"
    outside.mkdir(parents=True)
    (outside / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(outside.parent)
    result = diff("--against", "HEAD")
    assert result.exit_code == 1
    assert "not a git repository" in result.stderr
    monkeypatch.setenv("PATH", "")
    result = diff("--against", "HEAD")
    assert result.exit_code == 1
    assert "cannot run git" in result.stderr


def test_a_spec_that_is_not_valid_now_is_a_diagnostic() -> None:
    commit("Faulty", small=SMALL.replace("out: 4", "out: 0"))
    result = diff("--against", "HEAD^")
    assert result.exit_code == 1
    assert "specs/small.yaml:6:" in result.stderr
