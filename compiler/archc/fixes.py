"""Safe replacements carried out in a spec's text, with its comments and its layout kept."""

import hashlib
from typing import NamedTuple

from archc.checks import check_spec
from archc.diagnostics import Diagnostic
from archc.library import SpecFile, find_spec
from archc.lints import Selection
from archc.replacements import edit_of, edited
from archc.settings import Settings
from archc.writer import File, write_new

MOST_ROUNDS = 10  # what one round reveals is mended by the next


class Mended(NamedTuple):
    """How many findings of a spec were mended, and what kept the rest from being written."""

    number: int
    finding: Diagnostic | None = None


def fix_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
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
        edits = [edit for finding in own if (edit := edit_of(finding, path)) is not None]
        if not edits:
            break
        text = content.decode("utf-8")
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        text = mark + edited(text.removeprefix(mark), edits)
        finding = write_new(File(path, text.encode()), force=True)
        if finding is not None:
            return Mended(count, finding)
        count += len(edits)
    return Mended(count)
