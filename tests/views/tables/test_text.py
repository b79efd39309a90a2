"""Tests tables as text and as Markdown: columns, colours, and the lines below."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from command_line import run, run_in_encoding

from archc.cli import cli
from archc.views.tables.table import Table, TableCell
from archc.views.tables.text import as_text

SPECS = Path(__file__).parents[3] / "specs"
SPEC = SPECS / "googlenet.yaml"


def test_an_ascii_table_is_aligned() -> None:
    lines = (
        run_in_encoding("ascii", "table", str(SPEC)).decode("ascii").split("\n\n")[0].splitlines()
    )
    rule = next(i for i, line in enumerate(lines) if line.startswith("---"))
    gaps = [match.start() for match in re.finditer(" (?=-)", lines[rule])]
    assert any(" ok " in line for line in lines)
    assert lines[-1].startswith("total with auxiliary heads  ")
    for line in lines[:-1]:
        assert all(line[gap - 1 : gap + 1].strip() == "" for gap in gaps), line


def test_headings_of_markdown_have_no_break() -> None:
    heading = run("table", str(SPEC), "--format", "md").stdout.split("\n")[0]
    assert "| patch/stride |" in heading


def test_markdown_says_below_the_table_what_the_text_says(tmp_path: Path) -> None:
    table, legend, notes = run("table", str(SPEC), "--format", "md").stdout.split("\n\n")
    assert all(line.startswith("| ") for line in table.splitlines())
    assert legend == (
        "✓ as printed; e before a printed value that is an erratum; no mark: not printed"
    )
    text = run("table", str(SPEC)).stdout.partition("\n\n")[2]
    assert re.sub(r"(?m)^( *)- ", r"\1", notes).replace(r"\*", "*") == text
    assert "\n- params and ops: 12 of 24 printed cells match" in notes
    assert r"  - conv1.params: the printed 2.7K is a depthwise separable 7x7" in notes
    spec = tmp_path / "spec.yaml"
    spec.write_text(
        SPEC.read_text().replace("in place of 832", "*in* <place> of [832](x) `y` a_b", 1)
    )
    notes = run("table", str(spec), "--format", "md").stdout
    assert r"\*in\* \<place> of \[832](x) \`y\` a_b" in notes
    unstated = run("table", str(SPECS / "googlenet_bn.yaml"), "--format", "md").stdout
    assert unstated.endswith("\n- The spec has no printed table.\n")
    assert "mark" not in unstated


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("table", str(SPEC)).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in CliRunner().invoke(cli, ["table", str(SPEC)], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(cli, ["table", str(SPEC)], color=True).stdout


def test_a_total_runs_over_empty_cells_and_never_into_a_full_one() -> None:
    def row(*texts: str) -> tuple[TableCell, ...]:
        return tuple(map(TableCell, texts))

    rows = (
        row("a", "", "1"),
        row("total of all", "", "2"),
        row("b", "", ""),
        row("a total", "c", "3"),
    )
    text = as_text(Table(("x", "long", "n"), rows, (1, 3)), lambda text, _: text)
    assert text.splitlines() == [
        "x  long  n",
        "-  ----  -",
        "a        1",
        "-  ----  -",
        "total of all  2",
        "-  ----  -",
        "b",
        "-  ----  -",
        "a total  c  3",
    ]
