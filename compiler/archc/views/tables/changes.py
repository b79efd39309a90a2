"""Changes of all networks since a revision: table, pull-request comment and JSON."""

from collections.abc import Iterable, Iterator

from archc.analyses import Analysis
from archc.analyses.differences import CountChange, Difference
from archc.driver.revisions.changes import Change
from archc.views.markdown import escape
from archc.views.tables.difference import (
    difference_json,
    difference_lines,
    difference_table,
    shown_percent,
    totals_table,
)
from archc.views.tables.table import Table, TableCell
from archc.views.tables.text import as_list, as_markdown

MARKER = "<!-- archc diff -->"
"""The invisible first line, by which a script finds the comment to update."""
_MAXIMUM_COMMENT = 60_000  # GitHub's limit is 65,536 characters
_VERDICTS = {"added": "match", "removed": "mismatch", "changed": "erratum"}


def summary_table(changes: Iterable[Change]) -> Table:
    """Return a row for each spec that changed: parameters and MACs before and after."""
    headings = (
        *("spec", "change", "params before", "params after", "percent"),
        *("MACs before", "MACs after", "percent"),
    )
    rows = (
        (
            TableCell(change.spec),
            TableCell(change.kind, _VERDICTS.get(change.kind, "")),
            *_before_and_after(change, "params"),
            *_before_and_after(change, "macs"),
        )
        for change in changes
        if change.kind != "unchanged"
    )
    return Table(headings, tuple(rows))


def closing_line(changes: list[Change], revision: str) -> str:
    """Return the line about unchanged networks."""
    same = sum(change.kind == "unchanged" for change in changes)
    if same == len(changes):
        return f"No network differs from {revision}."
    unchanged = f"{same} network is" if same == 1 else f"{same} networks are"
    return f"Compared with {revision}; {unchanged} unchanged."


def as_comment(changes: list[Change], revision: str) -> str:
    """Return a pull-request comment: a table of all networks, then collapsed details of each."""
    parts = [MARKER]
    if any(change.kind != "unchanged" for change in changes):
        parts.append(as_markdown(summary_table(changes)))
    parts.append(escape(closing_line(changes, revision)))
    length = sum(map(len, parts))
    omitted = 0
    for change in changes:
        if change.difference is None or change.kind == "unchanged":
            continue
        section = "\n\n".join(_section(change.spec, change.difference))
        length += len(section) + 2
        if length > _MAXIMUM_COMMENT:
            omitted += 1
        else:
            parts.append(section)
    if omitted:
        parts.append(f"The rows of {omitted} more are omitted: the comment would be too long.")
    return "\n\n".join(parts)


def changes_json(changes: Iterable[Change], revision: str) -> dict[str, object]:
    """Return the changes as JSON. Pairs are [before, after]; null if there is no network."""
    return {
        "revision": revision,
        "networks": [
            {
                "spec": change.spec,
                "change": change.kind,
                "params": list(_pair(change, "params")),
                "macs": list(_pair(change, "macs")),
                "difference": change.difference
                and difference_json(f"{revision}:{change.spec}", change.spec, change.difference),
            }
            for change in changes
        ],
    }


def _section(spec: str, difference: Difference) -> Iterator[str]:
    yield f"<details><summary>\n\n{escape(spec)}\n\n</summary>"
    yield as_markdown(totals_table(difference.totals))
    yield as_markdown(difference_table(difference))
    if lines := difference_lines(difference):
        yield as_list(lines)
    yield "</details>"


def _before_and_after(change: Change, count: str) -> tuple[TableCell, ...]:
    before, after = _pair(change, count)
    percent = "" if before is None or after is None else shown_percent(CountChange(before, after))
    shown = ("-" if number is None else f"{number:,}" for number in (before, after))
    return tuple(map(TableCell, (*shown, percent)))


def _pair(change: Change, count: str) -> tuple[int | None, int | None]:
    def of(analysis: Analysis | None) -> int | None:
        if analysis is None:
            return None
        return analysis.cost.params if count == "params" else analysis.cost.macs

    return of(change.before), of(change.after)
