"""The history of a network's counts: table, records and plot."""

from pathlib import Path

from archc.diagnostics import Diagnostic
from archc.driver.revisions.history import Counts, Entry, History
from archc.views.plots import save
from archc.views.tables.difference import shown_percent
from archc.views.tables.table import Table, TableCell

SHORT_HASH = 10
_MAXIMUM_LABELS = 12


def history_table(history: History) -> Table:
    """Return a row for each commit that changed the counts, newest first."""
    headings = ("commit", "date", "subject", "params", "percent", "MACs", "percent", "depth")
    return Table(headings, tuple(_row(history, entry) for entry in history.entries))


def history_records(history: History) -> list[dict[str, object]]:
    """Return a record for each commit, with all counts."""
    empty = dict.fromkeys(Counts._fields)
    return [
        {
            "commit": commit.hash,
            "date": commit.date,
            "subject": commit.subject,
            "path": commit.path,
            **(counts._asdict() if counts else empty),
            "why": why or None,
        }
        for commit, counts, why in history.entries
    ]


def draw(name: str, history: History, file: Path) -> Diagnostic | None:
    """Plot parameters and MACs over the commits; return a diagnostic if that fails."""
    from matplotlib.figure import Figure

    entries = [entry for entry in reversed(history.entries) if entry.counts]
    figure = Figure(figsize=(8, 5))
    axes = figure.subplots(2, sharex=True)
    for axis, count, label in zip(axes, ("params", "macs"), ("params", "MACs"), strict=True):
        numbers = [getattr(entry.counts, count) for entry in entries]
        axis.plot(numbers, drawstyle="steps-post", marker="o", markersize=4, color="#4878a8")
        axis.set_ylabel(label, fontsize=8)
        axis.set_ylim(bottom=0)
        axis.tick_params(labelsize=8)
        axis.yaxis.set_major_formatter("{x:,.0f}")
        axis.spines[["top", "right"]].set_visible(False)
    step = -(-len(entries) // _MAXIMUM_LABELS) or 1
    places = range(0, len(entries), step)
    labels = [f"{entries[i].commit.hash[:SHORT_HASH]}\n{entries[i].commit.date}" for i in places]
    axes[-1].set_xticks(places, labels, rotation=30, ha="right", fontsize=7)
    axes[0].set_title(name, fontsize=9, loc="left", parse_math=False)
    return save(figure, name, file)


def _row(history: History, entry: Entry) -> tuple[TableCell, ...]:
    commit, counts, why = entry
    identity = (commit.hash[:SHORT_HASH], commit.date, commit.subject)
    if counts is None:
        return (*map(TableCell, identity), TableCell(why, "mismatch"), *[TableCell("")] * 4)
    numbers = []
    for count in ("params", "macs"):
        growth = history.growth(entry, count)
        numbers += [f"{getattr(counts, count):,}", shown_percent(growth) if growth else ""]
    return tuple(map(TableCell, (*identity, *numbers, str(counts.depth))))
