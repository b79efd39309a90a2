"""Tests LaTeX tables with pylatexenc: they contain no unintended commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec
from pylatexenc.latex2text import get_default_latex_context_db as text_context
from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexCommentNode,
    LatexEnvironmentNode,
    LatexMacroNode,
    LatexMathNode,
    LatexSpecialsNode,
    LatexWalker,
)
from pylatexenc.latexwalker import get_default_latex_context_db as walker_context
from pylatexenc.macrospec import std_macro

from archc.checks.conformance import CellResult
from archc.checks.conventions import rank_conventions
from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.views.tables.counting import conventions_table
from archc.views.tables.latex import as_latex, escaped
from archc.views.tables.network import layers_table, rows_table
from archc.views.tables.table import Table, TableCell

FOLDER = Path(__file__).parents[3] / "specs"
SPECS = sorted(path.name for path in FOLDER.glob("*.yaml"))
RULES = ("toprule", "midrule", "bottomrule")
MARKS = {"checkmark": "✓", "dagger": "†", "neq": "≠"}
SIGNS = ("times", "textbackslash", "textasciitilde", "textasciicircum", "textasciigrave", "symbol")
COMMANDS = {*RULES, *MARKS, *SIGNS, *"\\#$%&_{}", "multicolumn", "footnotesize"}
ODD = '^"<>|'
IN_FORMULAS = ("$<$", "$>$", "$|$")
HOSTILE = (
    r"\input{/etc/passwd}",
    r"\\ \end{tabular}",
    r"a & b \\",
    "a_b^c ~ #1 ${x}$ 100%",
    "^^5cinput",
    "[2in]*",
    "*",
    "<script> | \"'' ``q`` -- --- !` ?`",
    "✓ ✗",
    "#3x3 reduce",
    "conv3x3_1x1.conv 7x7/2",
)


class Cell(NamedTuple):
    """The text of a cell, and how many columns it spans."""

    text: str
    span: int = 1


def context() -> Any:
    """Return pylatexenc's commands and those of booktabs and tables, with their arguments."""
    context = walker_context()
    rules = [std_macro(name, True, 0) for name in RULES]
    others = [std_macro("multicolumn", False, 3), std_macro("symbol", False, 1)]
    context.add_context_category("tables", macros=[*rules, *others], prepend=True)
    return context


def reader() -> LatexNodes2Text:
    """Converts LaTeX to text, including signs that pylatexenc does not know."""
    context = text_context()
    signs = [MacroTextSpec(name, sign) for name, sign in MARKS.items()]
    signs.append(MacroTextSpec("textasciicircum", "^"))  # not an accent
    symbol = MacroTextSpec("symbol", lambda node: chr(int(plain(node.nodeargd.argnlist[0]))))
    context.add_context_category("signs", macros=[*signs, symbol], prepend=True)
    return LatexNodes2Text(context)


def plain(node: Any) -> str:
    """Return the characters of a group that contains only characters."""
    (characters,) = node.nodelist
    assert isinstance(characters, LatexCharsNode)
    return str(characters.chars)


def nodes_of(text: str) -> list[Any]:
    nodes: list[Any] = LatexWalker(
        text, latex_context=context(), tolerant_parsing=False
    ).get_latex_nodes()[0]
    return nodes


def commands(nodes: list[Any]) -> Iterator[str]:
    """Yield every command at any depth, every special except cell separators, every odd character.

    Odd characters are those that pylatexenc keeps, but TeX or its classic fonts render otherwise.
    """
    for node in nodes:
        if isinstance(node, LatexCharsNode):
            yield from (character for character in node.chars if character in ODD)
            yield from (character for character in node.chars if not character.isascii())
        if isinstance(node, LatexMathNode) and node.latex_verbatim() in IN_FORMULAS:
            continue
        if isinstance(node, LatexMacroNode):
            yield node.macroname
        if isinstance(node, LatexSpecialsNode) and node.specials_chars != "&":
            yield node.specials_chars
        assert not (isinstance(node, LatexEnvironmentNode) and node.environmentname != "tabular")
        arguments = node.nodeargd.argnlist if getattr(node, "nodeargd", None) else []
        yield from commands([inner for inner in arguments if inner is not None])
        yield from commands(getattr(node, "nodelist", None) or [])


def text_of(nodes: list[Any]) -> str:
    """Normalise the text: one space for many, and archc's x for a multiplication sign."""
    return " ".join(reader().nodelist_to_text(nodes).split()).replace("\u00d7", "x")


def cell_of(nodes: list[Any]) -> Cell:
    for node in nodes:
        if isinstance(node, LatexMacroNode) and node.macroname == "multicolumn":
            span, _, content = node.nodeargd.argnlist
            return Cell(text_of(content.nodelist), int(plain(span)))
    return Cell(text_of(nodes))


class Tabular(NamedTuple):
    """A parsed tabular: the alignment of columns, and groups of rows between rules."""

    alignment: list[str]
    parts: list[list[list[Cell]]]

    def texts(self, row: list[Cell]) -> list[str]:
        """Return the row's text for each column of the table, with values and marks joined."""
        cells = [text for cell in row for text in (cell.text, *[""] * (cell.span - 1))]
        texts, begin = [], 0
        for setting in self.alignment:
            end = begin + (2 if "@" in setting else 1)
            texts.append(" ".join(filter(None, cells[begin:end])))
            begin = end
        assert begin == len(cells)
        return texts


def read(text: str) -> Tabular:
    """Parse the only tabular in the text; everything else must be comments."""
    nodes = nodes_of(text)
    assert set(commands(nodes)) <= COMMANDS
    *before, tabular, after = nodes
    assert isinstance(tabular, LatexEnvironmentNode)
    assert after.chars == "\n"
    assert all(isinstance(node, LatexCommentNode) for node in before)
    (setting,) = tabular.nodeargd.argnlist
    alignment = re.findall(r"[lr](?:@\{ \}l)?", setting.latex_verbatim()[1:-1])
    assert setting.latex_verbatim() == f"{{{''.join(alignment)}}}"
    parts: list[list[list[Cell]]] = []
    row: list[Cell] = []
    cell: list[Any] = []
    for node in tabular.nodelist:
        name = getattr(node, "macroname", None)
        if name in RULES:
            assert text_of([*cell, node]) == "" and row == []
            assert node.nodeargd.argnlist == [None]
            parts.append([])
            cell = []
        elif name == "\\":
            assert node.nodeargd.argnlist == [None, None]
            parts[-1].append([*row, cell_of(cell)])
            row, cell = [], []
        elif isinstance(node, LatexSpecialsNode) and node.specials_chars == "&":
            row, cell = [*row, cell_of(cell)], []
        else:
            cell.append(node)
    assert text_of(cell) == "" and row == []
    width = sum(2 if "@" in setting else 1 for setting in alignment)
    assert {sum(cell.span for cell in row) for part in parts for row in part} == {width}
    return Tabular(alignment, parts)


def shown(cell: TableCell) -> str:
    """Return the text expected in LaTeX."""
    text = cell.text
    if cell.result:
        text = text.replace(" e ", " † ").replace(" ✗ ", " ≠ ")
    return " ".join(text.replace("✗", "≠").split())


def check(table: Table) -> Tabular:
    """Check that the LaTeX has the cells of the table."""
    latex = read(as_latex(table))
    heads, *parts, legend = latex.parts
    heading = [
        " ".join(filter(None, words)) for words in zip(*map(latex.texts, heads), strict=True)
    ]
    assert heading == [shown(TableCell(text)) for text in table.headings]
    rows = [latex.texts(row) for part in parts for row in part]
    assert rows == [[shown(cell) for cell in row] for row in table.rows]
    begins = [sum(map(len, parts[:i])) for i in range(1, len(parts))]
    assert set(begins) == {row for row in table.ruled_rows if row < len(table.rows)}
    verdicts = {cell.verdict for row in table.rows for cell in row if cell.result}
    assert len(legend) == bool(verdicts)
    said = legend[0][0].text if legend else ""
    assert [mark in said for mark in "✓†≠"] == [
        verdict in verdicts for verdict in ("match", "erratum", "mismatch")
    ]
    return latex


def compiled(name: str) -> Compiled:
    result = compile_spec(str(FOLDER / name))
    assert isinstance(result, Compiled)
    return result


@pytest.mark.parametrize("name", SPECS)
def test_tables_say_in_latex_what_they_say_as_text(name: str) -> None:
    analysis, conformance = compiled(name).analysis, compiled(name).conformance
    check(rows_table(analysis, conformance))
    check(layers_table(analysis))
    if ranking := rank_conventions(analysis):
        check(conventions_table(ranking))


def test_numbers_are_right_aligned_with_marks_after_them() -> None:
    googlenet = compiled("googlenet.yaml")
    table = check(rows_table(googlenet.analysis, googlenet.conformance))
    assert table.alignment == ["l", "l", "l", "l@{ }l", "r@{ }l", *"rrrrrr", "r@{ }l", "r@{ }l"]
    (total,), (*_, with_aux) = table.parts[2], table.parts[-2]
    assert total[0] == Cell("total", 5) and total[1].text == "22"
    assert with_aux[0] == Cell("total with auxiliary heads", 13)
    layers = check(layers_table(compiled("googlenet_bn.yaml").analysis))
    assert layers.alignment == [*"lllll", *"rrrrrrr", *"ll"]


def test_every_verdict_has_its_mark() -> None:
    def judged(text: str, verdict: Any) -> TableCell:
        return TableCell(text, verdict, CellResult("9.1K", "2.7K", verdict))

    cells = (
        TableCell("9K"),
        judged("9.1K ✓", "match"),
        judged("9.1K e 2.7K", "erratum"),
        judged("9.1K ✗ 2.7K", "mismatch"),
    )
    for count in range(1, 5):
        check(Table(("params",), tuple((cell,) for cell in cells[:count])))
        check(Table(("params",), tuple((cell,) for cell in cells[-count:])))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_text_everywhere(text: str) -> None:
    cells = (TableCell(text), TableCell("1"))
    judged = TableCell(f"{text} e {text}", "erratum", CellResult(text, text, "erratum"))
    check(Table((text, "a"), (cells, cells)))
    check(Table(("a", text), (cells[::-1], cells[::-1])))
    check(Table((text, text), ((judged, judged), cells, cells), (1,)))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12))
@example("--" * 3)
@example("3x3x3 3x 3x3x x3x3 _3x3 1.3x3")
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    nodes = nodes_of(escaped(text))
    assert set(commands(nodes)) <= COMMANDS - {"\\", "multicolumn", *RULES}
    assert text_of(nodes) == " ".join(text.split())


def test_sizes_are_crossed_and_names_are_not() -> None:
    assert escaped("112x112x64 7x7/2") == r"112$\times$112$\times$64 7$\times$7/2"
    assert escaped("#3x3 reduce") == r"\#3$\times$3 reduce"
    for name in ("conv3x3", "branch7x7x3.conv", "conv_3x3", "3x3r"):
        assert escaped(name) == name.replace("_", r"\_")


SPEC = """\
archc: 1
name: Net
input: 3x8x8
classes: 10
modules:
  A_B:
    columns: ["#1x1_#", "n_#_3x3 _ #"]
    Concat:
      b_1x1: {Conv: 1x1, out: "#1x1_#"}
      b_2: {Conv: 3x3, out: "n_#_3x3 _ #"}
body:
  row_1__x: {A_B: [4, 8]}
  total: {A_B: [4, 8]}
head:
  pool_: {AvgPool: global}
  fc: {Linear: classes}
"""


def test_a_spec_of_special_characters(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(SPEC)
    for option in ([], ["--layers"]):
        result = CliRunner().invoke(cli, ["table", str(spec), "--format", "latex", *option])
        assert result.exit_code == 0, result.output
        table = read(result.stdout)
        assert any(row[0].text.startswith("row_1__x") for part in table.parts for row in part)
    net = compile_spec(str(spec))
    assert isinstance(net, Compiled)
    check(rows_table(net.analysis, net.conformance))
    check(layers_table(net.analysis))


def test_the_first_lines_say_which_packages_it_needs() -> None:
    googlenet = compiled("googlenet.yaml")
    with_marks = as_latex(rows_table(googlenet.analysis, googlenet.conformance))
    without = as_latex(layers_table(googlenet.analysis))
    packages = [
        re.findall(r"(?m)^%.*\\usepackage\{(\w+)\}", text) for text in (with_marks, without)
    ]
    assert packages == [["booktabs", "amssymb"], ["booktabs"]]
    assert with_marks.isascii() and with_marks.endswith("\\end{tabular}\n")


def test_notes_below_the_table_are_in_comments(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    text = (FOLDER / "googlenet.yaml").read_text()
    spec.write_text(text.replace("in place of 832", r"^^M \input{x} 100% of 832", 1))
    plain, latex = (
        CliRunner().invoke(cli, ["table", str(spec), "--format", output_format]).stdout
        for output_format in ("text", "latex")
    )
    read(latex)
    notes = plain.partition("\n\n")[2].splitlines()
    assert len(notes) == 17
    assert [line for line in latex.splitlines() if line.removeprefix("% ") in notes] == [
        f"% {note}" for note in notes
    ]
