"""A network as JSON, with stable keys, and as a badge."""

from collections.abc import Mapping

from archc.analyses import Analysis, RowAnalysis
from archc.checks.conformance import CellResult, Conformance
from archc.language.sections.printed_numbers import round_to
from archc.language.sections.printed_rows import TOTALS
from archc.network import ir
from archc.views.tables.network import counts_json, kind_and_notation, layer_json, printed_parts

_LETTERS = ("", "K", "M", "G", "T", "P")


def network_json(analysis: Analysis, conformance: Conformance) -> dict[str, object]:
    """Return the object of ``archc table --format json``. Other tools rely on its keys."""
    network = analysis.network
    return {
        "name": network.name,
        "input": list(network.input),
        "rows": [_row(row, conformance) for row in analysis.rows],
        "layers": [layer_json(layer) for row in analysis.rows for layer in row.layers],
        "aux": [
            {
                **_row(row, conformance),
                "from": head.tap,
                "loss_weight": head.loss_weight,
                "parts": [
                    _row(part, conformance) for part in printed_parts(row, analysis, conformance)
                ],
                "layers": [layer_json(layer) for layer in row.layers],
            }
            for head, row in zip(network.aux, analysis.aux, strict=True)
        ],
        "totals": {
            "params": analysis.cost.params,
            "params_with_aux": analysis.cost_with_aux.params,
            **counts_json(analysis),
            "macs_with_aux": analysis.cost_with_aux.macs,
            "depth": analysis.depth,
            "receptive_field": list(analysis.receptive_field.size),
            "stride": list(analysis.receptive_field.stride),
            "activations": analysis.memory,
            "peak_activations": analysis.peak,
            **_printed_totals(conformance, "total"),
            **_printed_totals(conformance, "total_with_aux", "_with_aux"),
        },
    }


def badge_json(analysis: Analysis, conformance: Conformance) -> dict[str, object]:
    """Return the totals as a shields.io badge, red if a printed cell does not match."""
    cost = analysis.cost
    return {
        "schemaVersion": 1,
        "label": analysis.network.name,
        "message": f"{_short(cost.params)} params, {_short(cost.macs)} MACs",
        "color": "red" if conformance.diagnostics else "blue",
    }


def _short(number: int) -> str:
    """Format a number with three digits and a letter, such as 7.00M."""
    for power, letter in enumerate(_LETTERS):
        for places in (2, 1, 0) if power else (0,):
            digits = round_to(number, 1000**power, places, "nearest")
            if digits < 1000:
                text = str(digits).zfill(places + 1)
                whole = len(text) - places
                return f"{text[:whole]}{'.' if places else ''}{text[whole:]}{letter}"
    return f"{number:,}"


def _row(row: RowAnalysis, conformance: Conformance) -> dict[str, object]:
    results = conformance.cells[row.node.path]
    kind, notation = kind_and_notation(row.node)
    entry: dict[str, object] = {
        "name": row.node.path,
        "type": kind,
        "patch": notation or None,
        "output": list(row.output),
        "depth": row.depth,
        **counts_json(row),
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


def _printed_totals(conformance: Conformance, key: str, suffix: str = "") -> dict[str, object]:
    """Return the printed cells of a total and their verdicts; each key ends with ``suffix``."""
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
