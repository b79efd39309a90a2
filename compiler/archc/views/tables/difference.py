"""A comparison of two networks: tables, sentences, records and JSON."""

from archc.analyses.differences import CountChange, Difference, Numbers, RowDifference, Totals
from archc.ops.operator import format_shape
from archc.views.tables.table import Table, TableCell

_VERDICTS = {"added": "match", "removed": "mismatch", "affected": ""}


def difference_table(difference: Difference) -> Table:
    """Return the rows that differ, then the totals."""
    headings = ("row", "change", "output", "params", "MACs", "depth", "receptive field", "memory")
    rows = [_row(row) for row in (*difference.rows, *difference.aux)]
    rows.append((TableCell("total"), TableCell(""), *_number_cells(difference.totals.numbers)))
    return Table(headings, tuple(rows))


def totals_table(totals: Totals) -> Table:
    """Return the totals before and after, and their differences."""
    names = {
        "params": "params",
        "params_with_aux": "params with auxiliary heads",
        "macs": "MACs",
        "macs_with_aux": "MACs with auxiliary heads",
        "depth": "depth",
        "activations": "activations",
    }
    has_aux = totals.params != totals.params_with_aux or totals.macs != totals.macs_with_aux
    rows = tuple(
        (
            TableCell(names[name]),
            TableCell(f"{pair.before:,}"),
            TableCell(f"{pair.after:,}"),
            TableCell(f"{pair.difference:+,}" if pair.difference else "0"),
            TableCell(shown_percent(pair)),
        )
        for name, pair in totals.counts.items()
        if has_aux or not name.endswith("_with_aux")
    )
    return Table(("total", "before", "after", "difference", "percent"), rows)


def shown_percent(pair: CountChange) -> str:
    """Return the change, such as ``+5.00%``; empty if nothing changed or the count was 0."""
    percent = pair.percent
    if not percent:
        return ""
    if abs(percent) < 0.01:
        return "+<0.01%" if percent > 0 else "-<0.01%"
    return f"{percent:+,.2f}%"


def difference_lines(difference: Difference) -> list[str]:
    """Return the changes of the whole network, then each other change with its rows."""
    where: dict[str, list[str]] = {}
    for row in (*difference.rows, *difference.aux):
        for detail in row.details:
            where.setdefault(detail, []).append(row.name)
    changes = [f"{', '.join(rows)}: {detail}" for detail, rows in where.items()]
    return [*difference.facts, *changes]


def difference_records(difference: Difference) -> list[dict[str, object]]:
    """Return the rows that differ, with each number before and after."""
    records: list[dict[str, object]] = []
    for row in (*difference.rows, *difference.aux):
        record: dict[str, object] = {"row": row.name, "change": row.change, "was": row.was or None}
        for name, pair in row.numbers._asdict().items():
            sides = zip(("before", "after"), pair, strict=True)
            record |= {
                f"{name} {side}": list(value) if isinstance(value, tuple) else value
                for side, value in sides
            }
        records.append({**record, "details": "; ".join(row.details) or None})
    return records


def difference_json(before: str, after: str, difference: Difference) -> dict[str, object]:
    """Return the comparison as JSON. Pairs are [before, after]."""
    return {
        "before": before,
        "after": after,
        "facts": list(difference.facts),
        "rows": [_row_json(row) for row in difference.rows],
        "aux": [_row_json(row) for row in difference.aux],
        "totals": _numbers_json(difference.totals),
        "percent": {name: pair.percent for name, pair in difference.totals.counts.items()},
    }


def _row(row: RowDifference) -> tuple[TableCell, ...]:
    name = f"{row.was} -> {row.name}" if row.was else row.name
    change = TableCell(row.change, _VERDICTS.get(row.change, "erratum"))
    return TableCell(name), change, *_number_cells(row.numbers)


def _number_cells(numbers: Numbers) -> tuple[TableCell, ...]:
    return tuple(
        TableCell(text)
        for text in (
            _arrow(*(_size(shape) for shape in numbers.output)),
            _delta(*numbers.params),
            _delta(*numbers.macs),
            _delta(*numbers.depth),
            _arrow(*(_size(field) for field in numbers.receptive_field)),
            _delta(*numbers.memory),
        )
    )


def _size(shape: tuple[int, ...] | None) -> str:
    return "-" if shape is None else format_shape(shape)


def _arrow(before: str, after: str) -> str:
    return "" if before == after else f"{before} -> {after}"


def _delta(before: int, after: int) -> str:
    return f"{after - before:+,}" if before != after else ""


def _row_json(row: RowDifference) -> dict[str, object]:
    return {
        "name": row.name,
        "change": row.change,
        "was": row.was or None,
        "details": list(row.details),
        **_numbers_json(row.numbers),
    }


def _numbers_json(numbers: Numbers | Totals) -> dict[str, object]:
    return {
        name: [list(value) if isinstance(value, tuple) else value for value in pair]
        for name, pair in numbers._asdict().items()
    }
