"""Safe replacements carried out in a spec's text, with its comments and its layout kept."""

import hashlib
from typing import NamedTuple

from archc.checks.lints import LintSelection
from archc.diagnostics import Diagnostic
from archc.driver.check import check_spec
from archc.driver.files.writer import File, write_new
from archc.driver.replacements import edited, safe_edit
from archc.language.library import SpecFile, find_spec
from archc.language.settings import Settings

MOST_ROUNDS = 10  # what one round reveals is mended by the next


class FixResult(NamedTuple):
    """How many findings of a spec were mended, and what kept the rest from being written."""

    number: int
    diagnostic: Diagnostic | None = None


def fix_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
    selection: LintSelection | None = None,
) -> FixResult:
    """Carry out the safe replacements in the spec's own file, round after round.

    Nothing else of the file changes; what it extends is left alone.
    """
    count = 0
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return FixResult(0)
    path = file.path
    for _ in range(MOST_ROUNDS):
        diagnostics = check_spec(file, settings, selection).diagnostics
        own = [f for f in diagnostics if f.span is not None and f.span.source.path == path]
        if not own or own[0].span is None:
            break
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != own[0].span.source.digest:
            break  # somebody else is writing it
        edits = [edit for diagnostic in own if (edit := safe_edit(diagnostic, path)) is not None]
        if not edits:
            break
        text = content.decode("utf-8")
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        text = mark + edited(text.removeprefix(mark), edits)
        diagnostic = write_new(File(path, text.encode()), force=True)
        if diagnostic is not None:
            return FixResult(count, diagnostic)
        count += len(edits)
    return FixResult(count)
