"""Tests that every code is explained, and that the explanations are correct.

An example gives its code and no other, and the corrected example passes. Console blocks show the
real output; ``--update-expected`` rewrites it.
"""

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from reference import renewed

from archc.checks.lints import lints
from archc.cli import cli
from archc.diagnostics import Code
from archc.views import explanations
from archc.views.explanations import Explanation, parse

FOLDER = Path(explanations.__file__).parents[1] / "diagnostics" / "explanations"
PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
KNOWN = explanations.explanations()
BLOCKS = re.compile(r"```(\w+)\n(?:# file: (\S+)\n)?(.*?)```", re.DOTALL)
REPORTED = re.compile(r"\b(?:error|warning)\[(\w+)\]")
IN_CONSOLE = [e for e in KNOWN if "```console" in e.example]
IN_YAML = [e for e in KNOWN if e not in IN_CONSOLE]

by_code = pytest.mark.parametrize("explanation", KNOWN, ids=lambda e: e.code)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def archc(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def written(section: str) -> list[str]:
    """Write the section's files, and return the specs' names."""
    files = [(file, body) for language, file, body in BLOCKS.findall(section) if body]
    names = []
    for file, body in files:
        if file or "console" not in section:
            name = file or "spec.yaml"
            Path(name).parent.mkdir(exist_ok=True)
            # Write the whole block, so that line numbers are those in the output.
            Path(name).write_text(f"# file: {file}\n{body}" if file else body)
            names.append(name)
    return names


def printed(command: str) -> str:
    """Return the output of a console block's command, from both streams."""
    words = shlex.split(command)
    if words[0] == "archc":
        return archc(*words[1:]).output
    if words[0] == "python":
        runpy.run_path(words[1])
        return ""
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def transcript(body: str) -> str:
    """Return the console block with the current output."""
    commands = [line.removeprefix("$ ") for line in body.split("\n") if line.startswith("$ ")]
    return "".join(f"$ {command}\n{printed(command)}" for command in commands)


def test_every_code_has_a_file_and_every_file_a_code() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted(Code)
    assert {e.code for e in KNOWN} >= set(Code)


def test_a_code_is_called_as_in_the_compiler() -> None:
    names = {e.code: e.name for e in KNOWN}
    assert [names[code] for code in Code] == [code.name.lower().replace("_", "-") for code in Code]


def test_names_are_unique() -> None:
    assert len({e.name for e in KNOWN}) == len(KNOWN)


@by_code
def test_it_fits_a_terminal(explanation: Explanation) -> None:
    prose = BLOCKS.sub("", explanations.as_markdown(explanation))
    assert [line for line in prose.split("\n") if len(line) > 80] == []


@pytest.mark.parametrize("explanation", IN_YAML, ids=lambda e: e.code)
def test_an_example_gives_its_code_and_no_other(explanation: Explanation) -> None:
    result = archc("check", *written(explanation.example))
    assert set(REPORTED.findall(result.output)) == {explanation.code}, result.output


@pytest.mark.parametrize("explanation", IN_YAML, ids=lambda e: e.code)
def test_the_corrected_example_passes(explanation: Explanation) -> None:
    result = archc("check", *written(explanation.instead))
    assert REPORTED.findall(result.output) == []
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("explanation", IN_CONSOLE, ids=lambda e: e.code)
def test_console_blocks_print_what_is_shown(
    explanation: Explanation, request: pytest.FixtureRequest
) -> None:
    found = {}
    for section in (explanation.example, explanation.instead):
        written(section)
        (shown,) = (body for language, _, body in BLOCKS.findall(section) if language == "console")
        current = transcript(shown)
        found[section] = set(REPORTED.findall(current))
        if request.config.getoption("--update-expected"):
            path = FOLDER / f"{explanation.code}.md"
            text = path.read_text().replace(f"```console\n{shown}```", f"```console\n{current}```")
            path.write_text(text)
        else:
            assert current == shown
    # An edited file is also reported as edited.
    beside = {Code.STALE_FILE} if explanation.code == Code.DIFFERENT else set()
    assert found[explanation.example] == {explanation.code} | beside
    assert found[explanation.instead] == set()


def test_the_page_is_current() -> None:
    text = PAGE.read_text()
    assert renewed(text) == text
    for explanation in KNOWN:
        assert f"\n### {explanation.code} {explanation.name}\n" in text


def test_the_page_begins_with_a_diagnostic_as_it_is_shown(request: pytest.FixtureRequest) -> None:
    (concat,) = (e for e in KNOWN if e.code == Code.CONCAT)
    (spec,) = written(concat.example)
    Path(spec).rename("net.yaml")
    text = PAGE.read_text()
    language, _, shown = BLOCKS.findall(text)[0]
    current = transcript(shown)
    if request.config.getoption("--update-expected"):
        PAGE.write_text(text.replace(f"```console\n{shown}```", f"```console\n{current}```", 1))
    else:
        assert (language, shown) == ("console", current)


def test_the_pages_index_leads_to_its_headings() -> None:
    text = PAGE.read_text()
    anchors = re.findall(r"\]\(#([\w-]+)\)", text)
    headings = [line[4:].lower().replace(" ", "-") for line in re.findall(r"^### .*$", text, re.M)]
    assert anchors == headings == [f"{e.code}-{e.name}".lower() for e in KNOWN]


def test_every_code_is_in_a_group() -> None:
    members = [e for group in explanations.grouped(KNOWN).values() for e in group]
    assert members == list(KNOWN)


@pytest.mark.parametrize("word", ["A302", "a302", "concat", "CONCAT"])
def test_a_code_is_found_in_any_case_and_by_its_name(word: str) -> None:
    result = archc("explain", word)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.output.startswith(
        "A302 concat\nBranches of a Concat, or a Residual and its shortcut, do not fit together.\n"
        "\nWhy\nJoined branches must agree"
    )
    assert "\n\nExample\n    archc: 1\n    name: Net\n" in result.output
    assert "```" not in result.output
    assert "\x1b" not in result.output


def test_names_may_be_written_as_in_python() -> None:
    assert archc("explain", "duplicate_key").output == archc("explain", "A104").output


def test_several_codes_each_once_in_their_order() -> None:
    both = archc("explain", "A302", "A104", "concat").output
    assert both == archc("explain", "A302").output + "\n\n" + archc("explain", "A104").output


def test_without_codes_all_are_listed() -> None:
    lines = archc("explain").output.splitlines()
    assert lines[0] == "Reading a file"
    assert [line.split()[:2] for line in lines if line[1:2].isdigit()] == [
        [e.code, e.name] for e in KNOWN
    ]
    assert "A302  concat" in "\n".join(lines)


def test_json_has_everything() -> None:
    (shown,) = json.loads(archc("explain", "A302", "--format", "json").output)
    assert Explanation(**shown) in KNOWN
    assert list(shown) == ["code", "name", "summary", "why", "example", "instead"]
    everything = json.loads(archc("explain", "--format", "json").output)
    assert [Explanation(**each) for each in everything] == list(KNOWN)


def test_markdown_is_a_section_of_the_page() -> None:
    shown = archc("explain", "a302", "--format", "md").output
    assert shown.startswith("# A302 concat\n\nBranches of")
    assert shown.replace("# ", "### ", 1).replace("\n## ", "\n#### ") in PAGE.read_text()
    assert archc("explain", "--format", "md").output in PAGE.read_text()


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("conact", "did you mean concat?"),
        ("A3022", "did you mean A302?"),
        ("zzz", "archc explain lists them"),
    ],
)
def test_an_unknown_code(word: str, hint: str) -> None:
    result = archc("explain", "A302", word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"Error: unknown code {word}: {hint}\n" in result.stderr


def test_colours_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert archc("explain", "A302").output.startswith("\x1b[1mA302 concat\x1b[0m\n")


LINT = (
    "L999",
    "wide_reduction",
    "A reduction is wider than what it reduces.\n\n## Why\nIt\nwastes.\n\n## Example\n"
    "```yaml\na: 1\n```\n\n## Instead\n```yaml\na: 2\n```\n",
)


def test_a_lint_is_explained_by_its_documentation() -> None:
    lint = lints()["wide_reduce"]
    assert lint.code in archc("explain").output
    text = archc("explain", "wide-reduce").output
    assert text.startswith(
        "L101 wide_reduce\nA 1x1 reduction increases the number of channels.\n\nWhy\n"
    )
    assert archc("explain", "wide_reduce").output == text


@pytest.mark.parametrize("lost", ["A reduction is wider than what it reduces.\n\n", "## Why\n"])
def test_another_form_is_refused(lost: str) -> None:
    code, name, text = LINT
    assert parse(code, name, text).name == "wide_reduction"
    with pytest.raises(ValueError, match="the explanation of L999 is not a summary, Why, Example"):
        parse(code, name, text.replace(lost, ""))


def test_only_who_asks_pays_for_the_texts() -> None:
    program = (
        "import sys; from archc.cli import cli; cli(['schema'], standalone_mode=False);"
        "assert 'archc.views.explanations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
