"""Tests that the editor's schema is up to date, has descriptions, and agrees with the compiler.

``schema_exceptions.yaml`` lists specs that the compiler rejects and the schema accepts.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from schema_verdicts import COMMITTED, FILES, called, document, refused, validator
from strategies import specs

from archc.cli import cli
from archc.diagnostics import Diagnostic
from archc.diagnostics.spans import Source
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.fields.validation import to_python
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping
from archc.views.json_schema import editor_schema

ROOT = Path(__file__).parents[2]
LISTED = yaml.safe_load((ROOT / "tests" / "views" / "schema_exceptions.yaml").read_text())
EXCEPTIONS: dict[str, str] = LISTED["exceptions"]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


class Page(NamedTuple):
    """A spec from a page of the documentation."""

    name: str
    text: str


def shown() -> Iterator[Page]:
    """Return every whole spec in the documentation, named by page, heading and network."""
    for page in PAGES:
        text = page.read_text()
        for block in re.finditer(r"```yaml\n(.*?)```", text, re.DOTALL):
            name = re.search(r"^name: (\w+)$", block[1], re.M)
            if name and not block[1].startswith("# part of"):
                heading = re.findall(r"^### (.+)$", text[: block.start()], re.M)[-1:]
                path = str(page.relative_to(ROOT))
                yield Page("/".join([path, *heading, name[1]]), block[1])


SHOWN = tuple(shown())


def diagnostics_of(name: str) -> list[Diagnostic]:
    compiled = compile_spec(name)
    return list(compiled.diagnostics) if isinstance(compiled, Compiled) else compiled


def assert_agreement(name: str, path: Path, diagnostics: list[Diagnostic]) -> None:
    """Assert that both reject the spec, or neither, or that it is a listed exception."""
    composed = document(path)
    if composed is None:
        assert diagnostics
        assert name not in EXCEPTIONS, f"{name} never reaches the schema: strike it out"
        return
    if not diagnostics:
        assert not refused(composed), "the schema refuses a valid spec"
    elif refused(composed):
        assert name not in EXCEPTIONS, f"{name} is no exception any more: strike it out"
    else:
        codes = sorted({str(diagnostic.code) for diagnostic in diagnostics})
        assert name in EXCEPTIONS, f"the schema takes {name}, {', '.join(codes)}: for what reason?"
        assert set(codes) <= set(LISTED["reasons"][EXCEPTIONS[name]]["codes"])


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_schema_agrees_with_the_compiler(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert_agreement(called(path), path, diagnostics_of(path.name))


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.name))
def test_the_schema_agrees_on_what_the_documentation_shows(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("spec.yaml")
    path.write_text(page.text)
    assert_agreement(page.name, path, diagnostics_of(path.name))


def test_every_exception_is_there_and_every_reason_is_one() -> None:
    assert EXCEPTIONS.keys() <= {*map(called, FILES), *(page.name for page in SHOWN)}
    assert list(EXCEPTIONS) == sorted(EXCEPTIONS)
    assert set(EXCEPTIONS.values()) <= LISTED["reasons"].keys()


@settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(text=specs())
def test_the_schema_takes_random_valid_specs(text: str) -> None:
    composed = compose(Source("net.yaml", text))
    assert isinstance(composed, Mapping)
    assert list(validator().iter_errors(to_python(composed))) == []


def with_a_changed_word(text: str, draw: Random) -> str:
    """Return the text with one word or number misspelt, replaced or removed."""
    words = list(re.finditer(r"[A-Za-z_#][\w#]*|\d+(?:\.\d+)?", text))
    word = draw.choice(words)
    changes = ("", word[0][1:], f"{word[0]}{word[0][-1]}", f"{word[0][1:2]}{word[0][:1]}")
    new = draw.choice((*changes, "7", "-1", "0.5", "true", "word", "[1, 2]", draw.choice(words)[0]))
    return text[: word.start()] + new + text[word.end() :]


def test_a_changed_word_makes_no_valid_spec_a_refused_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draw = Random(20261125)
    good = [path for path in FILES if path.parent.name in ("specs", "good")]
    judged: Counter[tuple[bool, bool]] = Counter()
    for _ in range(150):
        path = Path("spec.yaml")
        path.write_text(with_a_changed_word(draw.choice(good).read_text(), draw))
        if (composed := document(path)) is None:
            continue
        verdict = bool(diagnostics_of(path.name)), refused(composed)
        assert verdict != (False, True), path.read_text()
        judged[verdict] += 1
    # The schema misses only names and numbers that are wrong in the whole network.
    assert judged[True, True] > 5 * judged[True, False]
    assert judged[False, False] > 20


def test_the_committed_schema_is_current() -> None:
    printed = CliRunner().invoke(cli, ["schema"]).stdout
    assert json.loads(printed) == editor_schema()
    assert COMMITTED.read_text() == printed, "renew it: archc schema > docs/archc.schema.json"


def test_ci_tries_the_schema_in_an_editor() -> None:
    commands = (
        "npm ci --prefix tests/editor ",
        ".venv/bin/pytest -n0 tests/editor/in_an_editor.py\n",
    )
    for file in (".ci/run", ".github/workflows/ci.yml", "CONTRIBUTING.md"):
        assert all(command in (ROOT / file).read_text() for command in commands), file


def described(schema: Any, inside: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every key in the schema with its definition, except keys in conditions."""
    if not isinstance(schema, dict):
        return
    for key, value in schema.get("properties", {}).items():
        if isinstance(value, dict):
            yield (*inside, key), value.get("description", "")
            yield from described(value, (*inside, key))
    for word in ("additionalProperties", "items", "else"):
        yield from described(schema.get(word), (*inside, word))
    for part in schema.get("allOf", ()):
        yield from described({} if "if" in part else part, inside)


def test_every_key_is_described() -> None:
    schema = editor_schema()
    named = dict(described({"properties": schema["properties"]}))
    for name, part in schema["definitions"].items():
        named |= described(part, (name,))
    assert len(named) > 300
    assert [path for path, text in named.items() if len(text) < 10 or text[-1] not in ".)`"] == []


@pytest.mark.parametrize(
    ("before", "after", "path", "message"),
    [
        ("out: 64}", "ot: 64}", "stem/conv1", "('ot' was unexpected)"),
        ("{Conv: 7x7/2,", "{Conv: 7*7/2,", "stem/conv1/Conv", "'7*7/2' does not match"),
        ("{Conv: 7x7/2,", "{Cnov: 7x7/2,", "stem/conv1", "'Cnov' does not match"),
        (", out: 64}", "}", "stem/conv1", "'out' is a required property"),
        ("{LRN: 5, alpha:", "{LRN: 5, alpa:", "stem/norm1", "('alpa' was unexpected)"),
        ("{Dropout: 0.4}", "{Dropout: [0.4]}", "head/dropout/Dropout", "is not of type"),
        ("{Dropout: 0.4}", "{Dropout: 1.4}", "head/dropout/Dropout", "maximum of 1"),
        (
            "{Linear: classes}",
            "{Linear: classes, bias: maybe}",
            "modules/AuxHead/Sequence/fc2/bias",
            "'boolean'",
        ),
        ("input: 3x224x224", "input: 224x224", "input", "'224x224' does not match"),
        ("archc: 1", "archc: 2", "archc", "1 was expected"),
        ("stem:", "stm:", "", "('stm' was unexpected)"),
        ("unit: 1024", "unit: 1025", "table/params/unit", "1025 is not one of"),
        ("from: inception4a,", "form: inception4a,", "aux/aux1", "('form' was unexpected)"),
        ("inception3a:", "lambda:", "inception", "'lambda' does not match"),
    ],
)
def test_the_best_match_is_the_mistake(before: str, after: str, path: str, message: str) -> None:
    text = (ROOT / "specs" / "googlenet.yaml").read_text()
    assert before in text
    composed = compose(Source("spec.yaml", text.replace(before, after, 1)))
    assert isinstance(composed, Mapping)
    fault = jsonschema.exceptions.best_match(validator().iter_errors(to_python(composed)))
    assert "/".join(map(str, fault.absolute_path)) == path
    assert message in fault.message
