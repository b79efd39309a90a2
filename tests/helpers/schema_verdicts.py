"""Checks specs with the editor's schema."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from archc.diagnostics.spans import Source
from archc.language.fields.validation import to_python
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping
from archc.language.yaml.reading import read
from archc.views.json_schema import editor_schema

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "specs"
COMMITTED = ROOT / "docs" / "archc.schema.json"
FILES = sorted([*(ROOT / "specs").glob("*.yaml"), *CORPUS.rglob("*.yaml")])


@cache
def validator() -> Any:
    schema = editor_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def document(path: Path) -> Mapping | None:
    """Return the spec as the compiler reads it; None if an editor's schema never sees it."""
    source = read(path)
    composed = compose(source) if isinstance(source, Source) else None
    return composed if isinstance(composed, Mapping) else None


def refused(composed: Mapping) -> bool:
    """Return the schema's verdict. jsonschema needs some sixty nested calls per level of a spec."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        return next(validator().iter_errors(to_python(composed)), None) is not None
    finally:
        sys.setrecursionlimit(before)


def called(path: Path) -> str:
    """Return the spec's path below the corpus, or below the repository."""
    folder = CORPUS if path.is_relative_to(CORPUS) else ROOT
    return path.relative_to(folder).with_suffix("").as_posix()
