"""Apply replacements to a text, and confirm by trial that they are safe.

A replacement is safe if the author cannot have meant anything else. The code that makes a hint sees
only one token, so each replacement is tried: the diagnostic must disappear, and no new one may
appear. The stages are syntax, language, shapes, and everything else. An error hides those of later
stages, so new diagnostics of a later stage count only at the replaced text.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Replacement, Severity
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.diagnostics.spans import Span

MAXIMUM_TRIALS = 20
"""The number of texts to try for one spec; further replacements are not safe."""

CheckText = Callable[[str], Sequence[Diagnostic]]
"""Returns the diagnostics of the spec with another text."""


class Edit(NamedTuple):
    """A replacement of the text that a span within one line covers."""

    span: Span
    text: str


def safe_edit(diagnostic: Diagnostic, path: Path) -> Edit | None:
    """Return the diagnostic's safe replacement, if it is in the file at ``path``."""
    span, hint = diagnostic.span, diagnostic.hint
    if span is None or span.source.path != path or span.line != span.end_line:
        return None
    return Edit(span, hint.text) if isinstance(hint, Replacement) and hint.safe else None


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with the edits applied, which must not overlap."""
    lines = text.split("\n")
    for span, replacement in sorted(edits, key=lambda edit: _start(edit.span), reverse=True):
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + replacement + line[span.end_column - 1 :]
    return "\n".join(lines)


def confirm_safe(
    diagnostics: Sequence[Diagnostic], path: Path, check: CheckText
) -> list[Diagnostic]:
    """Return the diagnostics, with replacements marked safe only if a trial confirms it.

    Replacements that stay safe do not overlap, and were tried together.
    """
    edits = _without_overlaps(
        edit for diagnostic in diagnostics if (edit := safe_edit(diagnostic, path))
    )
    trials = _Trials(diagnostics, check)
    safe = trials.find_safe(edits)
    result = []
    for diagnostic in diagnostics:
        edit = safe_edit(diagnostic, path)
        if edit in safe:
            safe.remove(edit)
        elif edit is not None and isinstance(diagnostic.hint, Replacement):
            error = trials.errors.get(edit)
            diagnostic = diagnostic._replace(hint=diagnostic.hint._replace(safe=False))
            if error is not None:  # the replacement alone leads to another error
                diagnostic = diagnostic._replace(hint=str(error.hint or error.message))
        result.append(diagnostic)
    return result


class _Trials:
    """Checks texts with edits applied, and keeps the errors that single edits lead to."""

    def __init__(self, diagnostics: Sequence[Diagnostic], check: CheckText) -> None:
        self.diagnostics = diagnostics
        self.check = check
        self.number = 0
        self.stage = max(map(_stage, diagnostics), default=0)
        self.errors: dict[Edit, Diagnostic] = {}
        """The error at the replaced text, for edits that were tried alone and failed."""

    def find_safe(self, edits: list[Edit]) -> list[Edit]:
        """Return edits that can be applied together without new errors, found by bisection."""
        if not edits or self.number >= MAXIMUM_TRIALS:
            return []
        errors = self._new_errors(edits)
        if not errors:
            return edits
        if len(edits) == 1:
            for error in errors:
                if _touches(error, edits[0], edits) and _stage(error) <= self.stage:
                    self.errors[edits[0]] = error
                    break
            return []
        middle = len(edits) // 2
        first = self.find_safe(edits[:middle])
        second = self.find_safe(edits[middle:])
        if not first or not second:
            return first or second
        together = [*first, *second]
        return together if self.number < MAXIMUM_TRIALS and not self._new_errors(together) else []

    def _new_errors(self, edits: list[Edit]) -> list[Diagnostic]:
        """Return the errors that show that the edits are not safe."""
        self.number += 1
        text = "\n".join(edits[0].span.source.lines)
        after = self.check(apply_edits(text, edits))
        before = {_place(diagnostic, edits) for diagnostic in self.diagnostics}
        # If the errors before were cut, one that seems new may have been among the rest.
        is_cut = len(self.diagnostics) > MAXIMUM_DIAGNOSTICS
        return [
            diagnostic
            for diagnostic in after
            # Warnings may appear as soon as the spec describes the intended network.
            if diagnostic.severity is Severity.ERROR
            if any(_touches(diagnostic, edit, edits) for edit in edits)
            or not (_stage(diagnostic) > self.stage or is_cut or _place(diagnostic, []) in before)
        ]


def _without_overlaps(edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits in file order; of overlapping edits only the first."""
    apart: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: _start(edit.span)):
        end = (apart[-1].span.line, apart[-1].span.end_column) if apart else (0, 0)
        if _start(edit.span) >= end:
            apart.append(edit)
    return apart


def _stage(diagnostic: Diagnostic) -> int:
    """Return the stage that reports the diagnostic."""
    if diagnostic.code in (Code.DUPLICATE_KEY, Code.LIMIT):  # reported by several stages
        return 0
    family = str(diagnostic.code)[:2]
    return {"A1": 0, "A2": 1, "A3": 2}.get(family, 3)


def _place(diagnostic: Diagnostic, edits: Iterable[Edit]) -> tuple[str, str, int, int]:
    """Return the diagnostic's code and file, and its position after the edits."""
    span = diagnostic.span
    if span is None:
        return diagnostic.code, "", 0, 0
    own = [edit for edit in edits if edit.span.source.path == span.source.path]
    return diagnostic.code, span.source.name, span.line, span.column + _shift(own, span)


def _touches(diagnostic: Diagnostic, edit: Edit, edits: Iterable[Edit]) -> bool:
    """Return whether a diagnostic, found after ``edits``, is at the text that ``edit`` inserted."""
    span, old = diagnostic.span, edit.span
    if span is None or span.source.path != old.source.path:
        return False
    start = old.column + _shift(edits, old)
    end = start + len(edit.text)
    before = (span.line, span.column) < (old.line, end)
    return before and (old.line, start) < (span.end_line, span.end_column)


def _shift(edits: Iterable[Edit], span: Span) -> int:
    """Return the number of columns by which edits on the same line move a span."""
    return sum(
        len(edit.text) - (edit.span.end_column - edit.span.column)
        for edit in edits
        if edit.span.line == span.line and edit.span.end_column <= span.column
    )


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column
