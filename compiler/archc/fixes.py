"""Safe replacements carried out in a spec's text, with its comments and its layout kept."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from archc.checks import check_spec
from archc.diagnostics import Diagnostic, Replacement
from archc.library import SpecFile, find_spec
from archc.lints import Selection
from archc.spans import Span
from archc.writer import File, write_new

MOST_ROUNDS = 10  # what one round reveals is mended by the next


class Mended(NamedTuple):
    """How many findings of a spec were mended, and what kept the rest from being written."""

    number: int
    finding: Diagnostic | None = None


def fix_spec(
    spec: str | SpecFile,
    settings: Mapping[str, float] | None = None,
    selection: Selection | None = None,
) -> Mended:
    """Carry out the safe replacements in the spec's own file, round after round.

    Nothing else of the file changes; what it extends is left alone.
    """
    count = 0
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return Mended(0)
    path = file.path
    for _ in range(MOST_ROUNDS):
        findings = check_spec(file, settings, selection).findings
        own = [f for f in findings if f.span is not None and f.span.source.path == path]
        if not own or own[0].span is None:
            break
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != own[0].span.source.digest:
            break  # somebody else is writing it
        text = content.decode("utf-8")
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        fixed = fix_text(text.removeprefix(mark), path, own)
        if fixed.mended == 0:
            break
        finding = write_new(File(path, (mark + fixed.text).encode()), force=True)
        if finding is not None:
            return Mended(count, finding)
        count += fixed.mended
    return Mended(count)


class Fixed(NamedTuple):
    """A spec's new text, and how many findings are mended in it."""

    text: str
    mended: int


def fix_text(text: str, path: Path, findings: Iterable[Diagnostic]) -> Fixed:
    """The text with all that is safe replaced in it, as far as it stands in the file at ``path``.

    Where two replacements overlap, the first is made; a further run finds the other.
    """
    lines = text.split("\n")
    edits: dict[Span, str] = {}
    for finding in findings:
        span, hint = finding.span, finding.hint
        if span is None or span.source.path != path or span.line != span.end_line:
            continue
        if isinstance(hint, Replacement) and hint.safe:
            edits.setdefault(span, hint.text)
    count = 0
    end: tuple[int, int] = (len(lines) + 1, 0)
    for span, instead in sorted(edits.items(), key=lambda edit: _start(edit[0]), reverse=True):
        if (span.line, span.end_column) > end:
            continue
        line = lines[span.line - 1]
        lines[span.line - 1] = line[: span.column - 1] + instead + line[span.end_column - 1 :]
        count, end = count + 1, _start(span)
    return Fixed("\n".join(lines), count)


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column
