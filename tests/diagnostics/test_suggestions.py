"""Tests that applying a hint at the marked place removes the diagnostic.

A hint that says what to write is a Replacement, whose text this test applies. All other hints are
advice in words, and use other verbs.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_specs import FOLDER, SPECS
from single_faults import single_faults
from spec_tokens import read_spec

from archc.diagnostics import Diagnostic, Replacement
from archc.diagnostics.spans import Span
from archc.driver.pipeline import compile_spec

SHIPPED = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
TRIED = "tried.yaml"


def diagnostics_of(name: str) -> list[Diagnostic]:
    compiled = compile_spec(name)
    return compiled if isinstance(compiled, list) else compiled.diagnostics


def faults_of_hints(text: str, diagnostics: list[Diagnostic]) -> Iterator[str]:
    """Return errors in the hints for a spec with this text, which is ``tried.yaml``."""
    for diagnostic in diagnostics:
        hint, span = diagnostic.hint, diagnostic.span
        if hint is not None and not isinstance(hint, Replacement):
            if re.search(r"\bwrite\b", hint):
                yield f"{diagnostic.message}: {hint}: what to write is no data"
        elif hint is not None and span is not None and span.source.name == TRIED:
            Path(TRIED).write_text(replaced(text, span, hint.text), encoding="utf-8", newline="")
            yield from faults_left(diagnostic, hint, diagnostics, diagnostics_of(TRIED))


def replaced(text: str, span: Span, instead: str) -> str:
    assert span.line == span.end_line, f"{span}: of several lines none can be replaced"
    lines = text.split("\n")
    line = lines[span.line - 1]
    lines[span.line - 1] = line[: span.column - 1] + instead + line[span.end_column - 1 :]
    return "\n".join(lines)


def faults_left(
    diagnostic: Diagnostic, hint: Replacement, before: list[Diagnostic], after: list[Diagnostic]
) -> Iterator[str]:
    """Return the diagnostic if it remains, and new errors where the hint was applied."""
    span = diagnostic.span
    assert span is not None
    known = {(other.code, other.message) for other in before}
    # A suggested word may need further changes; a safe replacement needs none.
    is_guess = not hint.safe and "write" not in hint.message
    for left in after:
        if left.span is None or left.span.source.name != TRIED or left.span.line != span.line:
            continue
        is_same = (left.code, left.message) == (diagnostic.code, diagnostic.message)
        is_there = span.column <= left.span.column <= span.column + len(hint.text)
        is_new = (left.code, left.message) not in known
        if is_there and (is_same or (is_new and not is_guess)):
            yield f"{diagnostic.message}: {hint}: leaves {left.message}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bases").symlink_to(FOLDER / "bases")


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_what_a_hint_says_cures_a_bad_spec(spec: Path) -> None:
    try:
        text = spec.read_bytes().decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        return  # it has no text to write
    Path(TRIED).write_text(text, encoding="utf-8", newline="")
    assert list(faults_of_hints(text, diagnostics_of(TRIED))) == []


def test_what_a_hint_says_cures_a_mistake_of_the_finger() -> None:
    wrong = []
    looked_at = 0
    for fault in list(single_faults([read_spec(path) for path in SHIPPED], seed=2))[::5]:
        Path(TRIED).write_text(fault.text, encoding="utf-8", newline="")
        diagnostics = diagnostics_of(TRIED)
        looked_at += sum(isinstance(diagnostic.hint, Replacement) for diagnostic in diagnostics)
        left = faults_of_hints(fault.text, diagnostics)
        wrong += [f"{fault.spec}, {fault.kind}: {fault_left}" for fault_left in left]
    assert wrong == []
    assert looked_at > 150
