"""The paper's table against the computed one, cell by cell and exactly."""

from collections.abc import Container, Iterator, Mapping
from itertools import product
from typing import Literal, NamedTuple, get_args

from archc.analyses import Analysis, RowAnalysis
from archc.diagnostics import Code, Diagnostic, Hint, Label, in_file_order, suggest_name
from archc.diagnostics.collector import MAXIMUM_DIAGNOSTICS
from archc.language.sections.printed_table import (
    COLUMNS,
    LETTERS,
    Convention,
    Count,
    Erratum,
    PrintedCell,
    PrintedRow,
    PrintedTable,
    Rounding,
    format_count,
    parse_number,
    rounded,
    unknown_row,
    with_letter,
)
from archc.network.ir import walk
from archc.ops.operator import Cost, Shape

Verdict = Literal["match", "erratum", "mismatch", "unstated"]


class CellResult(NamedTuple):
    """One cell: what is computed, as the table would print it, and what the paper prints."""

    computed: str
    printed: str | None
    verdict: Verdict
    why: str | None = None


UNSTATED = CellResult("", None, "unstated")


class Total(NamedTuple):
    """What a whole network costs, and how deep it is, which auxiliary heads add nothing to.

    ``key`` is its name in a spec's table, ``name`` the one that people are shown.
    """

    key: str
    name: str
    cost: Cost
    depth: int | None


class Conformance(NamedTuple):
    """Every cell by path and column, and what is wrong with the table.

    ``totals`` are the cells of the totals, by their keys.
    """

    cells: Mapping[str, Mapping[str, CellResult]]
    diagnostics: tuple[Diagnostic, ...]
    totals: Mapping[str, Mapping[str, CellResult]]

    def __repr__(self) -> str:
        cells = f"{self.count('match')} cells match, {self.count('erratum')} errata"
        return f"<Conformance: {cells}, {len(self.diagnostics)} findings>"

    def results(self) -> Iterator[tuple[str, str, CellResult]]:
        """Every cell with its row and its column, those of totals last."""
        for rows in (self.cells, self.totals):
            for path, cells in rows.items():
                for column, result in cells.items():
                    yield path, column, result

    def count(self, verdict: Verdict, columns: tuple[str, ...] = COLUMNS) -> int:
        """How many cells of these columns have the verdict."""
        return sum(
            result.verdict == verdict and column in columns for _, column, result in self.results()
        )


class Explanation(NamedTuple):
    """How many of a column's printed cells a convention explains."""

    column: str
    convention: Convention
    explained: tuple[str, ...]
    printed: int
    stated: bool


class _Subject(NamedTuple):
    """What a printed row is of: a row, a part of one, or the whole network.

    A total has no size of its own, nor a depth with auxiliary heads; ``label`` shows a row.
    """

    size: Shape | None
    depth: int | None
    cost: Cost
    label: Label | None


def list_totals(analysis: Analysis) -> list[Total]:
    """The network's total and, where it has auxiliary heads, the one with them."""
    totals = [Total("total", "total", analysis.cost, analysis.depth)]
    if analysis.aux:
        name = "total with auxiliary heads"
        totals.append(Total("total_with_aux", name, analysis.cost_with_aux, None))
    return totals


def check_conformance(analysis: Analysis) -> Conformance:
    """A verdict for each cell of each row and total; a finding for each that does not conform."""
    table = analysis.network.table
    conventions = table.conventions if table else {}
    rows = {r.node.path: _row_subject(r) for r in analysis.rows_and_heads}
    totals = {total.key: _total_subject(total) for total in list_totals(analysis)}
    cells = {path: _all_computed(row, conventions) for path, row in rows.items()}
    sums = {key: _all_computed(total, conventions) for key, total in totals.items()}
    if table is None:
        return Conformance(cells, (), sums)
    diagnostics: list[Diagnostic] = []
    for path, printed in table.rows.items():
        if len(diagnostics) >= MAXIMUM_DIAGNOSTICS:
            break
        found = analysis.at(path)
        if found is None:
            hint = _row_meant(analysis, path, table.rows)
            diagnostics.append(unknown_row(path, printed.span, hint))
            continue
        cells[path] = _judge_row(_row_subject(found), path, printed, table, diagnostics)
    for key, printed in table.totals.items():
        if key in totals:
            sums[key] = _judge_row(totals[key], key, printed, table, diagnostics)
        else:
            message = f"the table has a {key}, the network has no auxiliary heads"
            hint = "what it prints is the total"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, printed.span, hint=hint))
    return Conformance(cells, tuple(in_file_order(diagnostics)), sums)


def _row_subject(row: RowAnalysis) -> _Subject:
    return _Subject(row.output, row.depth, row.cost, Label(row.node.span, "this row gives it"))


def _total_subject(total: Total) -> _Subject:
    return _Subject(None, total.depth, total.cost, None)


def _all_computed(
    subject: _Subject, conventions: Mapping[str, Convention]
) -> dict[str, CellResult]:
    return {
        column: UNSTATED._replace(computed=_computed(subject, column, conventions.get(column)))
        for column in COLUMNS
    }


def _judge_row(
    subject: _Subject,
    path: str,
    printed: PrintedRow,
    table: PrintedTable,
    diagnostics: list[Diagnostic],
) -> dict[str, CellResult]:
    """The cells of a printed row with their verdicts; what does not conform becomes a finding."""
    results = _all_computed(subject, table.conventions)
    for column, cell in printed.cells.items():
        convention = table.conventions.get(column)
        number = parse_number(cell.text)
        if convention and number:
            convention = with_letter(convention, number.letter)
        erratum = table.errata.get((path, column))
        results[column] = _judge(subject, column, cell, convention, erratum)
        diagnostic = _diagnostic(subject, path, column, cell, results[column], convention, erratum)
        diagnostics += [diagnostic] if diagnostic else []
    return results


def _row_meant(analysis: Analysis, path: str, printed: Container[str]) -> Hint:
    """The row that is meant, most likely one that the table does not print; else all rows."""
    rows = analysis.rows_and_heads
    paths = [row.node.path for row in rows]
    layers = [node.path for row in rows for node in walk(row.node) if node.path]
    depth = path.count(".")
    missing = [name for name in layers if name not in printed and name.count(".") == depth]
    hint = suggest_name(path, missing) or suggest_name(path, layers)
    return hint or f"the rows are {', '.join(paths)}"


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
            path: (row.cells[column].text, subject)
            for path, row in (*table.rows.items(), *table.totals.items())
            if column in row.cells and (subject := _subject_at(analysis, path))
        }
        for count, unit, how in product(counts[column], units, get_args(Rounding)):
            convention = Convention(count=count, unit=unit, round=how)
            explained = tuple(
                path
                for path, (text, subject) in printed.items()
                if _prints(subject, text, convention)
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
    return format_count(value, convention) if value else ""


def printed_size(shape: Shape) -> str:
    """A shape as the paper prints it, height x width x channels."""
    return f"1x1x{shape[0]}" if len(shape) == 1 else f"{shape[1]}x{shape[2]}x{shape[0]}"


def _subject_at(analysis: Analysis, path: str) -> _Subject | None:
    """What a printed row of that name is of; a total is never called as a printed row is."""
    row = analysis.at(path)
    if row is not None:
        return _row_subject(row)
    totals = {total.key: _total_subject(total) for total in list_totals(analysis)}
    return totals.get(path)


def _prints(subject: _Subject, text: str, convention: Convention) -> bool:
    """Whether the convention gives the printed number, in the number's own letter."""
    number = parse_number(text)
    assert number is not None
    value = counted(subject.cost, convention.count)
    unit = with_letter(convention, number.letter).unit
    return rounded(value, unit, number.decimals, convention.round) == number.digits


def _computed(subject: _Subject, column: str, convention: Convention | None) -> str:
    if column == "output":
        return printed_size(subject.size) if subject.size else ""
    if column == "depth":
        return "" if subject.depth is None else str(subject.depth)
    return shown_count(subject.cost, column, convention)


def _judge(
    subject: _Subject,
    column: str,
    cell: PrintedCell,
    convention: Convention | None,
    erratum: Erratum | None,
) -> CellResult:
    if convention is None:
        computed = _computed(subject, column, None)
        same = computed == cell.text
    else:
        number = parse_number(cell.text)
        decimals = number.decimals if number else 0
        computed = format_count(counted(subject.cost, convention.count), convention, decimals)
        same = _prints(subject, cell.text, convention)
    if erratum is None:
        return CellResult(computed, cell.text, "match" if same else "mismatch")
    recorded = _recorded(subject, computed, convention, erratum)
    verdict: Verdict = "erratum" if recorded and not same else "mismatch"
    return CellResult(computed, cell.text, verdict, erratum.why)


def _recorded(
    subject: _Subject, computed: str, convention: Convention | None, erratum: Erratum
) -> bool:
    """Whether an erratum records what is computed: the exact count, or as the table prints it."""
    if convention is None:
        return erratum.computed == computed
    if erratum.computed.isdecimal():
        return int(erratum.computed) == counted(subject.cost, convention.count)
    number = parse_number(erratum.computed)
    if number is None or number.letter != LETTERS[convention.unit]:
        return False
    return _prints(subject, erratum.computed, convention)


def _diagnostic(
    subject: _Subject,
    path: str,
    column: str,
    cell: PrintedCell,
    result: CellResult,
    convention: Convention | None,
    erratum: Erratum | None,
) -> Diagnostic | None:
    if result.verdict != "mismatch":
        return None
    cost = subject.cost
    notes: tuple[str, ...] = ()
    if column == "params":
        notes = (
            f"exactly {cost.weights:,} weights, {cost.biases:,} biases and {cost.norm:,} norm "
            "parameters",
        )
    elif column == "ops":
        notes = (f"exactly {cost.macs:,} multiply-accumulates",)
    labels = (subject.label,) if subject.label else ()
    remedy = "mend the row" if subject.label else "fix the network"
    if erratum is None:
        return Diagnostic(
            Code.MISMATCH,
            f"{path} {column}: the table prints {cell.text}, {result.computed} is computed",
            cell.span,
            labels,
            notes,
            f"{remedy}, or declare an erratum {path}.{column} with its reason",
        )
    if result.computed == cell.text:
        message = f"erratum {path}.{column} is not needed: the printed {cell.text} is right"
        hint = "remove the erratum"
    else:
        exact = erratum.computed.isdecimal() and column in ("params", "ops")
        computed = str(counted(cost, convention.count)) if convention and exact else result.computed
        message = f"erratum {path}.{column} records {erratum.computed}, {computed} is computed"
        hint = f"{remedy}, or what the erratum records"
    return Diagnostic(Code.STALE_ERRATUM, message, erratum.span, labels, notes, hint)
