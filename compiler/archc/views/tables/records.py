"""An analysis laid out for other tools: flat records, and the stable JSON."""

from collections.abc import Iterable, Mapping

from archc.analyses import Analysis, LayerAnalysis, RowAnalysis
from archc.checks.computed import format_size, list_totals
from archc.checks.conformance import CellResult, Conformance
from archc.checks.conventions import ConventionFit
from archc.checks.explain_number import Interpretation
from archc.language.sections.printed_table import TOTALS, rounded
from archc.network import ir
from archc.ops.operator import Cost
from archc.views.tables.tables import (
    aux_rows,
    in_order,
    kind_and_notation,
    module_columns,
    snake,
)


def table_records(
    analysis: Analysis, conformance: Conformance, repeats: bool = True
) -> list[dict[str, object]]:
    """The same for other tools: exact numbers, printed values and verdicts each by themselves.

    Sizes are as the table prints them, height x width x channels. A total has no type. Without
    ``repeats`` nothing is there that a sum would count again: no totals, and no parts of auxiliary
    heads beside the heads.
    """
    columns = module_columns(analysis.rows)
    heads = aux_rows(analysis, conformance) if repeats else analysis.aux
    rows, aux = (
        [_table_record(row, columns, conformance) for row in part]
        for part in (analysis.rows, heads)
    )
    sums: list[dict[str, object]] = [
        {
            "row": total.name,
            "weights": total.cost.weights,
            **_cells(
                conformance.totals[total.key],
                {"depth": total.depth, "params": total.cost.params, "ops": total.cost.macs},
            ),
        }
        for total in list_totals(analysis)
    ]
    return in_order(rows, aux, sums if repeats else [])


def layers_records(analysis: Analysis, repeats: bool = True) -> list[dict[str, object]]:
    """The layers for other tools, by the keys that they have in the JSON.

    A total has no op; without ``repeats`` there are none.
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
        {"path": total.name, **_cost_json(total.cost)} for total in list_totals(analysis)
    ]
    return in_order(rows, aux, sums if repeats else [])


def conventions_records(explanations: Iterable[ConventionFit]) -> list[dict[str, object]]:
    """The ranking for other tools, by the keys that it has in the JSON, without the rows."""
    ranking = conventions_json(explanations)
    return [{key: e[key] for key in e if key != "rows"} for e in ranking]


def readings_records(readings: Iterable[Interpretation]) -> list[dict[str, object]]:
    """The counts that are printed as a number; ``printed`` is none for the nearest."""
    return [
        {"what": c.what, "number": c.number, "printed": how or None, "who": c.who, "kind": c.kind}
        for c, how in readings
    ]


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
            "receptive_field": list(analysis.receptive_field.size),
            "stride": list(analysis.receptive_field.stride),
            "activations": analysis.memory,
            "peak_activations": analysis.peak,
            **_totals_json(conformance, "total"),
            **_totals_json(conformance, "total_with_aux", "_with_aux"),
        },
    }


def badge_json(analysis: Analysis, conformance: Conformance) -> dict[str, object]:
    """The object from which shields.io makes a badge: the totals, red where the table is wrong."""
    cost = analysis.cost
    return {
        "schemaVersion": 1,
        "label": analysis.network.name,
        "message": f"{_short(cost.params)} params, {_short(cost.macs)} MACs",
        "color": "red" if conformance.diagnostics else "blue",
    }


def _short(number: int) -> str:
    """Three digits and a letter: 7.00M."""
    for power, letter in enumerate(_LETTERS):
        for places in (2, 1, 0) if power else (0,):
            digits = rounded(number, 1000**power, places, "nearest")
            if digits < 1000:
                text = str(digits).zfill(places + 1)
                whole = len(text) - places
                return f"{text[:whole]}{'.' if places else ''}{text[whole:]}{letter}"
    return f"{number:,}"


_LETTERS = ("", "K", "M", "G", "T", "P")


def conventions_json(explanations: Iterable[ConventionFit]) -> list[dict[str, object]]:
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


def _table_record(
    row: RowAnalysis, columns: tuple[str, ...], conformance: Conformance
) -> dict[str, object]:
    results = conformance.cells[row.node.path]
    kind, notation = kind_and_notation(row.node)
    arguments = row.node.arguments if isinstance(row.node, ir.Call) else {}
    exact: dict[str, object] = {
        "output": format_size(row.output),
        "depth": row.depth,
        "params": row.cost.params,
        "ops": row.cost.macs,
    }
    record: dict[str, object] = {"row": row.node.path, "type": kind, "patch": notation}
    for column, cells in _cells(results, exact).items():
        # What a printed count of params may be of, beside all of them.
        record |= {"weights": row.cost.weights} if column == "params" else {}
        record[column] = cells
    for name in columns:
        # A module's column may be called as one of the table's.
        key = f"column {name}" if name in record else name
        record[key] = arguments[name].value if name in arguments else None
    return record


def _cells(results: Mapping[str, CellResult], exact: Mapping[str, object]) -> dict[str, object]:
    """Each column's exact value, what is printed of it, and the verdict."""
    record: dict[str, object] = {}
    for column, value in exact.items():
        record[column] = value
        record[f"{column} printed"] = results[column].printed
        record[f"{column} verdict"] = results[column].verdict
    return record


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
        "receptive_field": list(row.receptive_field.size),
        "stride": list(row.receptive_field.stride),
        "activations": row.memory,
        "printed": _printed(results),
        "verdict": {column: result.verdict for column, result in results.items()},
    }
    if isinstance(row.node, ir.Call):
        entry["columns"] = {name: cell.value for name, cell in row.node.arguments.items()}
    if errata := _errata(results):
        entry["errata"] = errata
    return entry


def _totals_json(conformance: Conformance, key: str, suffix: str = "") -> dict[str, object]:
    """What the table prints of a total; its keys end in the suffix."""
    if key not in conformance.totals:
        return {}
    results = {column: conformance.totals[key][column] for column in TOTALS[key]}
    entry: dict[str, object] = {
        f"printed{suffix}": _printed(results),
        f"verdict{suffix}": {column: result.verdict for column, result in results.items()},
    }
    if errata := _errata(results):
        entry[f"errata{suffix}"] = errata
    return entry


def _printed(results: Mapping[str, CellResult]) -> dict[str, str | int]:
    return {
        column: int(result.printed) if column == "depth" else result.printed
        for column, result in results.items()
        if result.printed is not None
    }


def _errata(results: Mapping[str, CellResult]) -> dict[str, str]:
    return {column: result.why for column, result in results.items() if result.why is not None}


def _layer_json(layer: LayerAnalysis) -> dict[str, object]:
    return {
        "path": layer.op.path,
        "op": snake(type(layer.op.operator).__name__),
        "input": list(layer.input),
        "output": list(layer.output),
        **_cost_json(layer.cost),
        "receptive_field": list(layer.receptive_field.size),
        "stride": list(layer.receptive_field.stride),
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
