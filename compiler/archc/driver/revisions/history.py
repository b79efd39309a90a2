"""The counts of a network over the commits of its spec."""

from pathlib import Path
from typing import NamedTuple

from archc.analyses.differences import CountChange
from archc.diagnostics import Code, Diagnostic
from archc.driver.pipeline import compile_spec
from archc.driver.revisions.git import Commit, commits_of, is_shallow, spec_from_top


class Counts(NamedTuple):
    """The counts of a network at a commit."""

    params: int
    params_with_aux: int
    macs: int
    macs_with_aux: int
    depth: int
    activations: int


class Entry(NamedTuple):
    """A commit that changed the counts.

    For an invalid spec, ``counts`` is None and ``why`` is the reason.
    """

    commit: Commit
    counts: Counts | None
    why: str = ""


class History(NamedTuple):
    """The commits that changed the counts, newest first.

    If ``is_shallow``, the clone may lack older commits.
    """

    entries: tuple[Entry, ...]
    is_shallow: bool

    def growth(self, entry: Entry, count: str) -> CountChange | None:
        """Return the change of a count from the last valid commit before the entry to the entry."""
        older = self.entries[self.entries.index(entry) + 1 :]
        before = next((one.counts for one in older if one.counts), None)
        if before is None or entry.counts is None:
            return None
        return CountChange(getattr(before, count), getattr(entry.counts, count))


def history_of(spec: Path) -> History | Diagnostic:
    """Return the history of a spec, across renames and including the specs that it extends."""
    commits = commits_of(spec)
    if isinstance(commits, Diagnostic):
        return commits
    entries: list[Entry] = []
    for commit in reversed(commits):
        entry = _entry(commit, spec.parent)
        # Skip the commits before the spec's first.
        last = entries[-1] if entries else Entry(commit, None, _ABSENT)
        if (entry.counts, entry.why) != (last.counts, last.why):
            entries.append(entry)
    if not entries:
        return Diagnostic(Code.UNREADABLE, f"no commit contains {spec}")
    return History(tuple(reversed(entries)), is_shallow(spec.parent))


_ABSENT = "removed"


def _entry(commit: Commit, folder: Path) -> Entry:
    with spec_from_top(commit.hash, commit.path, folder) as file:
        if isinstance(file, Diagnostic):
            return Entry(commit, None, _ABSENT)
        compiled = compile_spec(file)
    if isinstance(compiled, list):
        return Entry(commit, None, f"invalid: {compiled[0].code} {compiled[0].message}")
    analysis = compiled.analysis
    cost, whole = analysis.cost, analysis.cost_with_aux
    counts = Counts(
        *(cost.params, whole.params, cost.macs, whole.macs, analysis.depth, analysis.memory)
    )
    return Entry(commit, counts)
