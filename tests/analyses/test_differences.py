"""Tests `archc diff`: rows that are added, removed, renamed, moved, changed or affected."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archc.analyses.differences import CountChange, Difference, compare
from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.views.tables.difference import shown_percent

BASE = """\
archc: 1
name: Base
input: 3x32x32
classes: 10
modules:
  Fork:
    columns: [left, right]
    Concat:
      a: {Conv: 1x1, out: left}
      b: {Conv: 3x3, out: right}
  Head:
    Sequence: {gap: {AvgPool: global}, fc: {Linear: classes}}
body:
  conv1: {Conv: 3x3/2, out: 8}
  fork1: {Fork: [4, 6]}
  fork2: {Fork: [5, 7]}
  pool1: {MaxPool: 2x2/2}
  conv2: {Conv: 1x1, out: 16}
aux:
  aux1: {Aux: Head, from: fork1, loss_weight: 0.3}
head:
  gap: {AvgPool: global}
  fc: {Linear: classes}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE)
    return tmp_path


def compiled(name: str) -> Compiled:
    result = compile_spec(name)
    assert isinstance(result, Compiled), result
    return result


def difference(old: str, new: str) -> Difference:
    """Compare the base with a copy in which ``new`` replaces ``old``."""
    assert old in BASE
    Path("changed.yaml").write_text(BASE.replace(old, new))
    return compare(compiled("base.yaml").analysis, compiled("changed.yaml").analysis)


def changes(found: Difference) -> list[tuple[str, str, str]]:
    return [(row.name, row.change, row.was) for row in (*found.rows, *found.aux)]


def test_a_spec_and_itself() -> None:
    found = difference("Base", "Base")
    assert changes(found) == []
    assert found.facts == ()
    assert found.totals.same


def test_a_cell() -> None:
    found = difference("fork2: {Fork: [5, 7]}", "fork2: {Fork: [5, 9]}")
    assert changes(found) == [
        ("fork2", "changed", ""),
        ("pool1", "affected", ""),
        ("conv2", "affected", ""),
    ]
    fork2, pool1, _ = found.rows
    assert fork2.details == ("right: 7 -> 9",)
    assert fork2.numbers.params == (5 * 10 + 5 + 7 * 90 + 7, 5 * 10 + 5 + 9 * 90 + 9)
    assert fork2.numbers.output == ((12, 16, 16), (14, 16, 16))
    assert pool1.details == ()


def test_a_renaming_shows_as_a_renaming() -> None:
    found = difference("fork2: {Fork", "mixed: {Fork")
    assert changes(found) == [("mixed", "renamed", "fork2")]
    assert found.rows[0].numbers.same


def test_two_renamings_keep_their_order() -> None:
    text = BASE.replace("[5, 7]", "[4, 6]")
    Path("first.yaml").write_text(text)
    Path("second.yaml").write_text(text.replace("fork1", "one").replace("fork2", "two"))
    found = compare(compiled("first.yaml").analysis, compiled("second.yaml").analysis)
    assert changes(found)[:2] == [("one", "renamed", "fork1"), ("two", "renamed", "fork2")]


def test_added_and_removed() -> None:
    found = difference("  conv2: {Conv: 1x1, out: 16}\n", "  drop: {Dropout: 0.5}\n")
    assert changes(found) == [
        ("drop", "added", ""),
        ("gap", "affected", ""),
        ("fc", "affected", ""),
        ("conv2", "removed", ""),
    ]
    assert found.rows[0].details == ("Dropout p 0.5",)
    assert found.rows[3].numbers.params == (12 * 16 + 16, 0)


def test_moved() -> None:
    lines = "  pool1: {MaxPool: 2x2/2}\n  conv2: {Conv: 1x1, out: 16}\n"
    swapped = "".join(reversed(lines.splitlines(keepends=True)))
    found = difference(lines, swapped)
    assert [change for change in changes(found) if change[1] == "moved"] in (
        [("conv2", "moved", "")],
        [("pool1", "moved", "")],
    )


def test_a_module_and_a_field() -> None:
    found = difference("b: {Conv: 3x3, out: right}", "b: {Conv: 5x5, out: right, bias: false}")
    assert changes(found)[:2] == [("fork1", "changed", ""), ("fork2", "changed", "")]
    assert found.rows[0].details == ("b: window 3x3/1 -> 5x5/1", "b: bias none -> false")


def test_whole_network_and_auxiliary_heads() -> None:
    changed = BASE.replace("name: Base", "name: Other").replace("classes: 10", "classes: 5")
    Path("changed.yaml").write_text(changed.replace("from: fork1", "from: fork2"))
    found = compare(compiled("base.yaml").analysis, compiled("changed.yaml").analysis)
    assert found.facts == ("name: Base -> Other", "classes: 10 -> 5")
    assert found.aux[0].details == ("from fork1, weight 0.3 -> from fork2, weight 0.3",)
    assert found.aux[0].numbers.output == ((10,), (5,))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["diff", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_has_the_same_numbers() -> None:
    Path("changed.yaml").write_text(BASE.replace("out: 16", "out: 32"))
    found: Any = json.loads(run("base.yaml", "changed.yaml", "--format", "json"))
    assert [(row["name"], row["change"]) for row in found["rows"]] == [
        ("conv2", "changed"),
        ("gap", "affected"),
        ("fc", "affected"),
    ]
    assert found["rows"][0]["params"] == [12 * 16 + 16, 12 * 32 + 32]
    totals = [compiled(name).analysis.cost.params for name in ("base.yaml", "changed.yaml")]
    assert found["totals"]["params"] == totals


def test_text_and_markdown() -> None:
    Path("changed.yaml").write_text(BASE.replace("out: 16", "out: 32"))
    text = run("base.yaml", "changed.yaml")
    assert "conv2: out 16 -> 32" in text
    assert "+208" in text
    markdown = run("base.yaml", "changed.yaml", "--format", "md")
    assert markdown.startswith("| row | change |")
    assert "\n- conv2: out 16 -> 32\n" in markdown
    assert run("base.yaml", "base.yaml") == "no difference in the architecture\n"


def test_totals_before_and_after() -> None:
    # conv2 has 12 * 16 + 16 params and fc 16 * 10 + 10; with 32 filters 12 * 32 + 32 and 330.
    before, after = compiled("base.yaml"), difference("out: 16", "out: 32").totals
    params = before.analysis.cost.params
    assert after.params == CountChange(params, params + 208 + 160)
    assert after.params.difference == 368
    assert after.params.percent == pytest.approx(100 * 368 / params)
    assert after.params_with_aux == CountChange(params + 110, params + 110 + 368)
    # Both layers are 1x1: conv2 on 8x8 elements.
    assert after.macs.difference == 12 * 16 * 64 + 160
    assert after.depth == CountChange(5, 5)
    assert after.depth.percent == 0
    assert CountChange(0, 3).percent is None


def test_totals_are_printed_with_percents() -> None:
    Path("changed.yaml").write_text(BASE.replace("out: 16", "out: 32"))
    pair = compare(compiled("base.yaml").analysis, compiled("changed.yaml").analysis).totals.params
    percent = f"+{100 * 368 / pair.before:.2f}%"
    text = run("base.yaml", "changed.yaml")
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    assert ["params", f"{pair.before:,}", f"{pair.after:,}", "+368", percent] in lines
    assert ["depth", "5", "5", "0"] in lines
    assert any(line[0] == "MACs with auxiliary heads" for line in lines)
    markdown = run("base.yaml", "changed.yaml", "--format", "md")
    assert f"| params | {pair.before:,} | {pair.after:,} | +368 | {percent} |" in markdown
    found = json.loads(run("base.yaml", "changed.yaml", "--format", "json"))
    assert found["totals"]["params_with_aux"] == [pair.before + 110, pair.after + 110]
    assert found["percent"]["params"] == pytest.approx(pair.percent)
    assert found["percent"]["depth"] == 0


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        *((100, 105, "+5.00%"), (100, 95, "-5.00%"), (7, 7, ""), (0, 5, ""), (1, 11, "+1,000.00%")),
        *((10**6, 10**6 + 1, "+<0.01%"), (10**6, 10**6 - 1, "-<0.01%"), (10**4, 9999, "-0.01%")),
    ],
)
def test_percents(before: int, after: int, text: str) -> None:
    assert shown_percent(CountChange(before, after)) == text


def test_file_names_are_no_markup() -> None:
    Path("@team.yaml").write_text(BASE)
    text = run("base.yaml", "base.yaml", "@team.yaml", "--format", "md")
    assert "### base.yaml -> `@team.yaml`\n" in text


def test_an_increase_has_a_limit() -> None:
    Path("changed.yaml").write_text(BASE.replace("out: 16", "out: 32"))
    pair = compare(compiled("base.yaml").analysis, compiled("changed.yaml").analysis).totals.params
    grown = ["diff", "base.yaml", "changed.yaml", "--max-increase"]

    result = CliRunner().invoke(cli, [*grown, "params=2%"])
    assert result.exit_code == 1
    said = (
        f"changed.yaml: params: {pair.after:,} is {pair.percent:.2f}% more than the {pair.before:,}"
    )
    assert f"{said} of base.yaml; the limit is 2%" in result.stderr
    # The limit is exact: the growth itself passes, and a hundredth less fails.
    assert 368 * 100 % pair.before
    for percent, status in (("100%", 0), ("0%", 1), (f"{100 * 368 // pair.before}%", 1)):
        assert CliRunner().invoke(cli, [*grown, f"params={percent}"]).exit_code == status
    shrunk = ["diff", "changed.yaml", "base.yaml", "--max-increase", "params=0%"]
    assert CliRunner().invoke(cli, shrunk).exit_code == 0
    for wrong in ("params", "params=5", "params=-5%", "params=5 %", "weights=5%", "=5%"):
        assert CliRunner().invoke(cli, [*grown, wrong]).exit_code == 2


def test_revisions_in_git(folder: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=archc", "-c", "user.email=archc@example.org"]
        subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)

    Path("specs").mkdir()
    Path("specs/base.yaml").write_text(BASE)
    Path("specs/variant.yaml").write_text("extends: base.yaml\nname: Variant\n")
    git("init", "-q")
    git("add", "specs")
    git("commit", "-qm", "before")
    Path("specs/base.yaml").write_text(BASE.replace("out: 16", "out: 32"))
    text = run("HEAD:specs/variant.yaml", "specs/variant.yaml")
    assert "conv2: out 16 -> 32" in text
    assert run("HEAD:specs/base.yaml", "HEAD:specs/base.yaml").startswith("no difference")
    for name in ("HEAD:specs/none.yaml", "NOWHERE:specs/base.yaml", "--help:specs/base.yaml"):
        result = CliRunner().invoke(cli, ["diff", "--", name, "specs/base.yaml"])
        assert result.exit_code == 1
        assert "cannot read" in result.output or "invalid revision" in result.output
