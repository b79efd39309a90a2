"""An analysis laid out for people: grids of cells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from archc.analyses import Analysis, RowAnalysis
from archc.checks.computed import list_totals
from archc.checks.conformance import CellResult, Conformance
from archc.checks.conventions import ConventionFit
from archc.checks.explain_number import Interpretation, Quantity
from archc.language.sections.printed_table import COLUMNS
from archc.network import ir
from archc.ops.operator import Cost, format_shape

_T = TypeVar("_T")

MARKS = {"match": "✓", "erratum": "e", "mismatch": "✗"}
"""Behind a computed cell that the table prints, by its verdict."""

_MEANINGS = {
    "match": "as printed",
    "erratum": "before a printed value that is an erratum",
    "mismatch": "before a printed value that is not what is computed",
}


class TableCell(NamedTuple):
    """A cell's text, and the verdict that colours it (empty: none).

    ``result`` has what the text is made of, where the cell is held against a printed one.
    """

    text: str
    verdict: str = ""
    result: CellResult | None = None


_Row = tuple[TableCell, ...]


class Table(NamedTuple):
    """A table to print: headings and rows of equal length, and which of the rows are totals.

    What a total is of stands in its first cell, which may run over the empty ones behind it.
    """

    headings: tuple[str, ...]
    rows: tuple[_Row, ...]
    totals: tuple[int, ...] = ()

    @property
    def heads(self) -> tuple[tuple[str, ...], ...]:
        """The headings line by line, a word each; the last words are on the last line."""
        words = [heading.split(" ") for heading in self.headings]
        high = max(map(len, words))
        return tuple(zip(*([""] * (high - len(parts)) + parts for parts in words), strict=True))

    @property
    def ruled(self) -> frozenset[int]:
        """The rows with a rule above them: the totals, and what follows one."""
        return frozenset(row for total in self.totals for row in (total, total + 1))


def table_grid(analysis: Analysis, conformance: Conformance) -> Table:
    """The paper's table: each cell as computed, with its verdict and the printed value."""
    columns = module_columns(analysis.rows)
    stated = analysis.network.table is not None
    last = ("params", "ops") if stated else ("params", "MACs")
    headings = ("row", "type", "patch/ stride", "output", "depth", *columns, *last)
    rows, aux = (
        [_grid_row(row, columns, conformance) for row in part]
        for part in (analysis.rows, aux_rows(analysis, conformance))
    )
    totals = [
        (*_cells(total.name, "", "", ""), *_total_results(total.key, columns, conformance))
        for total in list_totals(analysis)
    ]
    return _grid(headings, rows, aux, totals)


def layers_grid(analysis: Analysis) -> Table:
    """Every layer with all that is known of it, and what they come to."""
    headings = (
        *("path", "op", "patch/ stride", "input", "output", "weights", "biases", "norm", "MACs"),
        *("pool ops", "norm ops", "activation ops", "receptive field", "stride"),
    )
    rows, aux = (
        [
            _cells(
                layer.op.path,
                snake(type(layer.op.operator).__name__),
                layer.op.operator.notation,
                format_shape(layer.input),
                format_shape(layer.output),
                *_numbers(layer.cost),
                format_shape(layer.receptive_field.size),
                format_shape(layer.receptive_field.stride),
            )
            for row in part
            for layer in row.layers
        ]
        for part in (analysis.rows, analysis.aux)
    )
    totals = [
        _cells(total.name, "", "", "", "", *_numbers(total.cost), "", "")
        for total in list_totals(analysis)
    ]
    return _grid(headings, rows, aux, totals)


def conventions_grid(explanations: Iterable[ConventionFit]) -> Table:
    """The ranking of counting conventions."""
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
        for e in explanations
    ]
    return Table(("column", "counts", "unit", "rounds", "explains", ""), tuple(rows))


def readings_grid(quantity: Quantity, readings: Iterable[Interpretation]) -> Table:
    """The counts that are printed as a number, or the nearest, and how much it is away."""
    rows = []
    for count, how in readings:
        away = quantity.value - count.number
        percent = f" ({float(100 * away / count.number):+.2f}%)" if count.number else ""
        said = how or f"none: it differs by {float(away):+,.0f}{percent}"
        rows.append(tuple(map(TableCell, (count.what, f"{count.number:,}", said, count.who))))
    return Table(("counted", "number", "rounding", "tools"), tuple(rows))


def summary(analysis: Analysis, conformance: Conformance, layers: bool = False) -> list[str]:
    """What the rows of totals do not say, how many cells have which verdict, why the errata.

    ``layers`` says that the rows are those of ``layers_grid``.
    """
    cost = analysis.cost
    table = analysis.network.table
    params = f"{cost.params:,} params"
    if analysis.aux:
        params += f" ({analysis.cost_with_aux.params:,} with auxiliary heads)"
    if layers:
        lines = [f"{params}, depth {analysis.depth}"]
    else:
        # By the conventions of a printed table the rows of totals are rounded.
        lines = [f"exactly {params}, {cost.macs:,} MACs"] if table and table.conventions else []
        lines.append(
            f"{cost.weights:,} weights, {cost.biases:,} biases, {cost.norm:,} norm parameters"
        )
    lines.append(
        f"receptive field {format_shape(analysis.receptive_field.size)}; "
        f"activations {analysis.memory:,} elements in all, {analysis.peak:,} alive at the peak"
    )
    if table is None:
        return [*lines, "The spec states no printed table."]
    for columns in (("output", "depth"), ("params", "ops")):
        matches, errata, mismatches = (
            conformance.count(verdict, columns) for verdict in ("match", "erratum", "mismatch")
        )
        lines.append(
            f"{' and '.join(columns)}: {matches} of {matches + errata + mismatches} printed cells "
            f"match, {errata} errata, {mismatches} mismatches"
        )
    lines += [
        f"  {path}.{column}: {result.why}"
        for path, column, result in conformance.results()
        if result.verdict == "erratum"
    ]
    return lines


def legend(grid: Table, marks: Mapping[str, str] = MARKS) -> str:
    """What the marks mean that the grid has; empty where it has none."""
    verdicts = {cell.verdict for row in grid.rows for cell in row if cell.result}
    meanings = [f"{marks[v]} {meaning}" for v, meaning in _MEANINGS.items() if v in verdicts]
    return "; ".join([*meanings, "no mark: not printed"]) if meanings else ""


def snake(kind: str) -> str:
    """``MaxPool`` as ``max_pool``; ``LRN`` as ``lrn``."""
    out = ""
    for i, letter in enumerate(kind):
        if letter.isupper() and i and not (kind[i - 1].isupper() or kind[i - 1] == "_"):
            out += "_"
        out += letter.lower()
    return out


def kind_and_notation(node: ir.Node) -> tuple[str, str]:
    """A row's type, and its patch size/stride where it has one."""
    if isinstance(node, ir.Op):
        return snake(type(node.operator).__name__), node.operator.notation
    if isinstance(node, ir.Call):
        return snake(node.module), ""
    inner = [kind_and_notation(child) for child in node.children]
    if len({kind for kind, _ in inner}) == 1:
        return inner[-1]
    return snake(type(node).__name__), ""


def module_columns(rows: tuple[RowAnalysis, ...]) -> tuple[str, ...]:
    """The columns of all modules that rows call, each once."""
    columns: dict[str, None] = {}
    for row in rows:
        if isinstance(row.node, ir.Call):
            columns |= dict.fromkeys(row.node.arguments)
    return tuple(columns)


def aux_rows(analysis: Analysis, conformance: Conformance) -> list[RowAnalysis]:
    """Each auxiliary head with those of its parts that the table prints."""
    rows = []
    for head in analysis.aux:
        rows.append(head)
        prefix = f"{head.node.path}."
        for path in conformance.cells:
            if path.startswith(prefix) and (inner := analysis.at(path)):
                rows.append(inner)
    return rows


def in_order(rows: Sequence[_T], aux: Sequence[_T], totals: Sequence[_T]) -> list[_T]:
    """The network and its total, then auxiliary heads and the total with them."""
    return [*rows, *totals[:1], *aux, *totals[1:]]


def _grid(
    headings: tuple[str, ...], rows: list[_Row], aux: list[_Row], totals: list[_Row]
) -> Table:
    ordered = tuple(in_order(rows, aux, totals))
    return Table(headings, ordered, (len(rows), len(ordered) - 1)[: len(totals)])


def _cells(*texts: str) -> _Row:
    return tuple(TableCell(text) for text in texts)


def _numbers(cost: Cost) -> list[str]:
    return [f"{number:,}" if number else "" for number in cost]


def _grid_row(
    row: RowAnalysis, columns: tuple[str, ...], conformance: Conformance
) -> tuple[TableCell, ...]:
    kind, notation = kind_and_notation(row.node)
    results = conformance.cells[row.node.path]
    arguments = row.node.arguments if isinstance(row.node, ir.Call) else {}
    output, depth, params, ops = (_result(results[column]) for column in COLUMNS)
    cells = (str(arguments[c].value) if c in arguments else "" for c in columns)
    return (
        TableCell(row.node.path),
        TableCell(kind),
        TableCell(notation),
        output,
        depth,
        *(TableCell(cell) for cell in cells),
        params,
        ops,
    )


def _total_results(key: str, columns: tuple[str, ...], conformance: Conformance) -> _Row:
    results = conformance.totals[key]
    depth, params, ops = (_result(results[column]) for column in ("depth", "params", "ops"))
    return (depth, *_cells(*[""] * len(columns)), params, ops)


def _result(result: CellResult) -> TableCell:
    if result.verdict == "unstated":
        return TableCell(result.computed)
    text = f"{result.computed} {MARKS[result.verdict]}"
    if result.verdict != "match":
        text += f" {result.printed}"
    return TableCell(text, result.verdict, result)
