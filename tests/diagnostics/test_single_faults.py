"""Tests that one typing mistake in a shipped spec is reported where it was made.

Only the first diagnostic counts, since people read it first. A mutant that archc accepts has no
error to report: it describes the same network or another one. These are counted; if the spec has a
printed table, no cell may have changed unnoticed. A fault that only changes a printed total has no
place either, since a sum does not tell which summand is wrong.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
from single_faults import KINDS, Fault, Place, single_faults
from spec_tokens import read_spec

from archc.analyses.differences import compare
from archc.diagnostics import Diagnostic, Replacement
from archc.diagnostics.spans import Span
from archc.driver.pipeline import Compiled, compile_spec

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
SEED = 1
TOTAL = re.compile(r"\btotal(_with_aux)?\.(params|ops)\b")
Figures = Callable[[str], None]


class Verdict(NamedTuple):
    """The result for one mutant."""

    fault: Fault
    diagnostics: tuple[Diagnostic, ...]
    original: Compiled
    mutant: Compiled | None
    """The network, if the mutant is valid."""

    @property
    def is_right_token(self) -> bool:
        """Whether the first diagnostic is at the changed token, or at an expected effect."""
        first = self.diagnostics[0]
        if any(is_at(self.fault, label.span, self.fault.causes) for label in first.labels):
            return True
        return is_at(self.fault, first.span, self.fault.places, self.fault.holes)

    @property
    def is_right_line(self) -> bool:
        """The same for the line."""
        span, text = self.diagnostics[0].span, self.fault.text
        if span is None or span.source.name != "mutant.yaml":
            return self.is_right_token
        lines = {line_of(text, start) for start, _ in self.fault.places}
        for start, end in self.fault.holes:
            lines |= set(range(line_of(text, start), line_of(text, end) + 1))
        return span.line in lines or self.is_right_token

    @property
    def shows_in_a_total_alone(self) -> bool:
        """Whether the only evidence is a total that differs from the printed one."""
        return bool(self.diagnostics) and all(TOTAL.search(f.message) for f in self.diagnostics)

    @property
    def names_the_word(self) -> bool:
        """Whether the hint names the original word of a typo."""
        return any(word in str(self.diagnostics[0].hint or "") for word in self.fault.words)

    @property
    def is_another_network(self) -> bool:
        """Whether a valid mutant describes another network than the spec."""
        assert self.mutant is not None
        difference = compare(self.original.analysis, self.mutant.analysis)
        return bool(difference.facts or difference.rows or difference.aux)


def is_at(
    fault: Fault, span: Span | None, places: Iterable[Place], holes: Iterable[Place] = ()
) -> bool:
    if span is None or span.source.name != "mutant.yaml":
        return False
    lines = fault.text.split("\n")
    start, end = (
        sum(len(text) + 1 for text in lines[: line - 1]) + column - 1
        for line, column in ((span.line, span.column), (span.end_line, span.end_column))
    )
    return (start, end) in places or any(first <= start <= last for first, last in holes)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> list[Verdict]:
    """Return the results of all mutants."""
    patch = pytest.MonkeyPatch()
    patch.chdir(tmp_path_factory.mktemp("mutants"))
    originals = {path.name: compiled(str(path)) for path in SPECS}
    made = []
    for fault in single_faults([read_spec(path) for path in SPECS], SEED):
        Path("mutant.yaml").write_text(fault.text, encoding="utf-8", newline="")
        result = compile_spec("mutant.yaml")
        mutant = result if isinstance(result, Compiled) else None
        diagnostics = result.diagnostics if isinstance(result, Compiled) else result
        made.append(Verdict(fault, tuple(diagnostics), originals[fault.spec], mutant))
    patch.undo()
    return made


def compiled(name: str) -> Compiled:
    result = compile_spec(name)
    assert isinstance(result, Compiled)
    assert not result.diagnostics
    return result


def found(verdicts: list[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.diagnostics and not v.shows_in_a_total_alone]


def share(hits: Iterable[bool]) -> float:
    counts = Counter(hits)
    return counts[True] / counts.total()


def test_there_are_mutants_of_every_kind_and_every_spec(verdicts: list[Verdict]) -> None:
    faults = found(verdicts)
    assert len(faults) >= 600
    assert {verdict.fault.spec for verdict in faults} == {path.name for path in SPECS}
    kinds = Counter(verdict.fault.kind for verdict in faults)
    assert len(kinds) == len(KINDS) - 1  # the modes of windows are words, too
    assert min(kinds.values()) >= 20


def test_faults_are_shown_where_they_are(verdicts: list[Verdict], figures: Figures) -> None:
    faults = found(verdicts)
    typos = [verdict for verdict in faults if verdict.fault.words]
    line = share(verdict.is_right_line for verdict in faults)
    token = share(verdict.is_right_token for verdict in faults)
    word = share(verdict.names_the_word for verdict in typos)
    number = sum(len(verdict.diagnostics) for verdict in faults) / len(faults)
    many = sum(len(verdict.diagnostics) > 2 for verdict in faults)
    figures(f"single faults: {len(faults)} in {len(SPECS)} specs, of {len(verdicts)} mutants")
    figures(f"  the right line in {line:.2%}, the right token in {token:.2%}")
    figures(f"  the right word in {word:.2%} of {len(typos)} typos")
    figures(f"  {number:.2f} diagnostics for each fault, more than two for {many}")
    for kind in dict.fromkeys(verdict.fault.kind for verdict in verdicts):
        figures("  " + line_for(kind, [v for v in verdicts if v.fault.kind == kind]))
    assert line >= 0.99
    assert token >= 0.95
    assert word >= 0.90
    assert number <= 1.25
    assert many <= len(faults) * 0.03


def line_for(kind: str, verdicts: list[Verdict]) -> str:
    """Return the figures of one kind of fault."""
    faults = found(verdicts)
    lines = sum(verdict.is_right_line for verdict in faults)
    tokens = sum(verdict.is_right_token for verdict in faults)
    text = f"{kind:20} {len(faults):3} faults, line {lines:3}, token {tokens:3}"
    if faults[0].fault.words:
        text += f", word {sum(verdict.names_the_word for verdict in faults):3}"
    taken = [verdict for verdict in verdicts if not verdict.diagnostics]
    summed = sum(verdict.shows_in_a_total_alone for verdict in verdicts)
    text += f"; {summed} show in a total alone" if summed else ""
    others = sum(verdict.is_another_network for verdict in taken)
    same = len(taken) - others
    return text + (f"; no fault: {same} the same network, {others} another" if taken else "")


def test_a_safe_replacement_is_what_stood_there(verdicts: list[Verdict], figures: Figures) -> None:
    hints = [
        (verdict.diagnostics[0].hint, verdict.fault.original)
        for verdict in found(verdicts)
        if verdict.fault.words
    ]
    safe = [
        (hint.text.strip('"'), original)
        for hint, original in hints
        if isinstance(hint, Replacement) and hint.safe
    ]
    figures(f"  {len(safe)} of {len(hints)} typos have a safe replacement, all of them right")
    assert len(safe) >= len(hints) / 2
    assert [(text, original) for text, original in safe if text != original] == []


def test_no_number_of_a_printed_cell_changes_unseen(verdicts: list[Verdict]) -> None:
    looked_at = 0
    for verdict in verdicts:
        mutant, table = verdict.mutant, verdict.original.network.table
        if verdict.diagnostics or mutant is None or table is None:
            continue
        if verdict.fault.kind != "number changed":
            continue
        for path, row in table.rows.items():
            for column in row.cells:
                before = verdict.original.conformance.cells[path][column]
                after = mutant.conformance.cells[path][column]
                looked_at += 1
                assert after.computed == before.computed, (verdict.fault.spec, path, column)
                # A printed cell with an erratum may be any number except the computed one.
                assert after.printed == before.printed or after.verdict == "erratum"
    assert looked_at > 0
