"""Apply safe replacements to a spec's text, keeping its comments and layout."""

import hashlib
from typing import NamedTuple

from archc.checks.lints import LintSelection
from archc.diagnostics import Diagnostic
from archc.driver.check import check_spec
from archc.driver.files.writer import File, write_new
from archc.driver.replacements import apply_edits, safe_edit
from archc.language.settings import Settings
from archc.language.spec_files import SpecFile, find_spec

MAXIMUM_ROUNDS = 10  # fixes can reveal further errors


class FixResult(NamedTuple):
    """The number of diagnostics fixed, and the error if the file could not be written."""

    number: int
    diagnostic: Diagnostic | None = None


def fix_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
    selection: LintSelection | None = None,
) -> FixResult:
    """Apply the safe replacements to the spec's own file until there are none.

    Changes nothing else in the file, and no spec that it extends.
    """
    count = 0
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return FixResult(0)
    path = file.path
    for _ in range(MAXIMUM_ROUNDS):
        diagnostics = check_spec(file, settings, selection).diagnostics
        own = [d for d in diagnostics if d.span is not None and d.span.source.path == path]
        if not own or own[0].span is None:
            break
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != own[0].span.source.digest:
            break  # another process has changed the file
        edits = [edit for diagnostic in own if (edit := safe_edit(diagnostic, path)) is not None]
        if not edits:
            break
        text = content.decode("utf-8")
        bom = "\ufeff" if text.startswith("\ufeff") else ""
        text = bom + apply_edits(text.removeprefix(bom), edits)
        diagnostic = write_new(File(path, text.encode()), force=True)
        if diagnostic is not None:
            return FixResult(count, diagnostic)
        count += len(edits)
    return FixResult(count)
