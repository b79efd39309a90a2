"""An analysis laid out for people and for other tools: grids of cells, and the stable JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from archc import ir
from archc.analysis import Analysis, LayerAnalysis, RowAnalysis
from archc.conformance import CellResult, Conformance, Explanation, printed_size, shown_count
from archc.ops.operator import Cost, written
from archc.table import COLUMNS

_T = TypeVar("_T")


class GridCell(NamedTuple):
    """A cell's text, and the verdict that colours it (empty: none).

    ``result`` has what the text is made of, where the cell is held against a printed one.
    """

    text: str
    verdict: str = ""
    result: CellResult | None = None


_Row = tuple[GridCell, ...]


class Grid(NamedTuple):
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


class _Total(NamedTuple):
    """What a whole network costs, and how deep it is, which auxiliary heads add nothing to."""

    name: str
    cost: Cost
    depth: int | None


def table_grid(analysis: Analysis, conformance: Conformance) -> Grid:
    """The paper's table: each cell as computed, with its verdict and the printed value."""
    columns = _module_columns(analysis.rows)
    stated = analysis.network.table is not None
    last = ("params", "ops") if stated else ("params", "MACs")
    headings = ("row", "type", "patch/ stride", "output", "depth", *columns, *last)
    rows, aux = (
        [_grid_row(row, columns, conformance) for row in part]
        for part in (analysis.rows, _aux_rows(analysis, conformance))
    )
    conventions = analysis.network.table.conventions if analysis.network.table else {}
    totals = [
        _cells(
            *(total.name, "", "", "", "" if total.depth is None else str(total.depth)),
            *[""] * len(columns),
            *(shown_count(total.cost, c, conventions.get(c)) for c in ("params", "ops")),
        )
        for total in _totals(analysis)
    ]
    return _grid(headings, rows, aux, totals)


def table_records(
    analysis: Analysis, conformance: Conformance, totals: bool = True
) -> list[dict[str, object]]:
    """The same for other tools: exact numbers, printed values and verdicts each by themselves.

    Sizes are as the table prints them, height x width x channels. A total has no type; without
    ``totals`` there are none.
    """
    columns = _module_columns(analysis.rows)
    rows, aux = (
        [_table_record(row, columns, conformance) for row in part]
        for part in (analysis.rows, _aux_rows(analysis, conformance))
    )
    sums: list[dict[str, object]] = [
        {"row": name, "depth": depth, "params": cost.params, "ops": cost.macs}
        for name, cost, depth in _totals(analysis)
    ]
    return _in_order(rows, aux, sums if totals else [])


def layers_records(analysis: Analysis, totals: bool = True) -> list[dict[str, object]]:
    """The layers for other tools, by the keys that they have in the JSON.

    A total has no op; without ``totals`` there are none.
    """
    rows, aux = (
        [
            {**_layer_json(layer), "patch": layer.op.operator.notation}
            for row in part
            for layer in row.layers
        ]
        for part in (analysis.rows, analysis.aux)
    )
    sums: list[dict[str, object]] = [
        {"path": total.name, **_cost_json(total.cost)} for total in _totals(analysis)
    ]
    return _in_order(rows, aux, sums if totals else [])


def conventions_records(explanations: Iterable[Explanation]) -> list[dict[str, object]]:
    """The ranking for other tools, by the keys that it has in the JSON, without the rows."""
    ranking = conventions_json(explanations)
    return [{key: e[key] for key in e if key != "rows"} for e in ranking]


def layers_grid(analysis: Analysis) -> Grid:
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
                written(layer.input),
                written(layer.output),
                *_numbers(layer.cost),
                written(layer.field.size),
                written(layer.field.stride),
            )
            for row in part
            for layer in row.layers
        ]
        for part in (analysis.rows, analysis.aux)
    )
    totals = [
        _cells(total.name, "", "", "", "", *_numbers(total.cost), "", "")
        for total in _totals(analysis)
    ]
    return _grid(headings, rows, aux, totals)


def conventions_grid(explanations: Iterable[Explanation]) -> Grid:
    """The ranking of counting conventions."""
    words = {"weights": "weights", "params": "weights and biases"}
    words |= {"macs": "MACs", "flops": "2 x MACs"}
    rows = [
        (
            GridCell(e.column),
            GridCell(words[e.convention.count]),
            GridCell(f"{e.convention.unit:,}"),
            GridCell(e.convention.round),
            GridCell(f"{len(e.explained)} of {e.printed}", "match" if e.stated else ""),
            GridCell("stated in the spec" if e.stated else ""),
        )
        for e in explanations
    ]
    return Grid(("column", "counts", "unit", "rounds", "explains", ""), tuple(rows))


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
        f"receptive field {written(analysis.field.size)}; activations {analysis.memory:,} elements "
        f"in all, {analysis.peak:,} alive at the peak"
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
    for path, cells in conformance.cells.items():
        for column, cell in cells.items():
            if cell.verdict == "erratum":
                lines.append(f"  {path}.{column}: {cell.why}")
    return lines


def table_json(analysis: Analysis, conformance: Conformance) -> dict[str, object]:
    """The object of ``archc table --format json``; its keys are stable, other tools read them."""
    network = analysis.network
    return {
        "name": network.name,
        "input": list(network.input),
        "rows": [_row_json(row, conformance) for row in analysis.rows],
        "layers": [_layer_json(layer) for row in analysis.rows for layer in row.layers],
        "aux": [
            {
                **_row_json(row, conformance),
                "from": head.tap,
                "loss_weight": head.loss_weight,
                "parts": [
                    _row_json(inner, conformance)
                    for path in conformance.cells
                    if path.startswith(f"{row.node.path}.") and (inner := analysis.at(path))
                ],
                "layers": [_layer_json(layer) for layer in row.layers],
            }
            for head, row in zip(network.aux, analysis.aux, strict=True)
        ],
        "totals": {
            "params": analysis.cost.params,
            "params_with_aux": analysis.cost_with_aux.params,
            **_cost_json(analysis.cost),
            "macs_with_aux": analysis.cost_with_aux.macs,
            "depth": analysis.depth,
            "receptive_field": list(analysis.field.size),
            "stride": list(analysis.field.stride),
            "activations": analysis.memory,
            "peak_activations": analysis.peak,
        },
    }


def conventions_json(explanations: Iterable[Explanation]) -> list[dict[str, object]]:
    """The ranking as an object, with the rows that each convention explains."""
    return [
        {
            "column": e.column,
            **e.convention.model_dump(),
            "explains": len(e.explained),
            "printed": e.printed,
            "stated": e.stated,
            "rows": list(e.explained),
        }
        for e in explanations
    ]


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


def _module_columns(rows: tuple[RowAnalysis, ...]) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for row in rows:
        if isinstance(row.node, ir.Call):
            columns |= dict.fromkeys(row.node.arguments)
    return tuple(columns)


def _aux_rows(analysis: Analysis, conformance: Conformance) -> list[RowAnalysis]:
    """Each auxiliary head with those of its parts that the table prints."""
    rows = []
    for head in analysis.aux:
        rows.append(head)
        prefix = f"{head.node.path}."
        for path in conformance.cells:
            if path.startswith(prefix) and (inner := analysis.at(path)):
                rows.append(inner)
    return rows


def _totals(analysis: Analysis) -> list[_Total]:
    """The network's total and, where it has auxiliary heads, the one with them."""
    totals = [_Total("total", analysis.cost, analysis.depth)]
    if analysis.aux:
        totals.append(_Total("total with auxiliary heads", analysis.cost_with_aux, None))
    return totals


def _in_order(rows: Sequence[_T], aux: Sequence[_T], totals: Sequence[_T]) -> list[_T]:
    """The network and its total, then auxiliary heads and the total with them."""
    return [*rows, *totals[:1], *aux, *totals[1:]]


def _grid(headings: tuple[str, ...], rows: list[_Row], aux: list[_Row], totals: list[_Row]) -> Grid:
    ordered = tuple(_in_order(rows, aux, totals))
    return Grid(headings, ordered, (len(rows), len(ordered) - 1)[: len(totals)])


def _cells(*texts: str) -> _Row:
    return tuple(GridCell(text) for text in texts)


def _numbers(cost: Cost) -> list[str]:
    return [f"{number:,}" if number else "" for number in cost]


def _grid_row(
    row: RowAnalysis, columns: tuple[str, ...], conformance: Conformance
) -> tuple[GridCell, ...]:
    kind, notation = kind_and_notation(row.node)
    results = conformance.cells[row.node.path]
    arguments = row.node.arguments if isinstance(row.node, ir.Call) else {}
    output, depth, params, ops = (_result(results[column]) for column in COLUMNS)
    cells = (str(arguments[c].value) if c in arguments else "" for c in columns)
    return (
        GridCell(row.node.path),
        GridCell(kind),
        GridCell(notation),
        output,
        depth,
        *(GridCell(cell) for cell in cells),
        params,
        ops,
    )


def _table_record(
    row: RowAnalysis, columns: tuple[str, ...], conformance: Conformance
) -> dict[str, object]:
    results = conformance.cells[row.node.path]
    kind, notation = kind_and_notation(row.node)
    arguments = row.node.arguments if isinstance(row.node, ir.Call) else {}
    exact: dict[str, object] = {
        "output": printed_size(row.output),
        "depth": row.depth,
        "params": row.cost.params,
        "ops": row.cost.macs,
    }
    record: dict[str, object] = {"row": row.node.path, "type": kind, "patch": notation}
    for column in COLUMNS:
        record[column] = exact[column]
        record[f"{column} printed"] = results[column].printed
        record[f"{column} verdict"] = results[column].verdict
    for name in columns:
        # A module's column may be called as one of the table's.
        key = f"column {name}" if name in record else name
        record[key] = arguments[name].value if name in arguments else None
    return record


def _result(result: CellResult) -> GridCell:
    if result.verdict == "unstated":
        return GridCell(result.computed)
    if result.verdict == "match":
        return GridCell(f"{result.computed} ✓", "match", result)
    mark = "e" if result.verdict == "erratum" else "✗"
    return GridCell(f"{result.computed} {mark} {result.printed}", result.verdict, result)


def _row_json(row: RowAnalysis, conformance: Conformance) -> dict[str, object]:
    results = conformance.cells[row.node.path]
    kind, notation = kind_and_notation(row.node)
    entry: dict[str, object] = {
        "name": row.node.path,
        "type": kind,
        "patch": notation or None,
        "output": list(row.output),
        "depth": row.depth,
        **_cost_json(row.cost),
        "receptive_field": list(row.field.size),
        "stride": list(row.field.stride),
        "activations": row.memory,
        "printed": {
            column: int(result.printed) if column == "depth" else result.printed
            for column, result in results.items()
            if result.printed is not None
        },
        "verdict": {column: result.verdict for column, result in results.items()},
    }
    if isinstance(row.node, ir.Call):
        entry["columns"] = {name: cell.value for name, cell in row.node.arguments.items()}
    errata: Mapping[str, str] = {c: r.why for c, r in results.items() if r.why is not None}
    if errata:
        entry["errata"] = errata
    return entry


def _layer_json(layer: LayerAnalysis) -> dict[str, object]:
    return {
        "path": layer.op.path,
        "op": snake(type(layer.op.operator).__name__),
        "input": list(layer.input),
        "output": list(layer.output),
        **_cost_json(layer.cost),
        "receptive_field": list(layer.field.size),
        "stride": list(layer.field.stride),
    }


def _cost_json(cost: Cost) -> dict[str, int]:
    return {
        "weights": cost.weights,
        "biases": cost.biases,
        "norm": cost.norm,
        "params": cost.params,
        "macs": cost.macs,
        "pool_ops": cost.pool_ops,
        "norm_ops": cost.norm_ops,
        "activation_ops": cost.activation_ops,
    }
