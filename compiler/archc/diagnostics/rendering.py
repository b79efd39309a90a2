"""Diagnostics as text, for terminals and for exceptions."""

from collections import Counter
from collections.abc import Iterable

from archc.diagnostics.diagnostic import Diagnostic
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Span

_MANY, _FEW = 10, 5


class SpecError(Exception):
    """A spec could not be used; ``diagnostics`` says why.

    Raised by the Python API alone; inside the compiler findings are values.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(render(diagnostic) for diagnostic in abridge(self.diagnostics)))


def abridge(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings as a person reads them: where many of a kind are alike, a few and a count.

    Alike are those with the same code that have the same place, or none, such as one for each
    tensor of a checkpoint. The last that is kept notes how many more there are.
    """
    diagnostics = list(diagnostics)
    counts = Counter((diagnostic.code, diagnostic.span) for diagnostic in diagnostics)
    seen: Counter[tuple[str, Span | None]] = Counter()
    kept = []
    for diagnostic in diagnostics:
        kind = diagnostic.code, diagnostic.span
        seen[kind] += 1
        if counts[kind] > _MANY and seen[kind] == _FEW:
            note = f"and {counts[kind] - _FEW} more like this"
            diagnostic = diagnostic._replace(notes=(*diagnostic.notes, note))
        if counts[kind] <= _MANY or seen[kind] <= _FEW:
            kept.append(diagnostic)
    return kept


def render(diagnostic: Diagnostic) -> str:
    """The finding as text: ``file:line:col: error[CODE] message``, source lines, notes."""
    lines = [diagnostic.headline]
    if diagnostic.span:
        lines += _excerpt(diagnostic.span, "")
    for label in diagnostic.labels:
        lines.append(f"  {label.span}: {escape_line(label.message)}")
        lines += _excerpt(label.span, "")
    lines += [f"  = note: {escape_line(note)}" for note in diagnostic.notes]
    if diagnostic.hint:
        lines.append(f"  = hint: {escape_line(diagnostic.hint)}")
    return "\n".join(lines)


def _excerpt(span: Span, indent: str) -> list[str]:
    text = span.source.line(span.line)
    if not text.strip():
        return []
    last = span.end_column if span.end_line == span.line else len(text) + 1
    # A long line is cut around the token, so that the marker stays in sight.
    start = max(0, span.column - 60) if len(text) > 160 else 0
    shown = "".join(c if c.isprintable() else " " for c in text[start : start + 160])
    width = max(1, min(last - span.column, len(shown) - (span.column - 1 - start)))
    gutter = f"{span.line:>5}"
    return [
        f"{indent}{gutter} | {shown}",
        f"{indent}{' ' * len(gutter)} | {' ' * (span.column - 1 - start)}{'^' * width}",
    ]
