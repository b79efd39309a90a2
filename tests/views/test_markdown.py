"""Tests that text in Markdown stays text in another renderer, and by GitHub's documentation.

After converting Markdown to HTML, GitHub links mentions, references and emoji in all text except
code: https://docs.github.com/en/get-started/writing-on-github. No such text may be outside
``<code>``.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archc.bench.results import Results
from archc.bench.runtimes import Workload
from archc.cli import cli
from archc.commands.run import bench
from archc.diagnostics.escapes import escape_line
from archc.views.markdown import escape
from archc.views.tables.table import Table, TableCell
from archc.views.tables.text import as_list, as_markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LAID_OUT = {"table", "thead", "tbody", "tr", "th", "td", "ul", "li", "p", "code"}
LIVE = {
    "a mention": r"(?<![\w/.])@\w",
    "an address": r"[\w.+-]+@[\w-]",
    "an issue": r"#[0-9]+\b",
    "an issue by its prefix": r"(?i)\b(?:GH|GHSA|CVE)-[0-9a-z]",
    "a commit": r"\b[0-9a-f]{7,40}\b",
    "an emoji": r":[a-z0-9_+-]+:",
    "a formula": r"\$",
    "a link": r"(?i)[a-z]://|www\.|mailto:|xmpp:",
}


class Rendered(HTMLParser):
    """Collects all text, the text outside code, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.prose = "", ""
        self.tags: set[str] = set()
        self._code = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self._code += tag == "code"
        self.prose += "\n" * (tag == "code")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag == "code"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.prose += "" if self._code else data


def squeezed(text: str) -> str:
    return " ".join(text.split())


def assert_shown(text: str, markdown: str) -> None:
    html = READER.render(markdown)
    rendered = Rendered(html)
    assert squeezed(rendered.text) == squeezed(escape_line(text)), html
    assert rendered.tags <= LAID_OUT, html
    found = [what for what, pattern in LIVE.items() if re.search(pattern, rendered.prose)]
    assert found == [], html


LIVELY = [
    *("ping @team", "(@org/team)", "x@y.org", "fixes #12", "org/repo#3", "GH-4", "ghsa-9x4c-63pf"),
    *("$x^2$ costs $5", "~~gone~~ and ~gone~", "https://x.org/a_b_c", "www.x.org", "mailto:a"),
    *("<b>bold</b> <!-- hidden --> <img src=x onerror=y>", "&lt; &copy; &#64;team", ":bug: 1:2:3"),
    *("a|b", "a\\|b", "@a|b@c", "`code`", "`@a``b", "``", "`@", r"\\@x", "\\", "a\\"),
    *("*b* **b** _i_ __i__", "[a](b) ![a](b) [a]: b", "[^1]", "[ ] todo", "- a", "+ a", "* a"),
    *("1. a", "1) a", "# h", "---", "===", "> q", ">q", "***", "___", "| a |", "- - -", "#"),
    *("deadbeef", "0123456789abcdef0123456789abcdef01234567", "1234567", "a\nb", "a\n\n# b"),
    *("3x3 -> 5x5", "#3x3 reduce", "+208", "\u202e@x", "a  \tb", "\u3000@x", "::notice::x"),
]


@pytest.mark.parametrize("text", LIVELY)
def test_text_stays_text(text: str) -> None:
    assert_shown(text, as_list([text]))
    cell = TableCell(text)
    table = as_markdown(Table(("", ""), ((cell, TableCell("last")),)))
    assert_shown(f"{text} last", table)
    assert READER.render(table).count("<td>") == 2
    heading = as_markdown(Table((text, "second"), ()))
    assert READER.render(heading).count("<th>") == 2
    assert_shown(f"{text} second", heading)


@given(st.text(st.sampled_from("@#$~`*_|\\<>&[]()!:;./-+=1a0bfgw \n"), max_size=24))
@example("www.GH-1")
def test_any_text_stays_text(text: str) -> None:
    assert_shown(text, as_list([text]))
    table = as_markdown(Table(("", ""), ((TableCell(text), TableCell("last")),)))
    assert_shown(f"{text} last", table)


def test_plain_text_is_left_alone() -> None:
    for text in ("conv: out 16 -> 32", "1,248,424", "#1x1", "11.3M e 13.6M", "3x3/2", "+5.00%"):
        assert escape(text) == text


def test_a_reason_that_a_spec_states_notifies_nobody(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(
        """\
archc: 1
name: Net
input: 3x8x8
classes: 10
head: {pool: {AvgPool: global}, fc: {Linear: classes}}
table:
  columns: [depth]
  rows: {fc: [2]}
  errata: {fc.depth: {computed: 1, why: "@team said so in #12, or $2$ was ~~meant~~"}}
"""
    )
    result = CliRunner().invoke(cli, ["table", str(spec), "--format", "md"])
    assert result.exit_code == 0, result.output
    rendered = Rendered(READER.render(result.stdout))
    assert "fc.depth: @team said so in #12, or $2$ was ~~meant~~" in rendered.text
    assert not any(re.search(pattern, rendered.prose) for pattern in LIVE.values())


def test_what_a_runtime_says_in_a_benchmark_notifies_nobody(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "eager: failed: ask @team, see #12"
    monkeypatch.setattr("archc.bench.view.footnotes", lambda results, predicted: [said])
    nothing = Results(Workload(1, "cpu", 1, False, False), (), {}, ())
    bench._show(nothing, [], "md", False)
    assert_shown(said, capsys.readouterr().out)
    bench._show(nothing, [], "text", False)
    assert said in capsys.readouterr().out


def test_lists_keep_their_levels() -> None:
    assert as_list(["of @all", "  part: _a_b_"]) == "- of `@all`\n  - part: \\_a_b\\_"
