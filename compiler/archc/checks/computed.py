"""Computed values in the form of a printed table's cells."""

from typing import NamedTuple

from archc.analyses import Analysis, RowAnalysis
from archc.diagnostics import Label
from archc.language.sections.printed_numbers import (
    Convention,
    format_count,
    parse_number,
    round_to,
    with_letter,
)
from archc.ops.operator import Cost, Shape


class Total(NamedTuple):
    """The cost and depth of a whole network; auxiliary heads have no depth.

    ``key`` is the total's key in a spec's table, ``name`` its name in output.
    """

    key: str
    name: str
    cost: Cost
    depth: int | None


class ComputedRow(NamedTuple):
    """The computed values for one printed row: of a row, a part of a row, or a total.

    A total has no size, and no depth if it includes auxiliary heads. ``label`` points to the row
    in the spec.
    """

    size: Shape | None
    depth: int | None
    cost: Cost
    label: Label | None


def list_totals(analysis: Analysis) -> list[Total]:
    """Return the network's total, and the total with auxiliary heads if there are any."""
    totals = [Total("total", "total", analysis.cost, analysis.depth)]
    if analysis.aux:
        name = "total with auxiliary heads"
        totals.append(Total("total_with_aux", name, analysis.cost_with_aux, None))
    return totals


def compute_row(row: RowAnalysis) -> ComputedRow:
    """Return the values of a row or a part of a row."""
    label = Label(row.node.span, "computed from this row")
    return ComputedRow(row.output, row.depth, row.cost, label)


def compute_total(total: Total) -> ComputedRow:
    """Return the values of a total."""
    return ComputedRow(None, total.depth, total.cost, None)


def compute_at(analysis: Analysis, path: str) -> ComputedRow | None:
    """Return the values for the printed row or total named ``path``; None if there is none."""
    row = analysis.at(path)
    if row is not None:
        return compute_row(row)
    totals = {total.key: compute_total(total) for total in list_totals(analysis)}
    return totals.get(path)


def format_cell(row: ComputedRow, column: str, convention: Convention | None) -> str:
    """Return the computed value as the column prints it; empty if the row has none."""
    if column == "output":
        return format_size(row.size) if row.size else ""
    if column == "depth":
        return "" if row.depth is None else str(row.depth)
    if convention is None:
        value = row.cost.params if column == "params" else row.cost.macs
        return f"{value:,}" if value else ""
    value = counted(row.cost, convention.count)
    return format_count(value, convention) if value else ""


def format_size(shape: Shape) -> str:
    """Return a shape as papers print it: height x width x channels."""
    return f"1x1x{shape[0]}" if len(shape) == 1 else f"{shape[1]}x{shape[2]}x{shape[0]}"


def counted(cost: Cost, count: str) -> int:
    """Return the exact number that a convention counts."""
    if count == "weights":
        return cost.weights
    if count == "params":
        return cost.params
    return cost.macs * (2 if count == "flops" else 1)


def gives_printed(cost: Cost, text: str, convention: Convention) -> bool:
    """Return whether the cost, printed by the convention, is ``text``.

    The letter of the printed number decides the unit.
    """
    number = parse_number(text)
    assert number is not None
    value = counted(cost, convention.count)
    unit = with_letter(convention, number.letter).unit
    return round_to(value, unit, number.decimals, convention.round) == number.digits
