"""How a paper or a tool may have counted: ranked conventions, and counts that give a number."""

from collections.abc import Iterable

from archc.checks.conventions import ConventionFit
from archc.checks.explain_number import Interpretation, Quantity
from archc.views.tables.table import Table, TableCell


def conventions_table(fits: Iterable[ConventionFit]) -> Table:
    """Return the ranking of counting conventions."""
    words = {"weights": "weights", "params": "weights and biases"}
    words |= {"macs": "MACs", "flops": "2 x MACs"}
    rows = [
        (
            TableCell(e.column),
            TableCell(words[e.convention.count]),
            TableCell(f"{e.convention.unit:,}"),
            TableCell(e.convention.round),
            TableCell(f"{len(e.explained)} of {e.printed}", "match" if e.stated else ""),
            TableCell("stated in the spec" if e.stated else ""),
        )
        for e in fits
    ]
    return Table(("column", "counts", "unit", "rounds", "explains", ""), tuple(rows))


def conventions_records(fits: Iterable[ConventionFit]) -> list[dict[str, object]]:
    """Return the ranking without the rows that each convention explains."""
    ranking = conventions_json(fits)
    return [{key: e[key] for key in e if key != "rows"} for e in ranking]


def conventions_json(fits: Iterable[ConventionFit]) -> list[dict[str, object]]:
    """Return the ranking with the rows that each convention explains."""
    return [
        {
            "column": e.column,
            **e.convention.model_dump(),
            "explains": len(e.explained),
            "printed": e.printed,
            "stated": e.stated,
            "rows": list(e.explained),
        }
        for e in fits
    ]


def interpretations_table(quantity: Quantity, interpretations: Iterable[Interpretation]) -> Table:
    """Return the counts that round to the number, or the nearest with their difference."""
    rows = []
    for count, how in interpretations:
        difference = quantity.value - count.number
        percent = f" ({float(100 * difference / count.number):+.2f}%)" if count.number else ""
        rounding = how or f"none: it differs by {float(difference):+,.0f}{percent}"
        rows.append(tuple(map(TableCell, (count.what, f"{count.number:,}", rounding, count.who))))
    return Table(("counted", "number", "rounding", "tools"), tuple(rows))


def interpretations_records(interpretations: Iterable[Interpretation]) -> list[dict[str, object]]:
    """Return the counts that round to the number; ``printed`` is None for the nearest."""
    return [
        {"what": c.what, "number": c.number, "printed": how or None, "who": c.who, "kind": c.kind}
        for c, how in interpretations
    ]
