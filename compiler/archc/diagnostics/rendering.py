"""Diagnostics as text, for terminals and exceptions."""

from collections import Counter
from collections.abc import Iterable

from archc.diagnostics.diagnostic import Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span

_MOST_ALIKE, _KEPT = 10, 5


class SpecError(Exception):
    """Raised by the Python API for an invalid spec; ``diagnostics`` holds its errors."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render(diagnostic) for diagnostic in abridge(self.diagnostics)))


def abridge(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return only a few of many similar diagnostics; a note on the last one counts the others.

    Diagnostics are similar if they have the same code and the same place, or no place. A
    checkpoint, for example, may have one for each of its tensors.
    """
    diagnostics = list(diagnostics)
    counts = Counter((diagnostic.code, diagnostic.span) for diagnostic in diagnostics)
    seen: Counter[tuple[str, Span | None]] = Counter()
    kept = []
    for diagnostic in diagnostics:
        key = diagnostic.code, diagnostic.span
        seen[key] += 1
        if counts[key] > _MOST_ALIKE and seen[key] == _KEPT:
            note = f"and {counts[key] - _KEPT} more like this"
            diagnostic = diagnostic._replace(notes=(*diagnostic.notes, note))
        if counts[key] <= _MOST_ALIKE or seen[key] <= _KEPT:
            kept.append(diagnostic)
    return kept


def render(diagnostic: Diagnostic) -> str:
    """Return the diagnostic as text: headline, source line with a marker, labels, notes, hint."""
    lines = [diagnostic.headline]
    if diagnostic.span:
        lines += _excerpt(diagnostic.span)
    for label in diagnostic.labels:
        lines.append(f"  {label.span}: {escape_line(label.message)}")
        lines += _excerpt(label.span)
    lines += [f"  = note: {escape_line(note)}" for note in diagnostic.notes]
    if diagnostic.hint:
        lines.append(f"  = hint: {escape_line(diagnostic.hint)}")
    return "\n".join(lines)


def _excerpt(span: Span) -> list[str]:
    text = span.source.line(span.line)
    if not text.strip():
        return []
    last = span.end_column if span.end_line == span.line else len(text) + 1
    # Cut a long line around the marked text.
    start = max(0, span.column - 60) if len(text) > 160 else 0
    excerpt = "".join(c if c.isprintable() else " " for c in text[start : start + 160])
    width = max(1, min(last - span.column, len(excerpt) - (span.column - 1 - start)))
    gutter = f"{span.line:>5}"
    return [
        f"{gutter} | {excerpt}",
        f"{' ' * len(gutter)} | {' ' * (span.column - 1 - start)}{'^' * width}",
    ]
