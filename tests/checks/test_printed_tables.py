"""Tests the shipped printed tables: totals, verdicts, and that no channel can change unnoticed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from command_line import run

from archc.checks.conventions import rank_conventions
from archc.driver.pipeline import Compiled, compile_spec

SPECS = Path(__file__).parents[2] / "specs"
SPEC = SPECS / "googlenet.yaml"
TEXT = SPEC.read_text()


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
