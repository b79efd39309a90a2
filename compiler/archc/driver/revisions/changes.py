"""Compare a project's networks with a revision in git."""

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

from archc.analyses import Analysis
from archc.analyses.differences import Difference, Totals, compare
from archc.diagnostics import Code, Diagnostic
from archc.driver.pipeline import Compiled, compile_spec
from archc.driver.revisions.git import resolve, spec_at, specs_at
from archc.language.spec_files import SPECS, SpecFile

Kind = Literal["added", "removed", "changed", "unchanged", "not valid before"]


class Change(NamedTuple):
    """A spec with its network before and after; None where the spec is missing or invalid."""

    spec: str
    kind: Kind
    before: Analysis | None
    after: Analysis | None
    difference: Difference | None


class Limit(NamedTuple):
    """The percentage by which a count may grow; ``name`` is one of ``Totals.counts``."""

    name: str
    percent: Fraction


def changes_since(
    revision: str, specs: Mapping[str, Compiled], with_removed: bool
) -> list[Change] | Diagnostic:
    """Return each spec's change since the revision, or why git cannot read the revision.

    ``specs`` are by path from the working directory. ``with_removed`` adds specs that are in
    ``specs/`` at the revision but not now.
    """
    commit = resolve(revision)
    if isinstance(commit, Diagnostic):
        return commit
    folders = {posixpath.dirname(path) for path in specs} | (
        {SPECS.name} if with_removed else set()
    )
    known: set[str] = set()
    for folder in sorted(folders):
        found = specs_at(commit, folder)
        if isinstance(found, Diagnostic):
            return found
        known |= set(found)
    removed = sorted(
        path for path in known - specs.keys() if with_removed and not Path(path).is_file()
    )
    changes = [
        _change(path, _analysis_at(commit, path) if path in known else None, path in known, now)
        for path, now in specs.items()
    ]
    changes += [Change(path, "removed", _analysis_at(commit, path), None, None) for path in removed]
    return changes


def _change(path: str, before: Analysis | None, existed: bool, now: Compiled) -> Change:
    after = now.analysis
    if before is None:
        return Change(path, "not valid before" if existed else "added", None, after, None)
    difference = compare(before, after)
    return Change(
        path, "unchanged" if difference.is_empty else "changed", before, after, difference
    )


def _analysis_at(commit: str, path: str) -> Analysis | None:
    with spec_at(f"{commit}:{path}") as file:
        if isinstance(file, Diagnostic):
            return None
        compiled = compile_spec(file)
        return None if isinstance(compiled, list) else compiled.analysis


def path_of(file: SpecFile) -> str:
    """Return the path from the working directory in git's form."""
    return Path(os.path.relpath(file.path)).as_posix()


def check_limits(
    spec: str, totals: Totals, limits: Iterable[Limit], since: str
) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each count that grew by more than its limit."""
    for name, percent in limits:
        before, after = totals.counts[name]
        allowed = before * (1 + percent / 100)
        if after > allowed:
            grown = f"{100 * (after - before) / before:,.2f}% more than" if before else "up from"
            yield Diagnostic(
                Code.OVER_BUDGET,
                f"{spec}: {name}: {after:,} is {grown} the {before:,} of {since}; "
                f"the limit is {float(percent):g}%",
                notes=(f"{after - int(allowed):,} too many",),
            )
