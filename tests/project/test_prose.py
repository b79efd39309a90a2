"""The house style: phrases that must not come back, in any text that people read.

Checks Markdown outside code, and docstrings, comments and strings in Python. The reasons are in
docs/decisions/0034-a-list-of-phrases-guards-the-prose.md.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PHRASES = {
    r"(?:held|hold|holds|holding) (?:\S+ ){0,6}?against": "checked against, compared with",
    r"mend(?:s|ed|ing)?": "fix, correct",
    r"(?:stand|stands|standing) (?:in|where|beside|behind|among|at|below|above|there)": "is in",
    r"what stands": "the text, the value",
    r"whoever": "everyone who",
    r"what a box is": "details",
    r"walks? to": "reach",
    r"(?:give|gives|given|giving) (?:it |them )?out": "write, return",
    r"is no (?:kind|name|list|mapping|number|layer|spec) of": "unknown",
    r"is nothing in the network": "has no counterpart in the network",
    r"slips?": "mistake",
    r"findings?": "diagnostic",
    r"save for": "except",
    r"(?:is|are) (?:not )?remarked": "is reported",
    r"somebody's": "a user's",
    r"where there is none": "otherwise, if there is none",
    r"(?:what is|what was) wrong with": "the errors in",
    r"(?:is|are) said": "is reported, is printed",
    r"(?:is|are) asked (?:for|of)": "is requested",
    r"is gone without": "disappears without",
    r"(?:is|are) not there": "is missing",
    r"such as (?:it is|they are)": "as written",
    r"what the words mean": "glossary",
}
"""What not to write, as regular expressions, and what to write instead."""
CHECKED = (
    "*.md",
    "backends/**/*.j2",
    "backends/**/*.py",
    "benchmarks/*.md",
    "benchmarks/*.py",
    "compiler/**/*.js",
    "compiler/**/*.md",
    "compiler/**/*.py",
    "compiler/**/*.yaml",
    "docs/**/*.md",
    "docs/*.py",
    "examples/**/*.md",
    "examples/**/*.py",
    "specs/*.yaml",
    "tests/**/*.md",
    "tests/**/*.py",
)
MADE = ("docs/command-line.md", "docs/errors.md", "docs/python-api.md")
"""Made from other texts, which are checked themselves."""
PATTERN = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b".replace(" ", r"\s+"), re.IGNORECASE)
CODE = re.compile(r"```.*?```|``.*?``|`[^`]*`", re.DOTALL)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The prose of a file, each text with the number of its first line."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield 1, content
        return
    comments = [""] * (content.count("\n") + 1)
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type == tokenize.COMMENT:
            comments[token.start[0] - 1] = token.string.lstrip("# ")
    yield 1, "\n".join(comments)
    for node in ast.walk(ast.parse(content)):
        # A single word is an identifier or a key.
        if isinstance(node, ast.Constant) and " " in str(node.value):
            yield node.lineno, str(node.value)


def phrases(path: Path) -> list[tuple[int, str]]:
    """The phrases of the list in a file, each with its line."""
    found = set()
    for start, text in texts(path):
        prose = CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
        for match in PATTERN.finditer(prose):
            line = start + prose.count("\n", 0, match.start())
            found.add((line, " ".join(match[0].lower().split())))
    return sorted(found)


def checked() -> list[Path]:
    """The files to check."""
    found = {path for pattern in CHECKED for path in ROOT.glob(pattern)}
    paths = sorted(path for path in found if "node_modules" not in path.parts)
    return [
        path
        for path in paths
        if path.name != Path(__file__).name
        and "__pycache__" not in path.parts
        and path.relative_to(ROOT).as_posix() not in MADE
    ]


def test_no_phrase_of_the_list() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {phrase}"
        for path in checked()
        for line, phrase in phrases(path)
    ]
    assert found == [], "write it as PHRASES says"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.md", "# Title\n\nNumbers are held\nagainst the table.", [(3, "held against")]),
        ("a.md", "```\nwhoever\n```\n`mend` it, whoever\n", [(4, "whoever")]),
        ("a.yaml", "about: a small slip # whoever\n", [(1, "slip"), (1, "whoever")]),
        ("a.py", '"""Mends it.\n"""\nx = "save for y"\n', [(1, "mends"), (3, "save for")]),
        ("a.py", "x = 1  # it is\n# whoever\ny = 'findings'\n", [(2, "whoever")]),
        ("a.py", "# It stands\n# beside it.\n", [(1, "stands beside")]),
    ],
)
def test_phrases_are_found_in_prose(
    name: str, text: str, expected: list[tuple[int, str]], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert phrases(path) == expected


def test_the_index_of_decisions_has_every_title() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    for path in sorted(folder.glob("[0-9]*.md")):
        number, _, title = path.read_text().partition("\n")[0][2:].partition(". ")
        assert f"| [{number}]({path.name}) | {title}" in index
