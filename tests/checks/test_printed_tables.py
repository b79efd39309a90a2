"""Tests the shipped printed tables: totals, verdicts, and that no channel can change unnoticed."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archc.checks.conventions import rank_conventions
from archc.cli import cli
from archc.driver.pipeline import Compiled, compile_spec
from archc.views.tables.table import Table, TableCell
from archc.views.tables.text import as_text

SPECS = Path(__file__).parents[2] / "specs"
SPEC = SPECS / "googlenet.yaml"
TEXT = SPEC.read_text()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def compiled_spec(path: Path) -> Compiled:
    compiled = compile_spec(str(path))
    assert isinstance(compiled, Compiled)
    return compiled


def googlenet() -> Compiled:
    return compiled_spec(SPEC)


@pytest.fixture(scope="module")
def table() -> Any:
    result = run("table", str(SPEC), "--format", "json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_totals_are_exact(table: Any) -> None:
    totals = table["totals"]
    assert totals["params"] == 6_998_552
    assert totals["params_with_aux"] == 13_378_280
    assert totals["weights"] == 6_990_272
    assert totals["biases"] == 8_280
    assert totals["norm"] == 0
    assert totals["macs"] == 1_582_671_872
    assert totals["depth"] == 22


def test_auxiliary_heads_are_separate(table: Any) -> None:
    heads = [(head["name"], head["params"], head["macs"], head["from"]) for head in table["aux"]]
    assert heads == [
        ("aux1", 3_188_840, 4_169_728, "inception4a"),
        ("aux2", 3_190_888, 4_202_496, "inception4d"),
    ]
    assert not any(layer["path"].startswith("aux") for layer in table["layers"])


def test_rows_have_the_papers_numbers(table: Any) -> None:
    # Weights and MACs worked out by hand from the paper's columns.
    expected = {
        "conv1": (9_408, 118_013_952),
        "conv2": (114_688, 359_661_568),
        "inception3a": (163_328, 128_049_152),
        "inception3b": (388_096, 304_267_264),
        "inception4a": (375_552, 73_608_192),
        "inception4b": (448_512, 87_908_352),
        "inception4c": (509_440, 99_850_240),
        "inception4d": (604_672, 118_515_712),
        "inception4e": (867_328, 169_996_288),
        "inception5a": (1_042_432, 51_079_168),
        "inception5b": (1_442_816, 70_697_984),
        "fc": (1_024_000, 1_024_000),
    }
    found = {row["name"]: (row["weights"], row["macs"]) for row in table["rows"]}
    assert {name: found[name] for name in expected} == expected
    assert sum(weights for weights, _ in found.values()) == 6_990_272


def test_a_row_reads_as_documented(table: Any) -> None:
    row = next(row for row in table["rows"] if row["name"] == "inception3a")
    assert row["type"] == "inception"
    assert row["output"] == [256, 28, 28]
    assert (row["weights"], row["biases"], row["params"]) == (163_328, 368, 163_696)
    assert row["printed"] == {
        "output": "28x28x256",
        "depth": 2,
        "params": "159K",
        "ops": "128M",
    }
    assert set(row["verdict"].values()) == {"match"}
    layer = table["layers"][0]
    assert layer["path"] == "conv1"
    assert layer["op"] == "conv"
    assert layer["input"] == [3, 224, 224]
    assert layer["output"] == [64, 112, 112]


def test_receptive_field_and_stride_of_known_layers(table: Any) -> None:
    fields = {row["name"]: (row["receptive_field"], row["stride"]) for row in table["rows"]}
    assert fields["conv1"] == ([7, 7], [2, 2])
    assert fields["pool1"] == ([11, 11], [4, 4])
    assert fields["conv2"] == ([19, 19], [4, 4])
    assert fields["pool2"] == ([27, 27], [8, 8])
    assert fields["inception3a"] == ([59, 59], [8, 8])  # its 5x5: 27 + 4 * 8


def test_half_of_the_printed_counts_match_and_half_are_errata() -> None:
    conformance = googlenet().conformance
    assert conformance.count("match", ("params", "ops")) == 12
    assert conformance.count("erratum", ("params", "ops")) == 12
    assert conformance.count("mismatch") == 0
    assert conformance.diagnostics == ()


def channel_numbers() -> list[tuple[int, int, str]]:
    """Yield every number of channels in the spec as (start, end, place)."""
    numbers = []
    body = TEXT[: TEXT.index("\ntable:")]
    for match in re.finditer(r"(?<=\bout: )\d+|(?<=Linear: )\d+|(?<=classes: )\d+", body):
        line = body.count("\n", 0, match.start()) + 1
        numbers.append((match.start(), match.end(), f"line {line}"))
    for row in re.finditer(r"(inception\d\w): \{Inception: \[(.*)\]\}", body):
        for column, cell in enumerate(re.finditer(r"\d+", row[2])):
            start = row.start(2) + cell.start()
            numbers.append((start, start + len(cell[0]), f"{row[1]} column {column}"))
    return numbers


def test_every_channel_number_is_under_test() -> None:
    assert len(channel_numbers()) == 9 * 6 + 6  # nine rows; conv1, conv2 twice, classes, head twice


@pytest.mark.parametrize("change", [1, -1])
@pytest.mark.parametrize("number", channel_numbers(), ids=lambda number: str(number[2]))
def test_changing_a_channel_number_breaks_a_cell(
    tmp_path: Path, number: tuple[int, int, str], change: int
) -> None:
    start, end, _ = number
    spec = tmp_path / "changed.yaml"
    spec.write_text(f"{TEXT[:start]}{int(TEXT[start:end]) + change}{TEXT[end:]}")
    compiled = compile_spec(str(spec))
    assert isinstance(compiled, Compiled)
    assert compiled.conformance.count("mismatch") > 0
    assert compiled.conformance.diagnostics


def test_a_mismatch_fails_table_and_check_and_shows_the_cell(tmp_path: Path) -> None:
    spec = tmp_path / "changed.yaml"
    spec.write_text(TEXT.replace("[  64,    96,  128,", "[  64,    97,  128,"))
    for command in ("table", "check"):
        result = run(command, str(spec))
        assert result.exit_code == 1
        assert "inception3a params: the table prints 159K, archc computes 160K" in result.output


def test_the_wrong_kernel_that_everyone_copies_is_a_mismatch(tmp_path: Path) -> None:
    spec = tmp_path / "folk.yaml"
    spec.write_text(TEXT.replace('{Conv: 5x5, out: "#5x5"}', '{Conv: 3x3, out: "#5x5"}'))
    assert run("check", str(spec)).exit_code == 1


def test_an_erratum_that_is_not_needed_is_a_diagnostic(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    errata = "  errata:\n    conv2.params: {computed: 114688, why: none}\n"
    spec.write_text(TEXT.replace("  errata:\n", errata))
    result = run("check", str(spec))
    assert result.exit_code == 1
    assert "unnecessary erratum conv2.params" in result.output


def test_an_erratum_must_record_the_computed_value(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(TEXT.replace("computed: 9408", "computed: 9409"))
    result = run("check", str(spec))
    assert result.exit_code == 1
    assert "records 9409" in result.output


def test_conventions_are_ranked_by_what_they_explain() -> None:
    ranking = rank_conventions(googlenet().analysis)
    params = [e for e in ranking if e.column == "params"]
    ops = [e for e in ranking if e.column == "ops"]
    assert len(params) == 2 * 2 * 3
    assert len(ops) == 2 * 2 * 3
    assert params[0].stated
    assert params[0].convention.model_dump() == {"count": "weights", "unit": 1024, "round": "floor"}
    assert set(params[0].explained) == {"conv2", "inception3a", "fc"}
    assert ops[0].stated
    assert len(ops[0].explained) == 9
    assert {e.printed for e in ranking} == {12}
    for column in (params, ops):
        counts = [len(e.explained) for e in column]
        assert counts == sorted(counts, reverse=True)


def test_conventions_print() -> None:
    result = run("table", str(SPEC), "--conventions")
    assert result.exit_code == 0
    assert "9 of 12" in result.stdout
    assert (
        len(json.loads(run("table", str(SPEC), "--conventions", "--format", "json").stdout)) == 24
    )


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


def in_encoding(encoding: str, *arguments: str) -> bytes:
    command = [sys.executable, "-m", "archc", "table", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


def test_csv_is_the_same_bytes_in_any_encoding() -> None:
    plain, wide = (in_encoding(e, str(SPEC), "--format", "csv") for e in ("ascii", "utf-16"))
    assert plain == wide
    assert plain.startswith(b"row,type,patch,output,output printed,output verdict,")
    assert b"\r" not in plain


def test_an_ascii_table_is_aligned() -> None:
    lines = in_encoding("ascii", str(SPEC)).decode("ascii").split("\n\n")[0].splitlines()
    rule = next(i for i, line in enumerate(lines) if line.startswith("---"))
    gaps = [match.start() for match in re.finditer(" (?=-)", lines[rule])]
    assert any(" ok " in line for line in lines)
    assert lines[-1].startswith("total with auxiliary heads  ")
    for line in lines[:-1]:
        assert all(line[gap - 1 : gap + 1].strip() == "" for gap in gaps), line


def test_headings_of_markdown_have_no_break() -> None:
    heading = run("table", str(SPEC), "--format", "md").stdout.split("\n")[0]
    assert "| patch/stride |" in heading


def test_markdown_says_below_the_table_what_the_text_says(tmp_path: Path) -> None:
    table, legend, notes = run("table", str(SPEC), "--format", "md").stdout.split("\n\n")
    assert all(line.startswith("| ") for line in table.splitlines())
    assert legend == (
        "✓ as printed; e before a printed value that is an erratum; no mark: not printed"
    )
    text = run("table", str(SPEC)).stdout.partition("\n\n")[2]
    assert re.sub(r"(?m)^( *)- ", r"\1", notes).replace(r"\*", "*") == text
    assert "\n- params and ops: 12 of 24 printed cells match" in notes
    assert r"  - conv1.params: the printed 2.7K is a depthwise separable 7x7" in notes
    spec = tmp_path / "spec.yaml"
    spec.write_text(TEXT.replace("in place of 832", "*in* <place> of [832](x) `y` a_b", 1))
    notes = run("table", str(spec), "--format", "md").stdout
    assert r"\*in\* \<place> of \[832](x) \`y\` a_b" in notes
    unstated = run("table", str(SPECS / "googlenet_bn.yaml"), "--format", "md").stdout
    assert unstated.endswith("\n- The spec has no printed table.\n")
    assert "mark" not in unstated


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("table", str(SPEC)).stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[32m" in CliRunner().invoke(cli, ["table", str(SPEC)], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(cli, ["table", str(SPEC)], color=True).stdout


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
    assert {
        name: {key: value for key, value in record.items() if value and key != "path"}
        for name, record in found.items()
    } == {
        name: {count: str(getattr(cost, count)) for count in counts} for name, cost in costs.items()
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
    table = googlenet().analysis
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


def test_a_total_runs_over_empty_cells_and_never_into_a_full_one() -> None:
    def row(*texts: str) -> tuple[TableCell, ...]:
        return tuple(map(TableCell, texts))

    rows = (
        row("a", "", "1"),
        row("total of all", "", "2"),
        row("b", "", ""),
        row("a total", "c", "3"),
    )
    text = as_text(Table(("x", "long", "n"), rows, (1, 3)), lambda text, _: text)
    assert text.splitlines() == [
        "x  long  n",
        "-  ----  -",
        "a        1",
        "-  ----  -",
        "total of all  2",
        "-  ----  -",
        "b",
        "-  ----  -",
        "a total  c  3",
    ]


def test_a_printed_total_is_shown_in_every_format() -> None:
    spec = SPECS / "bn_inception.yaml"
    # Section 4.2 of arXiv:1502.03167 prints 13.6 million, which no reading of its figure 5 gives.
    text = run("table", str(spec)).stdout
    assert re.search(r"^total +34 +11\.3M e 13\.6M +2,032,600,064$", text, re.M)
    assert "  total.params: no reading of figure 5 gives the 13.6 million" in text
    assert re.search(r"^\| total \|.*\| 11\.3M e 13\.6M \|", run_form(spec, "md"), re.M)
    assert r"11.3M & $\dagger$ 13.6M" in run_form(spec, "latex")
    total = next(record for record in records(spec=spec) if record["row"] == "total")
    assert (total["params"], total["params printed"], total["params verdict"]) == (
        *("11295240", "13.6M", "erratum"),
    )
    totals = json.loads(run_form(spec, "json"))["totals"]
    assert totals["printed"] == {"params": "13.6M"}
    assert totals["verdict"] == {"depth": "unstated", "params": "erratum", "ops": "unstated"}
    assert list(totals["errata"]) == ["params"]


def run_form(spec: Path, form: str) -> str:
    result = run("table", str(spec), "--format", form)
    assert result.exit_code == 0, result.output
    return result.stdout
