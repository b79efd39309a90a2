"""Safe replacements: made in a text, and tried out before they are called safe.

A replacement is safe where nothing else can have been meant. That is a claim of the code that made
the hint, which sees one token. Here the claim is tried: with the replacement in the text, its
finding must be gone, and no new one may be there. A fault hides those that are only looked for
without it, so that findings of a later stage (syntax, language, shapes, then all else) are no
objection, unless they are at the replaced text.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Replacement, Severity
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.spans import Span

MOST_TRIALS = 20
"""How many texts are tried for one spec; replacements that are left over are not safe."""

Judge = Callable[[str], Sequence[Diagnostic]]
"""Gives the findings of a text that stands in place of the spec's own."""


class Edit(NamedTuple):
    """What to write instead of all that a span of one line covers."""

    span: Span
    text: str


def safe_edit(diagnostic: Diagnostic, path: Path) -> Edit | None:
    """The finding's safe replacement, where it stands in the file at ``path``."""
    span, hint = diagnostic.span, diagnostic.hint
    if span is None or span.source.path != path or span.line != span.end_line:
        return None
    return Edit(span, hint.text) if isinstance(hint, Replacement) and hint.safe else None


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the replacements made, of which no two overlap."""
    lines = text.split("\n")
    for span, instead in sorted(edits, key=lambda edit: _start(edit.span), reverse=True):
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + instead + line[span.end_column - 1 :]
    return "\n".join(lines)


def confirm_safe(diagnostics: Sequence[Diagnostic], path: Path, judge: Judge) -> list[Diagnostic]:
    """The findings, with a replacement safe only where it was tried and nothing speaks against it.

    Those that stay safe were tried together, and no two of them overlap.
    """
    edits = _apart(edit for diagnostic in diagnostics if (edit := safe_edit(diagnostic, path)))
    trials = _Trials(diagnostics, judge)
    safe = trials.without_objection(edits)
    result = []
    for diagnostic in diagnostics:
        edit = safe_edit(diagnostic, path)
        if edit in safe:
            safe.remove(edit)
        elif edit is not None and isinstance(diagnostic.hint, Replacement):
            objection = trials.objections.get(edit)
            diagnostic = diagnostic._replace(hint=diagnostic.hint._replace(safe=False))
            if objection is not None:  # the replacement alone would lead to another finding
                diagnostic = diagnostic._replace(hint=str(objection.hint or objection.message))
        result.append(diagnostic)
    return result


class _Trials:
    """Texts with replacements made, and what is found in them that was not found before."""

    def __init__(self, diagnostics: Sequence[Diagnostic], judge: Judge) -> None:
        self.diagnostics = diagnostics
        self.judge = judge
        self.number = 0
        self.reached = max(map(_stage, diagnostics), default=0)
        self.objections: dict[Edit, Diagnostic] = {}
        """What is wrong with the replaced text itself, for replacements that were tried alone."""

    def without_objection(self, edits: list[Edit]) -> list[Edit]:
        """The replacements that can be made together."""
        if not edits or self.number >= MOST_TRIALS:
            return []
        objections = self._objections(edits)
        if not objections:
            return edits
        if len(edits) == 1:
            at_it = [
                found
                for found in objections
                if _touches(found, edits[0], edits) and _stage(found) <= self.reached
            ]
            if at_it:
                self.objections[edits[0]] = at_it[0]
            return []
        middle = len(edits) // 2
        first = self.without_objection(edits[:middle])
        second = self.without_objection(edits[middle:])
        if not first or not second:
            return first or second
        together = [*first, *second]
        return together if self.number < MOST_TRIALS and not self._objections(together) else []

    def _objections(self, edits: list[Edit]) -> list[Diagnostic]:
        """What speaks against the replacements once they are made."""
        self.number += 1
        text = "\n".join(edits[0].span.source.lines)
        after = self.judge(edited(text, edits))
        before = {_place(diagnostic, edits) for diagnostic in self.diagnostics}
        is_cut = (
            len(self.diagnostics) > MAXIMUM_DIAGNOSTICS
        )  # others were there, and not looked for
        return [
            found
            for found in after
            # A lint remarks on the network that is meant, once the spec describes one.
            if found.severity is Severity.ERROR
            if any(_touches(found, edit, edits) for edit in edits)
            or not (_stage(found) > self.reached or is_cut or _place(found, []) in before)
        ]


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """The replacements in their order in the file; of two that overlap the first."""
    apart: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: _start(edit.span)):
        end = (apart[-1].span.line, apart[-1].span.end_column) if apart else (0, 0)
        if _start(edit.span) >= end:
            apart.append(edit)
    return apart


def _stage(diagnostic: Diagnostic) -> int:
    """How far a spec has come that has such a finding."""
    if diagnostic.code in (Code.DUPLICATE_KEY, Code.LIMIT):  # found at more than one stage
        return 0
    family = str(diagnostic.code)[:2]
    return {"A1": 0, "A2": 1, "A3": 2}.get(family, 3)


def _place(diagnostic: Diagnostic, edits: Iterable[Edit]) -> tuple[str, str, int, int]:
    """The finding's code, file and position, the latter as it is once the replacements are made."""
    span = diagnostic.span
    if span is None:
        return diagnostic.code, "", 0, 0
    own = [edit for edit in edits if edit.span.source.path == span.source.path]
    return diagnostic.code, span.source.name, span.line, span.column + _shift(own, span)


def _touches(found: Diagnostic, edit: Edit, edits: Iterable[Edit]) -> bool:
    """Whether the finding is at what a replacement has written, once ``edits`` are made."""
    span, old = found.span, edit.span
    if span is None or span.source.path != old.source.path:
        return False
    start = old.column + _shift(edits, old)
    end = start + len(edit.text)
    before = (span.line, span.column) < (old.line, end)
    return before and (old.line, start) < (span.end_line, span.end_column)


def _shift(edits: Iterable[Edit], span: Span) -> int:
    """How far the edits before it move a place on its line."""
    return sum(
        len(edit.text) - (edit.span.end_column - edit.span.column)
        for edit in edits
        if edit.span.line == span.line and edit.span.end_column <= span.column
    )


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column
