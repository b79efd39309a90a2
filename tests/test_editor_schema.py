"""The editor's schema: current, described, as strict as one file allows, at one with the compiler.

Specs that the compiler refuses and the schema does not are listed in ``schema_exceptions.yaml``.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from strategies import specs

from archc.cli import cli
from archc.diagnostics import Diagnostic
from archc.editor_schema import editor_schema
from archc.pipeline import Compiled, compile_spec
from archc.source import Mapping, compose, read
from archc.spans import Source
from archc.validation import plain

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "specs"
COMMITTED = ROOT / "docs" / "archc.schema.json"
LISTED = yaml.safe_load((ROOT / "tests" / "schema_exceptions.yaml").read_text())
EXCEPTIONS: dict[str, str] = LISTED["exceptions"]
FILES = sorted([*(ROOT / "specs").glob("*.yaml"), *CORPUS.glob("[bgh]*/*.yaml")])
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


class Page(NamedTuple):
    """A spec that a page of the documentation shows."""

    name: str
    text: str


def shown() -> Iterator[Page]:
    """Every whole spec of the documentation."""
    for page in PAGES:
        for text in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            name = re.search(r"^name: (\w+)$", text, re.M)
            if name and not text.startswith("# part of"):
                yield Page(f"{page.relative_to(ROOT)}/{name[1]}", text)


SHOWN = tuple(shown())


@cache
def validator() -> Any:
    schema = editor_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def document(path: Path) -> Mapping | None:
    """The spec as the compiler reads it; None where what it holds never reaches a schema."""
    source = read(path)
    composed = compose(source) if isinstance(source, Source) else None
    return composed if isinstance(composed, Mapping) else None


def refused(composed: Mapping) -> bool:
    return next(validator().iter_errors(plain(composed)), None) is not None


def findings_of(name: str) -> list[Diagnostic]:
    compiled = compile_spec(name)
    return list(compiled.findings) if isinstance(compiled, Compiled) else compiled


def assert_agreement(name: str, path: Path, findings: list[Diagnostic]) -> None:
    """Both refuse the spec, or neither, or it is listed with a reason that its findings fit."""
    composed = document(path)
    if composed is None:
        assert findings
        assert name not in EXCEPTIONS, f"{name} never reaches the schema: strike it out"
        return
    if not findings:
        assert not refused(composed), "the schema refuses a valid spec"
    elif refused(composed):
        assert name not in EXCEPTIONS, f"{name} is no exception any more: strike it out"
    else:
        codes = sorted({finding.code.value for finding in findings})
        assert name in EXCEPTIONS, f"the schema takes {name}, {', '.join(codes)}: for what reason?"
        assert set(codes) <= set(LISTED["reasons"][EXCEPTIONS[name]]["codes"])


def called(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=called)
def test_the_schema_agrees_with_the_compiler(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    assert_agreement(called(path), path, findings_of(path.name))


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.name))
def test_the_schema_agrees_on_what_the_documentation_shows(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("spec.yaml")
    path.write_text(page.text)
    assert_agreement(page.name, path, findings_of(path.name))


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
    assert list(validator().iter_errors(plain(composed))) == []


def test_the_committed_schema_is_current() -> None:
    printed = CliRunner().invoke(cli, ["schema"]).stdout
    assert json.loads(printed) == editor_schema()
    assert COMMITTED.read_text() == printed, "renew it: archc schema > docs/archc.schema.json"


def described(schema: Any, inside: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every key that the schema names, and what it says of it, leaving conditions aside."""
    if isinstance(schema, list):
        for part in schema:
            yield from described(part, inside)
    if not isinstance(schema, dict):
        return
    for key, value in schema.get("properties", {}).items():
        if isinstance(value, dict) and "errorMessage" not in schema and "not" not in value:
            yield (*inside, key), value.get("description", "")
    for key, part in schema.items():
        conditional = key == "allOf" and any("if" in each for each in part)
        if key in ("then", "else") and "if" in schema and "properties" in part:
            continue  # a condition on keys that are described elsewhere
        if key not in ("if", "not", "properties") and not conditional:
            yield from described(part, (*inside, key))
        elif key == "properties":
            for name, value in part.items():
                yield from described(value, (*inside, name))


def test_every_key_is_described() -> None:
    schema = editor_schema()
    named = dict(described({"properties": schema["properties"], **schema["definitions"]}))
    assert len(named) > 140
    assert [path for path, text in named.items() if len(text) < 10 or text[-1] not in ".)`"] == []
