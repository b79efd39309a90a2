"""Check the paper's printed table against the computed values, cell by cell and exactly."""

from collections.abc import Container, Iterator, Mapping
from typing import Literal, NamedTuple

from archc.analyses import Analysis
from archc.checks.computed import (
    ComputedRow,
    compute_row,
    compute_total,
    counted,
    format_cell,
    gives_printed,
    list_totals,
)
from archc.diagnostics import Code, Diagnostic, Hint, in_file_order, suggest_name
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.language.sections.printed_numbers import (
    LETTERS,
    Convention,
    format_count,
    parse_number,
    with_letter,
)
from archc.language.sections.printed_rows import PrintedCell, PrintedRow
from archc.language.sections.printed_table import COLUMNS, Erratum, PrintedTable, unknown_row
from archc.network.ir import walk

Verdict = Literal["match", "erratum", "mismatch", "unstated"]


class CellResult(NamedTuple):
    """One cell: the computed value as the table would print it, the printed text, the verdict.

    ``why`` is the reason that the spec gives for an erratum.
    """

    computed: str
    printed: str | None
    verdict: Verdict
    why: str | None = None


UNSTATED = CellResult("", None, "unstated")


class Conformance(NamedTuple):
    """The verdicts on a network's printed table.

    ``cells`` maps the path of a row to its cells by column, ``totals`` the key of a total to its
    cells.
    """

    cells: Mapping[str, Mapping[str, CellResult]]
    diagnostics: tuple[Diagnostic, ...]
    totals: Mapping[str, Mapping[str, CellResult]]

    def __repr__(self) -> str:
        cells = f"{self.count('match')} cells match, {self.count('erratum')} errata"
        return f"<Conformance: {cells}, {len(self.diagnostics)} diagnostics>"

    def results(self) -> Iterator[tuple[str, str, CellResult]]:
        """Yield every cell with its row and column, the totals last."""
        for rows in (self.cells, self.totals):
            for path, cells in rows.items():
                for column, result in cells.items():
                    yield path, column, result

    def count(self, verdict: Verdict, columns: tuple[str, ...] = COLUMNS) -> int:
        """Return the number of cells in these columns with that verdict."""
        return sum(
            result.verdict == verdict and column in columns for _, column, result in self.results()
        )


def check_conformance(analysis: Analysis) -> Conformance:
    """Return a verdict for each cell of each row and total, and a diagnostic for each mismatch."""
    table = analysis.network.table
    conventions = table.conventions if table else {}
    rows = {r.node.path: compute_row(r) for r in analysis.rows_and_heads}
    totals = {total.key: compute_total(total) for total in list_totals(analysis)}
    cells = {path: _unstated_cells(row, conventions) for path, row in rows.items()}
    sums = {key: _unstated_cells(total, conventions) for key, total in totals.items()}
    if table is None:
        return Conformance(cells, (), sums)
    diagnostics: list[Diagnostic] = []
    for path, printed in table.rows.items():
        if len(diagnostics) >= MAXIMUM_DIAGNOSTICS:
            break
        row = analysis.at(path)
        if row is None:
            hint = _suggest_row(analysis, path, table.rows)
            diagnostics.append(unknown_row(path, printed.span, hint))
            continue
        cells[path] = _check_row(compute_row(row), path, printed, table, diagnostics)
    for key, printed in table.totals.items():
        if key in totals:
            sums[key] = _check_row(totals[key], key, printed, table, diagnostics)
        else:
            message = f"the table has {key}, but the network has no auxiliary heads"
            hint = "use total instead"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, printed.span, hint=hint))
    return Conformance(cells, tuple(in_file_order(diagnostics)), sums)


def _unstated_cells(
    row: ComputedRow, conventions: Mapping[str, Convention]
) -> dict[str, CellResult]:
    return {
        column: UNSTATED._replace(computed=format_cell(row, column, conventions.get(column)))
        for column in COLUMNS
    }


def _check_row(
    row: ComputedRow,
    path: str,
    printed: PrintedRow,
    table: PrintedTable,
    diagnostics: list[Diagnostic],
) -> dict[str, CellResult]:
    """Return the cells of a printed row with their verdicts; add a diagnostic for each mismatch."""
    results = _unstated_cells(row, table.conventions)
    for column, cell in printed.cells.items():
        convention = table.conventions.get(column)
        number = parse_number(cell.text)
        if convention and number:
            convention = with_letter(convention, number.letter)
        erratum = table.errata.get((path, column))
        results[column] = _check_cell(row, column, cell, convention, erratum)
        diagnostic = _diagnostic(row, path, column, cell, results[column], convention, erratum)
        diagnostics += [diagnostic] if diagnostic else []
    return results


def _suggest_row(analysis: Analysis, path: str, printed: Container[str]) -> Hint:
    """Return a hint at the row with a similar name, or at all rows.

    Rows that the table does not print are preferred.
    """
    rows = analysis.rows_and_heads
    paths = [row.node.path for row in rows]
    layers = [node.path for row in rows for node in walk(row.node) if node.path]
    depth = path.count(".")
    missing = [name for name in layers if name not in printed and name.count(".") == depth]
    hint = suggest_name(path, missing) or suggest_name(path, layers)
    return hint or f"the rows are {', '.join(paths)}"


def _check_cell(
    row: ComputedRow,
    column: str,
    cell: PrintedCell,
    convention: Convention | None,
    erratum: Erratum | None,
) -> CellResult:
    if convention is None:
        computed = format_cell(row, column, None)
        same = computed == cell.text
    else:
        number = parse_number(cell.text)
        decimals = number.decimals if number else 0
        computed = format_count(counted(row.cost, convention.count), convention, decimals)
        same = gives_printed(row.cost, cell.text, convention)
    if erratum is None:
        return CellResult(computed, cell.text, "match" if same else "mismatch")
    recorded = _is_recorded(row, computed, convention, erratum)
    verdict: Verdict = "erratum" if recorded and not same else "mismatch"
    return CellResult(computed, cell.text, verdict, erratum.why)


def _is_recorded(
    row: ComputedRow, computed: str, convention: Convention | None, erratum: Erratum
) -> bool:
    """Return whether the erratum records the computed value, exactly or as the table prints it."""
    if convention is None:
        return erratum.computed == computed
    if erratum.computed.isdecimal():
        return int(erratum.computed) == counted(row.cost, convention.count)
    number = parse_number(erratum.computed)
    if number is None or number.letter != LETTERS[convention.unit]:
        return False
    return gives_printed(row.cost, erratum.computed, convention)


def _diagnostic(
    row: ComputedRow,
    path: str,
    column: str,
    cell: PrintedCell,
    result: CellResult,
    convention: Convention | None,
    erratum: Erratum | None,
) -> Diagnostic | None:
    if result.verdict != "mismatch":
        return None
    cost = row.cost
    notes: tuple[str, ...] = ()
    if column == "params":
        notes = (
            f"exactly {cost.weights:,} weights, {cost.biases:,} biases and {cost.norm_params:,} "
            "norm parameters",
        )
    elif column == "ops":
        notes = (f"exactly {cost.macs:,} multiply-accumulates",)
    labels = (row.label,) if row.label else ()
    fix = "fix the row" if row.label else "fix the network"
    if erratum is None:
        return Diagnostic(
            Code.MISMATCH,
            f"{path} {column}: the table prints {cell.text}, archc computes {result.computed}",
            cell.span,
            labels,
            notes,
            f"{fix}, or add an erratum {path}.{column} with the reason",
        )
    if result.computed == cell.text:
        message = f"unnecessary erratum {path}.{column}: the printed {cell.text} is correct"
        hint = "remove the erratum"
    else:
        exact = erratum.computed.isdecimal() and column in ("params", "ops")
        computed = str(counted(cost, convention.count)) if convention and exact else result.computed
        message = (
            f"erratum {path}.{column} records {erratum.computed}, but archc computes {computed}"
        )
        hint = f"{fix} or the erratum"
    return Diagnostic(Code.STALE_ERRATUM, message, erratum.span, labels, notes, hint)
