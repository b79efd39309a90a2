"""The tables of ``archc table``: the rows and the layers of a network, as tables and as records.

``_row_columns`` and ``_LAYER_COLUMNS`` describe each column once, for both.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from archc.analyses import Analysis, LayerAnalysis, RowAnalysis
from archc.checks.computed import Total, format_size, list_totals
from archc.checks.conformance import CellResult, Conformance
from archc.network import ir
from archc.ops.operator import Cost, format_shape
from archc.views.tables.table import MARKS, Row, Table, TableCell

_T = TypeVar("_T")
_T_contra = TypeVar("_T_contra", contravariant=True)
Record = dict[str, object]


class _HasCost(Protocol):
    @property
    def cost(self) -> Cost: ...


class _Column(NamedTuple, Generic[_T_contra]):
    """A column of a table and of its records.

    ``key`` names it in records, ``heading`` in the table; without a heading it is in records only.
    ``value`` returns an integer, a text, or a shape as a list. The table shows it as ``text``
    formats it. A ``checked`` column may be in the printed table, and its cells may have verdicts.
    """

    key: str
    heading: str
    value: Callable[[_T_contra], object]
    checked: bool = False
    in_json: bool = True
    text: Callable[[object], str] | None = None

    def cell(self, value: object) -> TableCell:
        """Return the value as a cell.

        Numbers have separators, shapes are written ``64x112x112``, and 0 is empty.
        """
        if self.text is not None:
            return TableCell(self.text(value))
        if isinstance(value, list):
            return TableCell(format_shape(tuple(value)))
        if isinstance(value, int):
            return TableCell(f"{value:,}" if value else "")
        return TableCell("" if value is None else str(value))


_COUNTS: tuple[_Column[_HasCost], ...] = (
    _Column("weights", "weights", lambda it: it.cost.weights),
    _Column("biases", "biases", lambda it: it.cost.biases),
    _Column("norm", "norm", lambda it: it.cost.norm_params),
    _Column("params", "", lambda it: it.cost.params),
    _Column("macs", "MACs", lambda it: it.cost.macs),
    _Column("pool_ops", "pool ops", lambda it: it.cost.pool_ops),
    _Column("norm_ops", "norm ops", lambda it: it.cost.norm_ops),
    _Column("activation_ops", "activation ops", lambda it: it.cost.activation_ops),
)

_LAYER_COLUMNS: tuple[_Column[LayerAnalysis], ...] = (
    _Column("path", "path", lambda layer: layer.op.path),
    _Column("op", "op", lambda layer: kind_and_notation(layer.op)[0]),
    _Column("patch", "patch/ stride", lambda layer: layer.op.operator.notation, in_json=False),
    _Column("input", "input", lambda layer: list(layer.input)),
    _Column("output", "output", lambda layer: list(layer.output)),
    *_COUNTS,
    _Column("receptive_field", "receptive field", lambda layer: list(layer.receptive_field.size)),
    _Column("stride", "stride", lambda layer: list(layer.receptive_field.stride)),
)


def _row_columns(analysis: Analysis) -> list[_Column[RowAnalysis]]:
    """Return the columns of a row, including those of the network's modules."""
    printed = analysis.network.table is not None
    return [
        _Column("row", "row", lambda row: row.node.path),
        _Column("type", "type", lambda row: kind_and_notation(row.node)[0]),
        _Column("patch", "patch/ stride", lambda row: kind_and_notation(row.node)[1]),
        _Column("output", "output", lambda row: format_size(row.output), checked=True),
        _Column("depth", "depth", lambda row: row.depth, checked=True),
        *(_module_column(name) for name in _module_columns(analysis.rows)),
        # A printed table may count weights only.
        _Column("weights", "", lambda row: row.cost.weights),
        _Column("params", "params", lambda row: row.cost.params, checked=True),
        _Column("ops", "ops" if printed else "MACs", lambda row: row.cost.macs, checked=True),
    ]


def rows_table(analysis: Analysis, conformance: Conformance) -> Table:
    """Return the network's table: each cell as computed, with its verdict and the printed value."""
    columns = [column for column in _row_columns(analysis) if column.heading]
    rows, aux = (
        [
            tuple(
                _checked_cell(conformance.cells[row.node.path][column.key])
                if column.checked
                else column.cell(column.value(row))
                for column in columns
            )
            for row in part
        ]
        for part in (analysis.rows, _aux_rows(analysis, conformance))
    )
    totals = [
        (
            TableCell(total.name),
            *(
                _checked_cell(conformance.totals[total.key][column.key])
                if column.checked
                else TableCell("")
                for column in columns[1:]
            ),
        )
        for total in list_totals(analysis)
    ]
    return _table(columns, rows, aux, totals)


def rows_records(
    analysis: Analysis, conformance: Conformance, repeats: bool = True
) -> list[Record]:
    """Return the rows with exact numbers, printed values and verdicts.

    Sizes are height x width x channels, as papers print them. A total has no type. With
    ``repeats``, the records include totals and parts of auxiliary heads, which a sum over a column
    would count twice.
    """
    columns = _row_columns(analysis)
    heads = _aux_rows(analysis, conformance) if repeats else analysis.aux
    rows, aux = (
        [_row_record(row, columns, conformance) for row in part] for part in (analysis.rows, heads)
    )
    totals = [_total_record(total, conformance) for total in list_totals(analysis)]
    return _in_order(rows, aux, totals if repeats else [])


def layers_table(analysis: Analysis) -> Table:
    """Return every layer with its shapes and costs, and the totals."""
    columns = [column for column in _LAYER_COLUMNS if column.heading]
    rows, aux, totals = (
        [tuple(column.cell(record.get(column.key)) for column in columns) for record in records]
        for records in _layer_records(analysis)
    )
    return _table(columns, rows, aux, totals)


def layers_records(analysis: Analysis, repeats: bool = True) -> list[Record]:
    """Return the layers with the keys of the JSON.

    With ``repeats``, the records include the totals, which have no ``op``.
    """
    rows, aux, totals = _layer_records(analysis)
    return _in_order(rows, aux, totals if repeats else [])


def layer_json(layer: LayerAnalysis) -> Record:
    """Return a layer as JSON."""
    return {column.key: column.value(layer) for column in _LAYER_COLUMNS if column.in_json}


def counts_json(counted: _HasCost) -> dict[str, object]:
    """Return the counts of a layer, a row or a network as JSON."""
    return {column.key: column.value(counted) for column in _COUNTS}


def summary(analysis: Analysis, conformance: Conformance, layers: bool = False) -> list[str]:
    """Return the lines below the table: exact totals, verdicts, and the reasons for errata.

    ``layers``: the table is ``layers_table``, whose totals already show all counts.
    """
    cost = analysis.cost
    table = analysis.network.table
    params = f"{cost.params:,} params"
    if analysis.aux:
        params += f" ({analysis.cost_with_aux.params:,} with auxiliary heads)"
    if layers:
        lines = [f"{params}, depth {analysis.depth}"]
    else:
        # The totals in a printed table are rounded by its conventions.
        lines = [f"exactly {params}, {cost.macs:,} MACs"] if table and table.conventions else []
        lines.append(
            f"{cost.weights:,} weights, {cost.biases:,} biases, "
            f"{cost.norm_params:,} norm parameters"
        )
    lines.append(
        f"receptive field {format_shape(analysis.receptive_field.size)}; "
        f"activations {analysis.memory:,} elements in all, {analysis.peak:,} alive at the peak"
    )
    if table is None:
        return [*lines, "The spec has no printed table."]
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


def snake_case(kind: str) -> str:
    """Return ``max_pool`` for ``MaxPool``, ``lrn`` for ``LRN``."""
    out = ""
    for i, letter in enumerate(kind):
        if letter.isupper() and i and not (kind[i - 1].isupper() or kind[i - 1] == "_"):
            out += "_"
        out += letter.lower()
    return out


def kind_and_notation(node: ir.Node) -> tuple[str, str]:
    """Return a row's type, and its patch size and stride if it has a window."""
    if isinstance(node, ir.Op):
        return snake_case(type(node.operator).__name__), node.operator.notation
    if isinstance(node, ir.Call):
        return snake_case(node.module), ""
    inner = [kind_and_notation(child) for child in node.children]
    if len({kind for kind, _ in inner}) == 1:
        return inner[-1]
    return snake_case(type(node).__name__), ""


def _module_columns(rows: tuple[RowAnalysis, ...]) -> tuple[str, ...]:
    """Return the columns of all modules that the rows use, each once."""
    columns: dict[str, None] = {}
    for row in rows:
        if isinstance(row.node, ir.Call):
            columns |= dict.fromkeys(row.node.arguments)
    return tuple(columns)


def _module_column(name: str) -> _Column[RowAnalysis]:
    """Return the column of a module: its cell in the rows that use the module."""

    def value(row: RowAnalysis) -> object:
        arguments = row.node.arguments if isinstance(row.node, ir.Call) else {}
        return arguments[name].value if name in arguments else None

    return _Column("", name, value, text=lambda value: "" if value is None else str(value))


def _aux_rows(analysis: Analysis, conformance: Conformance) -> list[RowAnalysis]:
    """Return each auxiliary head, followed by its parts that the paper prints."""
    return [
        row for head in analysis.aux for row in (head, *printed_parts(head, analysis, conformance))
    ]


def printed_parts(
    head: RowAnalysis, analysis: Analysis, conformance: Conformance
) -> list[RowAnalysis]:
    """Return the nodes of an auxiliary head that the paper prints."""
    prefix = f"{head.node.path}."
    paths = (path for path in conformance.cells if path.startswith(prefix))
    return [part for path in paths if (part := analysis.at(path))]


def _in_order(rows: Sequence[_T], aux: Sequence[_T], totals: Sequence[_T]) -> list[_T]:
    """Return the network and its total, then auxiliary heads and the total with them."""
    return [*rows, *totals[:1], *aux, *totals[1:]]


def _table(
    columns: Iterable[_Column[_T]], rows: list[Row], aux: list[Row], totals: list[Row]
) -> Table:
    ordered = tuple(_in_order(rows, aux, totals))
    headings = tuple(column.heading for column in columns)
    return Table(headings, ordered, (len(rows), len(ordered) - 1)[: len(totals)])


def _checked_cell(result: CellResult) -> TableCell:
    if result.verdict == "unstated":
        return TableCell(result.computed)
    text = f"{result.computed} {MARKS[result.verdict]}"
    if result.verdict != "match":
        text += f" {result.printed}"
    return TableCell(text, result.verdict, result)


def _row_record(
    row: RowAnalysis, columns: Iterable[_Column[RowAnalysis]], conformance: Conformance
) -> Record:
    record: Record = {}
    cells: Record = {}
    for column in columns:
        if column.checked:
            result = conformance.cells[row.node.path][column.key]
            record |= _checked_values(column.key, column.value(row), result)
        elif column.key:
            record[column.key] = column.value(row)
        else:
            cells[column.heading] = column.value(row)
    for name, value in cells.items():
        # A module's column may have the name of another column.
        record[f"column {name}" if name in record else name] = value
    return record


def _total_record(total: Total, conformance: Conformance) -> Record:
    record: Record = {"row": total.name, "weights": total.cost.weights}
    exact = {"depth": total.depth, "params": total.cost.params, "ops": total.cost.macs}
    for column, value in exact.items():
        record |= _checked_values(column, value, conformance.totals[total.key][column])
    return record


def _checked_values(column: str, exact: object, result: CellResult) -> Record:
    """Return a checked column in a record: its exact value, the printed one, and the verdict."""
    return {
        column: exact,
        f"{column} printed": result.printed,
        f"{column} verdict": result.verdict,
    }


def _layer_records(analysis: Analysis) -> tuple[list[Record], list[Record], list[Record]]:
    """Return the records of the layers, of the auxiliary heads' layers, and of the totals."""
    rows, aux = (
        [
            # Columns that are not in the JSON come last.
            layer_json(layer)
            | {column.key: column.value(layer) for column in _LAYER_COLUMNS if not column.in_json}
            for row in part
            for layer in row.layers
        ]
        for part in (analysis.rows, analysis.aux)
    )
    totals: list[Record] = [
        {"path": total.name, **counts_json(total)} for total in list_totals(analysis)
    ]
    return rows, aux, totals
