"""The paper's table against the computed one, cell by cell and exactly."""

from collections.abc import Container, Mapping
from itertools import product
from typing import Literal, NamedTuple, get_args

from archc.analysis import Analysis, RowAnalysis
from archc.diagnostics import Code, Diagnostic, Hint, Label, guess, in_file_order
from archc.findings import MAXIMUM_FINDINGS
from archc.ir import walk
from archc.ops.operator import Cost, Shape
from archc.table import (
    COLUMNS,
    LETTERS,
    Cell,
    Convention,
    Count,
    Erratum,
    Rounding,
    no_such_row,
    parse_number,
    rounded,
    shown,
)

Verdict = Literal["match", "erratum", "mismatch", "unstated"]


class CellResult(NamedTuple):
    """One cell: what is computed, as the table would print it, and what the paper prints."""

    computed: str
    printed: str | None
    verdict: Verdict
    why: str | None = None


UNSTATED = CellResult("", None, "unstated")


class Conformance(NamedTuple):
    """Every cell by path and column, and what is wrong with the table."""

    cells: Mapping[str, Mapping[str, CellResult]]
    findings: tuple[Diagnostic, ...]

    def count(self, verdict: Verdict, columns: tuple[str, ...] = COLUMNS) -> int:
        """How many cells of these columns have the verdict."""
        return sum(
            cells[column].verdict == verdict for cells in self.cells.values() for column in columns
        )


class Explanation(NamedTuple):
    """How many of a column's printed cells a convention explains."""

    column: str
    convention: Convention
    explained: tuple[str, ...]
    printed: int
    stated: bool


def check_conformance(analysis: Analysis) -> Conformance:
    """A verdict for each cell of each row; a finding for each one that does not conform."""
    table = analysis.network.table
    cells: dict[str, Mapping[str, CellResult]] = {}
    findings: list[Diagnostic] = []
    for row in (*analysis.rows, *analysis.aux):
        cells[row.node.path] = {column: _computed(row, column, None) for column in COLUMNS}
    if table is None:
        return Conformance(cells, ())
    for path in cells:
        row = _at(analysis, path)
        cells[path] = {
            column: _computed(row, column, table.conventions.get(column)) for column in COLUMNS
        }
    for path, printed in table.rows.items():
        if len(findings) >= MAXIMUM_FINDINGS:
            break
        found = analysis.at(path)
        if found is None:
            hint = _row_meant(analysis, path, table.rows)
            findings.append(no_such_row(path, printed.span, hint))
            continue
        results = {}
        for column in COLUMNS:
            convention = table.conventions.get(column)
            results[column] = _computed(found, column, convention)
            if cell := printed.cells.get(column):
                erratum = table.errata.get((path, column))
                results[column] = _judge(found, column, cell, convention, erratum)
                finding = _finding(found, path, column, cell, results[column], convention, erratum)
                findings += [finding] if finding else []
        cells[path] = results
    return Conformance(cells, tuple(in_file_order(findings)))


def _row_meant(analysis: Analysis, path: str, printed: Container[str]) -> Hint:
    """The row that is meant, most likely one that the table does not print; else all rows."""
    rows = (*analysis.rows, *analysis.aux)
    paths = [row.node.path for row in rows]
    layers = [node.path for row in rows for node in walk(row.node) if node.path]
    depth = path.count(".")
    missing = [name for name in layers if name not in printed and name.count(".") == depth]
    return guess(path, missing) or guess(path, layers) or f"the rows are {', '.join(paths)}"


def rank_conventions(analysis: Analysis) -> list[Explanation]:
    """Every convention of counting, by how many printed cells it gives; the best first.

    A convention counts weights or all parameters (MACs or twice that), stands a letter for a
    power of 1000 or of 1024, and rounds down, to the nearest or up.
    """
    table = analysis.network.table
    explanations: list[Explanation] = []
    counts: dict[str, tuple[Count, Count]] = {
        "params": ("weights", "params"),
        "ops": ("macs", "flops"),
    }
    for column in ("params", "ops"):
        stated = table.conventions.get(column) if table else None
        if table is None or stated is None:
            continue
        units = [unit for unit, letter in LETTERS.items() if letter == LETTERS[stated.unit]]
        printed = {
            path: row.cells[column].text
            for path, row in table.rows.items()
            if column in row.cells and analysis.at(path)
        }
        for count, unit, how in product(counts[column], units, get_args(Rounding)):
            convention = Convention(count=count, unit=unit, round=how)
            explained = tuple(
                path
                for path, text in printed.items()
                if _prints(_at(analysis, path), text, convention)
            )
            explanations.append(
                Explanation(column, convention, explained, len(printed), convention == stated)
            )
    order = {"params": 0, "ops": 1}
    return sorted(explanations, key=lambda e: (order[e.column], -len(e.explained), not e.stated))


def counted(cost: Cost, count: str) -> int:
    """The exact number that a convention counts."""
    if count == "weights":
        return cost.weights
    if count == "params":
        return cost.params
    return cost.macs * (2 if count == "flops" else 1)


def shown_count(cost: Cost, column: str, convention: Convention | None) -> str:
    """``params`` or ``ops`` as the column shows them; empty where there are none."""
    if convention is None:
        value = cost.params if column == "params" else cost.macs
        return f"{value:,}" if value else ""
    value = counted(cost, convention.count)
    return shown(value, convention) if value else ""


def printed_size(shape: Shape) -> str:
    """A shape as the paper prints it, height x width x channels."""
    return f"1x1x{shape[0]}" if len(shape) == 1 else f"{shape[1]}x{shape[2]}x{shape[0]}"


def _at(analysis: Analysis, path: str) -> RowAnalysis:
    row = analysis.at(path)
    assert row is not None
    return row


def _prints(row: RowAnalysis, text: str, convention: Convention) -> bool:
    number = parse_number(text)
    assert number is not None
    value = counted(row.cost, convention.count)
    return rounded(value, convention.unit, number.decimals, convention.round) == number.digits


def _computed(row: RowAnalysis, column: str, convention: Convention | None) -> CellResult:
    if column == "output":
        return UNSTATED._replace(computed=printed_size(row.output))
    if column == "depth":
        return UNSTATED._replace(computed=str(row.depth))
    return UNSTATED._replace(computed=shown_count(row.cost, column, convention))


def _judge(
    row: RowAnalysis,
    column: str,
    cell: Cell,
    convention: Convention | None,
    erratum: Erratum | None,
) -> CellResult:
    if convention is None:
        computed = _computed(row, column, None).computed
        same = computed == cell.text
    else:
        number = parse_number(cell.text)
        decimals = number.decimals if number else 0
        computed = shown(counted(row.cost, convention.count), convention, decimals)
        same = _prints(row, cell.text, convention)
    if erratum is None:
        return CellResult(computed, cell.text, "match" if same else "mismatch")
    recorded = _recorded(row, computed, convention, erratum)
    verdict: Verdict = "erratum" if recorded and not same else "mismatch"
    return CellResult(computed, cell.text, verdict, erratum.why)


def _recorded(
    row: RowAnalysis, computed: str, convention: Convention | None, erratum: Erratum
) -> bool:
    """Whether an erratum records what is computed: the exact count, or as the table prints it."""
    if convention is None:
        return erratum.computed == computed
    if erratum.computed.isdecimal():
        return int(erratum.computed) == counted(row.cost, convention.count)
    number = parse_number(erratum.computed)
    if number is None or number.letter != LETTERS[convention.unit]:
        return False
    return _prints(row, erratum.computed, convention)


def _finding(
    row: RowAnalysis,
    path: str,
    column: str,
    cell: Cell,
    result: CellResult,
    convention: Convention | None,
    erratum: Erratum | None,
) -> Diagnostic | None:
    if result.verdict != "mismatch":
        return None
    notes: tuple[str, ...] = ()
    if column == "params":
        cost = row.cost
        notes = (
            f"exactly {cost.weights:,} weights, {cost.biases:,} biases and {cost.norm:,} norm "
            "parameters",
        )
    elif column == "ops":
        notes = (f"exactly {row.cost.macs:,} multiply-accumulates",)
    label = Label(row.node.span, "this row gives it")
    if erratum is None:
        return Diagnostic(
            Code.MISMATCH,
            f"{path} {column}: the table prints {cell.text}, {result.computed} is computed",
            cell.span,
            (label,),
            notes,
            f"mend the row, or declare an erratum {path}.{column} with its reason",
        )
    if result.computed == cell.text:
        message = f"erratum {path}.{column} is not needed: the printed {cell.text} is right"
        hint = "remove the erratum"
    else:
        exact = erratum.computed.isdecimal() and column in ("params", "ops")
        computed = (
            str(counted(row.cost, convention.count)) if convention and exact else result.computed
        )
        message = f"erratum {path}.{column} records {erratum.computed}, {computed} is computed"
        hint = "mend the row, or what the erratum records"
    return Diagnostic(Code.STALE_ERRATUM, message, erratum.span, (label,), notes, hint)
