"""Tests that everything in the README and the pages of docs/ runs as shown.

Each page's blocks are followed in order, in one initially empty folder: console blocks must print
the shown output, YAML blocks that name a file are written, Python blocks are executed. A line
``...`` in an output replaces omitted lines. Parts of files must be in those files; ``sh`` blocks
are not run.
"""

import difflib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import torch
from reference import renewed

from archc.cli import cli
from archc_backends.pytorch.run.reference import torchvision_models

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
LEFT_OUT = "..."
# Pages whose blocks are not steps that follow one another. Each has a test of its own.
TESTED_ELSEWHERE = {"continuous-integration", "errors", "language"}
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *(page for page in DOCS if page.stem not in TESTED_ELSEWHERE)]
EVERY_PAGE = pytest.mark.parametrize(
    "page", [README, *DOCS], ids=lambda page: str(page.relative_to(ROOT))
)


def blocks(page: Path) -> list[tuple[str, str]]:
    """The language and the body of each block."""
    return BLOCKS.findall(page.read_text())


def steps(page: Path) -> list[tuple[str, str]]:
    """The blocks that are followed; a word of YAML that names no file is only read."""
    return [
        (language, body)
        for language, body in blocks(page)
        if language in ("console", "python") or body.startswith("# file: ")
    ]


FOLLOWED = [page for page in PAGES if steps(page)]


def run(command: str, folder: Path) -> str:
    """Return the command's output from both streams."""
    words = shlex.split(command)
    assert words[0] == "archc"
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "archc", *words[1:]],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def transcript(body: str, folder: Path) -> str:
    """Return the console block with the current output."""
    before, *shown = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)
    assert before == ""
    commands = zip(shown[::2], shown[1::2], strict=True)
    return "".join(f"$ {c}\n{abridged(run(c, folder), output)}" for c, output in commands)


def abridged(output: str, shown: str) -> str:
    """The output without the lines that ``shown`` leaves out.

    Where a line is no longer printed, the most similar one takes its place.
    """
    if LEFT_OUT not in (lines := shown.splitlines()):
        return output
    printed = output.splitlines()
    kept: list[str] = []
    position, skips = 0, False
    for line in lines:
        if line == LEFT_OUT:
            skips = True
            continue
        rest = printed[position:] if skips else printed[position : position + 1]
        now = line if line in rest else next(iter(difflib.get_close_matches(line, rest, 1)), None)
        if now is not None:
            found = position + rest.index(now)
            kept += [LEFT_OUT, now] if found > position else [now]
            position, skips = found + 1, False
    rest = printed[position:]
    return "\n".join([*kept, *([LEFT_OUT] if skips and rest else rest), ""])


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda page: str(page.relative_to(ROOT)))
def test_following_it_gives_what_is_shown(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    update_expected = request.config.getoption("--update-expected")
    text = page.read_text()
    if "googlenet.pth" in text:
        # Random weights instead of torchvision's own, which would be a download.
        theirs = torchvision_models().googlenet(weights=None, aux_logits=False, init_weights=False)
        torch.save(theirs.state_dict(), tmp_path / "googlenet.pth")
    for language, body in steps(page):
        if language == "yaml":
            # Write the whole block, so that line numbers are those in the output.
            first = body.partition("\n")[0]
            (tmp_path / first.removeprefix("# file: ")).write_text(body)
        elif language == "python":
            if not body.startswith("# part of "):
                subprocess.run([sys.executable, "-c", body], cwd=tmp_path, check=True)
        else:
            current = transcript(body, tmp_path)
            if update_expected:
                text = text.replace(f"```console\n{body}```", f"```console\n{current}```")
                page.write_text(text)
            else:
                assert current == body


def test_pages_show_what_they_are_about() -> None:
    """No page loses its blocks to a typing mistake in their fences."""
    languages = {language for page in [README, *DOCS] for language, _ in blocks(page)}
    assert languages == {"console", "python", "sh", "yaml"}
    assert len(FOLLOWED) >= 10
    assert sum(len(steps(page)) for page in FOLLOWED) >= 35


@pytest.mark.parametrize("page", sorted(TESTED_ELSEWHERE))
def test_pages_without_steps_have_a_test_of_their_own(page: str) -> None:
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert re.search(rf'^PAGE = .*/ "{page}.md"$', tests, re.MULTILINE)


@EVERY_PAGE
def test_parts_of_files_are_in_those_files(page: Path) -> None:
    for _, body in blocks(page):
        first, _, rest = body.partition("\n")
        if first.startswith("# part of "):
            name = first.removeprefix("# part of ")
            assert rest in (ROOT / ("specs" if name.endswith(".yaml") else "") / name).read_text()


@EVERY_PAGE
def test_every_command_and_option_named_exists(page: Path) -> None:
    spans = re.findall(r"`([^`\n]+)`", BLOCKS.sub("", page.read_text()))
    code = "\n".join([*spans, *(body for _, body in blocks(page))])
    named = re.findall(r"(?:^|&& |\$ )archc ([^\n&|>]+)", code, re.MULTILINE)
    context = click.Context(cli)
    for words in (line.partition("  #")[0].split() for line in named):
        command = cli.get_command(context, words[0])
        if command is None:
            assert words[0] in ("COMMAND", "--help"), words
            continue
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        options = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert options - known == set(), words


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    text = BLOCKS.sub("", page.read_text())
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'(?:src|href)="([^"#]+)', text)
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_the_index_leads_to_every_page() -> None:
    links = re.findall(r"\]\(([\w.-]+\.md)", (ROOT / "docs/README.md").read_text())
    assert {page.name for page in DOCS} - {"README.md"} == set(links)


def test_the_two_lines_are_two_lines() -> None:
    lines = [body.strip() for language, body in blocks(README) if language == "sh"][:2]
    assert all("\n" not in line for line in lines)
    assert lines[0].endswith("archc build googlenet.yaml")
    assert lines[1].endswith("pytest")


def test_the_readme_is_short_and_names_every_network() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 220
    assert [p.stem for p in (ROOT / "specs").glob("*.yaml") if f"`{p.stem}`" not in text] == []


def test_the_lines_for_ci_are_those_of_the_page_about_it() -> None:
    (section,) = re.findall(r"^## [^\n]* CI\n(.*?)^## ", README.read_text(), re.DOTALL | re.M)
    (lines,) = (body for language, body in BLOCKS.findall(section) if language == "sh")
    page = (ROOT / "docs/continuous-integration.md").read_text()
    commands = [line.partition("  #")[0].rstrip() for line in lines.splitlines()]
    assert len(commands) == 5
    assert [command for command in commands if f"{command}\n" not in page] == []


@EVERY_PAGE
def test_what_is_made_from_the_compiler_is_current(page: Path) -> None:
    assert page.read_text() == renewed(page.read_text()), "run python docs/reference.py docs/*.md"
