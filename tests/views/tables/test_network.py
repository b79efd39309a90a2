"""Tests the tables of a network: the same numbers in every format, and totals."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from archc.driver.pipeline import Compiled, compile_spec

SPECS = Path(__file__).parents[3] / "specs"
SPEC = SPECS / "googlenet.yaml"


def compiled_spec(path: Path) -> Compiled:
    compiled = compile_spec(str(path))
    assert isinstance(compiled, Compiled)
    return compiled


@pytest.fixture(scope="module")
def table() -> Any:
    result = run("table", str(SPEC), "--format", "json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def records(*arguments: str, spec: Path = SPEC) -> list[dict[str, str]]:
    result = run("table", str(spec), "--format", "csv", *arguments)
    assert result.exit_code == 0
    return list(csv.DictReader(io.StringIO(result.stdout)))


def without_totals(found: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    """Return the rows that are not totals: totals have no type or no op."""
    return [record for record in found if record[kind]]


def size(shape: list[int]) -> str:
    """Format a count as the paper prints it."""
    channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
    return f"{height}x{width}x{channels}"


def test_csv_has_the_numbers_of_the_json(table: Any) -> None:
    rows = [*table["rows"], *(row for head in table["aux"] for row in (head, *head["parts"]))]
    expected = []
    for row in rows:
        record = {"row": row["name"], "type": row["type"], "patch": row["patch"] or ""}
        values = (size(row["output"]), row["depth"], row["params"], row["macs"])
        for column, value in zip(("output", "depth", "params", "ops"), values, strict=True):
            record |= {"weights": str(row["weights"])} if column == "params" else {}
            record[column] = str(value)
            record[f"{column} printed"] = str(row["printed"].get(column, ""))
            record[f"{column} verdict"] = row["verdict"][column]
        for name in ("#1x1", "#3x3 reduce", "#3x3", "#5x5 reduce", "#5x5", "pool proj"):
            record[name] = str(row.get("columns", {}).get(name, ""))
        expected.append(record)
    assert without_totals(records(), "type") == expected
    assert expected[15]["row"] == "inception5a"


def test_csv_of_layers_and_conventions_has_the_numbers_of_the_json(table: Any) -> None:
    layers = [*table["layers"], *(layer for head in table["aux"] for layer in head["layers"])]
    found = without_totals(records("--layers"), "op")
    assert len(found) == len(layers)
    for record, layer in zip(found, layers, strict=True):
        assert record.pop("patch") is not None
        joined = {
            key: "x".join(map(str, value)) if isinstance(value, list) else str(value)
            for key, value in layer.items()
        }
        assert record == joined
    alone = json.loads(run("table", str(SPEC), "--layers", "--format", "json").stdout)
    assert [{key: layer[key] for key in layer if key != "patch"} for layer in alone] == layers
    ranking = json.loads(run("table", str(SPEC), "--conventions", "--format", "json").stdout)
    for entry in ranking:
        del entry["rows"]
        entry["stated"] = str(entry["stated"]).lower()
    expected = [{key: str(value) for key, value in entry.items()} for entry in ranking]
    assert records("--conventions") == expected


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: str(path.stem))
def test_totals_are_those_of_the_analysis(path: Path) -> None:
    compiled = compiled_spec(path)
    analysis = compiled.analysis
    costs = {"total": analysis.cost}
    if analysis.aux:
        costs["total with auxiliary heads"] = analysis.cost_with_aux
    rows, layers = records(spec=path), records("--layers", spec=path)
    heads = {row.node.name for row in analysis.aux}

    found = {record["row"]: record for record in rows if not record["type"]}
    assert {
        name: {
            key: value
            for key, value in record.items()
            if value and key != "row" and not key.endswith((" printed", " verdict"))
        }
        for name, record in found.items()
    } == {
        name: {"weights": str(cost.weights), "params": str(cost.params), "ops": str(cost.macs)}
        | ({"depth": str(analysis.depth)} if name == "total" else {})
        for name, cost in costs.items()
    }
    found = {record["path"]: record for record in layers if not record["op"]}
    counts = "weights biases norm params macs pool_ops norm_ops activation_ops".split()
    fields = {"norm": "norm_params"}
    assert {
        name: {key: value for key, value in record.items() if value and key != "path"}
        for name, record in found.items()
    } == {
        name: {count: str(getattr(cost, fields.get(count, count))) for count in counts}
        for name, cost in costs.items()
    }

    for records_of, name, kind in ((rows, "row", "type"), (layers, "path", "op")):
        before: list[str] = []
        sums = dict.fromkeys(("params", "ops", "macs"), 0)
        for record in records_of:
            if not record[kind]:
                assert all(int(record[key]) == sums[key] for key in sums if key in record)
                assert bool(heads & set(before)) == (record[name] != "total")
                continue
            before.append(record[name].partition(".")[0])
            # A head's row already includes its parts.
            if name == "path" or "." not in record[name]:
                for key in sums:
                    sums[key] += int(record.get(key) or 0)
        assert set(before) >= heads
        assert records_of[-1][name] == list(costs)[-1]


def test_totals_are_shown_as_their_columns_count() -> None:
    lines = run("table", str(SPEC)).stdout.splitlines()
    shown = [line.split() for line in lines if line.startswith("total")]
    # 6,990,272 and 13,365,952 weights in units of 1024, and MACs to the nearest million.
    assert shown == [
        ["total", "22", "6826K", "1583M"],
        [*"total with auxiliary heads".split(), "13052K", "1591M"],
    ]
    table = compiled_spec(SPEC).analysis
    assert (table.cost.weights // 1024, table.cost_with_aux.weights // 1024) == (6826, 13052)
    markdown = run("table", str(SPECS / "googlenet_bn.yaml"), "--format", "md").stdout
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    totals = [line for line in lines if line.startswith("| total")]
    assert [" ".join(line.replace("|", "").split()) for line in totals] == [
        "total 22 6,624,904 1,498,376,192",
        "total with auxiliary heads 13,004,888 1,506,748,416",
    ]
    assert {line.count(" | ") for line in lines} == {12}
    assert not any(mark in line for line in totals for mark in "✓✗")


def test_totals_are_not_repeated() -> None:
    for spec in (SPEC, SPECS / "googlenet_bn.yaml"):
        for option in ([], ["--layers"]):
            table, _, summary = run("table", str(spec), *option).stdout.partition("\n\n")
            totals = [line for line in table.splitlines() if line.startswith("total")]
            numbers = {number for line in totals for number in re.findall(r"[0-9,]{4,}", line)}
            assert numbers
            said = set(re.findall(r"[0-9,]{4,}", summary))
            assert numbers.isdisjoint(said)


def test_a_printed_total_is_shown_in_every_format() -> None:
    spec = SPECS / "bn_inception.yaml"
    # Section 4.2 of arXiv:1502.03167 prints 13.6 million, which no reading of its figure 5 gives.
    text = run("table", str(spec)).stdout
    assert re.search(r"^total +34 +11\.3M e 13\.6M +2,032,600,064$", text, re.M)
    assert "  total.params: no reading of figure 5 gives the 13.6 million" in text
    assert re.search(r"^\| total \|.*\| 11\.3M e 13\.6M \|", table_as(spec, "md"), re.M)
    assert r"11.3M & $\dagger$ 13.6M" in table_as(spec, "latex")
    total = next(record for record in records(spec=spec) if record["row"] == "total")
    assert (total["params"], total["params printed"], total["params verdict"]) == (
        *("11295240", "13.6M", "erratum"),
    )
    totals = json.loads(table_as(spec, "json"))["totals"]
    assert totals["printed"] == {"params": "13.6M"}
    assert totals["verdict"] == {"depth": "unstated", "params": "erratum", "ops": "unstated"}
    assert list(totals["errata"]) == ["params"]


def table_as(spec: Path, output_format: str) -> str:
    result = run("table", str(spec), "--format", output_format)
    assert result.exit_code == 0, result.output
    return result.stdout
