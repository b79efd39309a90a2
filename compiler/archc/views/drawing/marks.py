"""Marks in pictures: the nodes that differ between networks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archc.analyses import Analysis, RowAnalysis
from archc.analyses.differences import Difference, compare, stated_layers
from archc.network import ir

Marks = Mapping[str, str]
"""By path: added, removed, changed or affected."""


class MarkedPair(NamedTuple):
    """The marks of the first network and of the second."""

    before: Marks
    after: Marks


def mark_pair(before: Analysis, after: Analysis, difference: Difference) -> MarkedPair:
    """Return marks of the rows that differ, and in changed rows of the layers that differ.

    Renamed and moved rows count as changed. ``affected`` rows are unchanged but have another input.
    """
    old = {row.node.name: row for row in (*before.rows, *before.aux)}
    new = {row.node.name: row for row in (*after.rows, *after.aux)}
    firsts: dict[str, str] = {}
    seconds: dict[str, str] = {}
    for row in (*difference.rows, *difference.aux):
        if row.change == "added":
            seconds |= _whole(new[row.name], "added")
        elif row.change == "removed":
            firsts |= _whole(old[row.name], "removed")
        else:
            was, now = old[row.was or row.name], new[row.name]
            kind = "affected" if row.change == "affected" else "changed"
            firsts[was.node.path] = seconds[now.node.path] = kind
            if kind == "changed":
                _inside(was, now, firsts, seconds)
    return MarkedPair(firsts, seconds)


def _whole(row: RowAnalysis, kind: str) -> Marks:
    return dict.fromkeys((row.node.path, *(layer.op.path for layer in row.layers)), kind)


def _inside(
    was: RowAnalysis, now: RowAnalysis, firsts: dict[str, str], seconds: dict[str, str]
) -> None:
    """Mark the layers of a row that are only in one network, or differ."""
    old, new = (stated_layers(side, False) for side in (was, now))
    paths = was.node.path, now.node.path
    for path in dict.fromkeys([*old, *new]):
        # The key of the row's own residual begins with a space.
        dot = "." if path and not path.startswith(" ") else ""
        first, second = (f"{start}{dot}{path}" for start in paths)
        if path not in old:
            seconds[second] = "added"
        elif path not in new:
            firsts[first] = "removed"
        elif old[path] != new[path]:
            firsts[first] = seconds[second] = "changed"
    for row_marks, side, kind in ((firsts, was, "removed"), (seconds, now, "added")):
        _around(row_marks, side, kind)


def _around(marks: dict[str, str], row: RowAnalysis, kind: str) -> None:
    """Mark the nodes whose layers all have the mark ``kind``."""

    def judge(node: ir.Node) -> tuple[bool, bool]:
        """Return whether the node has layers, and whether all of them have the mark."""
        if isinstance(node, ir.Op):
            return True, marks.get(node.path) == kind
        inside = [judge(child) for child in node.children]
        has = any(some for some, _ in inside)
        marked = all(every for _, every in inside)
        if has and marked and node is not row.node and node.name:
            around.append(node.path)
        return has, marked

    around: list[str] = []
    judge(row.node)
    marks.update(dict.fromkeys(around, kind))


def differences_to_first(analyses: Sequence[Analysis]) -> list[Difference]:
    """Return the difference of each other network from the first."""
    return [compare(analyses[0], other) for other in analyses[1:]]


def mark_all(analyses: Sequence[Analysis], differences: Sequence[Difference]) -> list[Marks]:
    """Return the marks of each network: its differences from the first.

    With several others, the first network marks only the nodes that all of them lack.
    """
    others = zip(analyses[1:], differences, strict=True)
    pairs = [mark_pair(analyses[0], other, difference) for other, difference in others]
    first = pairs[0].before
    if len(pairs) > 1:
        removed = [{p for p, kind in pair.before.items() if kind == "removed"} for pair in pairs]
        first = dict.fromkeys(sorted(set.intersection(*removed)), "removed")
    return [first, *(pair.after for pair in pairs)]


def display_names(analyses: Sequence[Analysis]) -> list[str]:
    """Return the names of the networks, numbered where several have the same name."""
    names = [analysis.network.name for analysis in analyses]
    seen: Counter[str] = Counter()
    called = []
    for name in names:
        seen[name] += 1
        called.append(f"{name} ({seen[name]})" if names.count(name) > 1 else name)
    return called
