"""Tests how the cells of a printed table are read, rounded and judged, and ranks conventions.

The network of these tests counts, by hand: ``conv1``, 3x3 on 3 channels with 8 filters, has
3*3*3*8 = 216 weights and 8 biases, each weight used at 32*32 places: 221,184 multiply-accumulates.
``conv2``, 1x1 to 16 with a norm, 8*16 = 128 weights and 32 norm parameters; 131,072. ``fc`` has
160 weights and 10 biases; 160.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from archc.checks.computed import counted, format_size
from archc.checks.conformance import CellResult, Conformance, check_conformance
from archc.checks.conventions import rank_conventions
from archc.diagnostics import Code, Diagnostic
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.sections.printed_numbers import (
    LETTERS,
    Convention,
    PrintedNumber,
    Rounding,
    format_count,
    parse_number,
    round_to,
    with_letter,
)
from archc.language.sections.printed_table import COLUMNS, ErratumFields

NETWORK = """\
archc: 1
name: Net
input: 3x32x32
classes: 10
modules:
  Head:
    Sequence: {pool: {AvgPool: global}, fc: {Linear: classes}}
stem:
  conv1: {Conv: 3x3, out: 8}
  conv2: {Conv: 1x1, out: 16, norm: BatchNorm}
  average: {AvgPool: global}
  fc: {Linear: classes}
aux:
  aux1: {Aux: Head, from: conv1, loss_weight: 0.3}
"""
WEIGHTS = "  params: {count: weights, unit: 1000, round: nearest}\n"
MACS = "  ops: {count: macs, unit: 1000, round: nearest}\n"


def hint_text(diagnostic: Diagnostic) -> str | None:
    """Return the diagnostic's hint as text."""
    return None if diagnostic.hint is None else str(diagnostic.hint)


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "net.yaml"


def compiled(spec: Path, table: str) -> Compiled:
    spec.write_text(NETWORK + (f"table:\n{table}" if table else ""))
    found = compile_spec(spec.name)
    assert isinstance(found, Compiled), found
    return found


def check(spec: Path, table: str) -> Conformance:
    return compiled(spec, table).conformance


def diagnostics_of(spec: Path, table: str) -> list[Diagnostic]:
    """Return the diagnostics about the form of a table."""
    spec.write_text(
        NETWORK + f"table:\n{table}" if table[0] == " " else NETWORK + f"table: {table}"
    )
    found = compile_spec(spec.name)
    assert isinstance(found, list), found
    return found


# -- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", PrintedNumber(0, 0, "")),
        ("7", PrintedNumber(7, 0, "")),
        ("159K", PrintedNumber(159, 0, "K")),
        ("2.7K", PrintedNumber(27, 1, "K")),
        ("0.05M", PrintedNumber(5, 2, "M")),
        ("1.500G", PrintedNumber(1500, 3, "G")),
        ("999999999999", PrintedNumber(999_999_999_999, 0, "")),
        ("0.123456", PrintedNumber(123_456, 6, "")),
    ],
)
def test_numbers_are_read(text: str, number: PrintedNumber) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "K", "01", "00", "-1", "+1", "1.", ".5", "1k", "1KK", "1T", "1 K", "1,000", "1e3"),
        *("1000000000000", "0.1234567", "1\n", "1.5.5M", "x1", "٣"),
    ],
)
def test_what_is_no_number(text: str) -> None:
    assert parse_number(text) is None


MODES = {"floor": ROUND_FLOOR, "nearest": ROUND_HALF_UP, "up": ROUND_CEILING}


def test_rounding_is_that_of_decimal() -> None:
    assert set(get_args(Rounding)) == set(MODES)
    values = [0, 1, 4, 5, 49, 50, 499, 500, 501, 511, 512, 513, 999, 1000, 1023, 1024, 1025, 1499]
    values += [1500, 1536, 2048, 2712, 2764, 2765, 9408, 163_328, 1_582_671_872, 10**15 + 1]
    rules: tuple[Rounding, ...] = get_args(Rounding)
    for value in values:
        for unit in (1, 1000, 1024, 10**6, 2**20):
            for decimals in range(4):
                for how in rules:
                    exact = Decimal(value) / Decimal(unit) * 10**decimals
                    expected = int(exact.quantize(Decimal(1), rounding=MODES[how]))
                    assert round_to(value, unit, decimals, how) == expected, (value, unit, how)


@pytest.mark.parametrize(
    ("value", "unit", "how", "decimals", "text"),
    [
        (163_328, 1024, "floor", 0, "159K"),  # 159.5
        (163_328, 1024, "nearest", 0, "160K"),
        (2712, 1000, "floor", 1, "2.7K"),
        (2712, 1000, "up", 1, "2.8K"),
        (50, 1000, "nearest", 2, "0.05K"),
        (5, 1000, "nearest", 3, "0.005K"),
        (0, 1000, "nearest", 2, "0.00K"),
        (224, 1, "nearest", 0, "224"),
        (1_500_000, 10**6, "nearest", 1, "1.5M"),
        (3 * 2**29, 2**30, "nearest", 1, "1.5G"),
        (2**20, 2**20, "nearest", 0, "1M"),
        (2 * 10**9, 10**9, "floor", 0, "2G"),
    ],
)
def test_numbers_are_shown(value: int, unit: int, how: Rounding, decimals: int, text: str) -> None:
    convention = Convention(count="weights", unit=unit, round=how)
    assert format_count(value, convention, decimals) == text
    if not decimals:
        assert format_count(value, convention) == text


def test_units_have_letters() -> None:
    assert LETTERS == {
        1: "",
        10**3: "K",
        2**10: "K",
        10**6: "M",
        2**20: "M",
        10**9: "G",
        2**30: "G",
    }
    assert COLUMNS == ("output", "depth", "params", "ops")


def test_models_are_strict_and_frozen() -> None:
    convention = Convention(count="weights", unit=1, round="up")
    with pytest.raises(ValidationError):
        convention.unit = 2  # type: ignore[misc]
    wrong: list[dict[str, object]] = [{"unit": 0}, {"unit": "1"}, {"round": "down"}, {"more": 1}]
    for change in wrong:
        with pytest.raises(ValidationError):
            Convention.model_validate({"count": "macs", "unit": 1, "round": "up", **change})
    for empty in ({"computed": "", "why": "a"}, {"computed": "1", "why": " "}):
        with pytest.raises(ValidationError):
            ErratumFields.model_validate(empty)
    assert ErratumFields(computed="1", why="a").why == "a"


# -- verdicts ----------------------------------------------------------------------------------


def test_without_a_table_every_cell_is_exact_and_unstated(spec: Path) -> None:
    conformance = check(spec, "")
    assert conformance.diagnostics == ()
    expected = {
        "conv1": ("32x32x8", "1", "224", "221,184"),
        "conv2": ("32x32x16", "1", "160", "131,072"),
        "average": ("1x1x16", "0", "", ""),
        "fc": ("1x1x10", "1", "170", "160"),
        "aux1": ("1x1x10", "1", "90", "80"),
    }
    found = {
        path: tuple(cells[column].computed for column in COLUMNS)
        for path, cells in conformance.cells.items()
    }
    assert found == expected
    results = [result for cells in conformance.cells.values() for result in cells.values()]
    assert {(r.printed, r.verdict, r.why) for r in results} == {(None, "unstated", None)}
    # Five rows and the two totals.
    assert conformance.count("unstated") == 7 * 4
    assert conformance.count("unstated", ("output",)) == 7
    assert conformance.count("match") == 0


def test_rows_that_are_not_printed_follow_the_conventions(spec: Path) -> None:
    table = WEIGHTS + MACS + "  columns: [output]\n  rows: {}\n"
    cells = check(spec, table).cells
    # 216 and 160 round to 0K, 131,072 to 131K; a pool's missing values are blank.
    assert [cells["conv1"][c].computed for c in COLUMNS] == ["32x32x8", "1", "0K", "221K"]
    assert [cells["conv2"][c].computed for c in COLUMNS] == ["32x32x16", "1", "0K", "131K"]
    assert [cells["average"][c].computed for c in COLUMNS] == ["1x1x16", "0", "", ""]


def test_cells_are_judged_one_by_one(spec: Path) -> None:
    table = """\
  params: {count: params, unit: 1, round: nearest}
  ops: {count: flops, unit: 1000, round: floor}
  columns: [output, depth, params, ops]
  rows:
    conv1: [32x32x8, 1, 224, 442K]
    conv2: [32x32x16, 2, 128, "-"]
    average: ["-", 0]
    aux1.fc: [1x1x10, 1, 90, 0.1K]
  errata:
    conv2.params: {computed: 160, why: the norm is counted}
"""
    conformance = check(spec, table)
    cells = conformance.cells
    # 2 * 221,184 = 442,368.
    assert [cells["conv1"][c] for c in COLUMNS] == [
        CellResult("32x32x8", "32x32x8", "match"),
        CellResult("1", "1", "match"),
        CellResult("224", "224", "match"),
        CellResult("442K", "442K", "match"),
    ]
    assert [cells["conv2"][c] for c in COLUMNS] == [
        CellResult("32x32x16", "32x32x16", "match"),
        CellResult("1", "2", "mismatch"),
        CellResult("160", "128", "erratum", "the norm is counted"),
        CellResult("262K", None, "unstated"),  # 2 * 131,072 = 262,144
    ]
    assert [cells["average"][c] for c in COLUMNS] == [
        CellResult("1x1x16", None, "unstated"),
        CellResult("0", "0", "match"),
        CellResult("", None, "unstated"),
        CellResult("", None, "unstated"),
    ]
    # An inner row: 2 * 80 = 160 operations, to one place and rounded down 0.1K.
    assert cells["aux1.fc"]["ops"] == CellResult("0.1K", "0.1K", "match")
    assert cells["fc"]["ops"] == CellResult("0K", None, "unstated")
    (diagnostic,) = conformance.diagnostics
    assert diagnostic.code is Code.MISMATCH
    assert diagnostic.message == "conv2 depth: the table prints 2, archc computes 1"
    assert diagnostic.hint == "fix the row, or add an erratum conv2.depth with the reason"
    assert diagnostic.notes == ()
    assert [label.message for label in diagnostic.labels] == ["computed from this row"]
    assert conformance.count("match") == 3 + 1 + 1 + 1 + 4 - 1 + 1
    assert conformance.count("mismatch", ("depth",)) == 1
    assert conformance.count("mismatch", ("output", "params")) == 0
    assert conformance.count("erratum") == 1


def test_a_mismatch_shows_the_exact_counts(spec: Path) -> None:
    table = WEIGHTS + MACS + "  columns: [params, ops]\n  rows:\n    conv2: [0.2K, 1131K]\n"
    first, second = check(spec, table).diagnostics
    assert first.message == "conv2 params: the table prints 0.2K, archc computes 0.1K"
    assert first.notes == ("exactly 128 weights, 0 biases and 32 norm parameters",)
    assert second.message == "conv2 ops: the table prints 1131K, archc computes 131K"
    assert second.notes == ("exactly 131,072 multiply-accumulates",)
    assert second.hint == "fix the row, or add an erratum conv2.ops with the reason"


@pytest.mark.parametrize(
    ("cell", "recorded", "verdict", "message", "hint"),
    [
        # 216 weights: as an exact count, or as the column prints them to any number of places.
        ("0.3K", "216", "erratum", None, None),
        ("0.3K", "0.2K", "erratum", None, None),
        ("0.3K", "0.22K", "erratum", None, None),
        ("0.3K", "0.216K", "erratum", None, None),
        (
            "0.3K",
            "217",
            "mismatch",
            "erratum conv1.params records 217, but archc computes 216",
            "fix the row or the erratum",
        ),
        (
            "0.3K",
            "0.4K",
            "mismatch",
            "erratum conv1.params records 0.4K, but archc computes 0.2K",
            "fix the row or the erratum",
        ),
        (
            "0.3K",
            "0.2M",
            "mismatch",
            "erratum conv1.params records 0.2M, but archc computes 0.2K",
            "fix the row or the erratum",
        ),
        (
            "0.3K",
            "a few",
            "mismatch",
            "erratum conv1.params records a few, but archc computes 0.2K",
            "fix the row or the erratum",
        ),
        (
            "0.2K",
            "216",
            "mismatch",
            "unnecessary erratum conv1.params: the printed 0.2K is correct",
            "remove the erratum",
        ),
        (
            "0.2K",
            "217",
            "mismatch",
            "unnecessary erratum conv1.params: the printed 0.2K is correct",
            "remove the erratum",
        ),
    ],
)
def test_errata_of_counts(
    spec: Path, cell: str, recorded: str, verdict: str, message: str | None, hint: str | None
) -> None:
    table = (
        f"{WEIGHTS}  columns: [params]\n  rows:\n    conv1: [{cell}]\n"
        f'  errata:\n    conv1.params: {{computed: "{recorded}", why: a misprint}}\n'
    )
    conformance = check(spec, table)
    result = conformance.cells["conv1"]["params"]
    assert (result.computed, result.printed) == ("0.2K", cell)
    assert (result.verdict, result.why) == (verdict, "a misprint")
    diagnostics = [
        (found.code, found.message, hint_text(found)) for found in conformance.diagnostics
    ]
    assert diagnostics == ([(Code.STALE_ERRATUM, message, hint)] if message else [])
    assert all(found.notes for found in conformance.diagnostics)


def test_an_erratum_in_another_letter_is_stale(spec: Path) -> None:
    # 221,184 is 0.2M, but the column counts in K.
    table = f"{MACS}  columns: [ops]\n  rows:\n    conv1: [9K]\n"
    table += "  errata:\n    conv1.ops: {computed: 0.2M, why: a misprint}\n"
    (diagnostic,) = check(spec, table).diagnostics
    assert diagnostic.message == "erratum conv1.ops records 0.2M, but archc computes 221K"


@pytest.mark.parametrize(
    ("row", "errata", "messages"),
    [
        ("[32x32x9, 1]", "output: {computed: 32x32x8, why: a misprint}", []),
        ("[32x32x8, 7]", "depth: {computed: 1, why: a misprint}", []),
        (
            "[32x32x9, 1]",
            "output: {computed: 32x32x7, why: a misprint}",
            ["erratum conv1.output records 32x32x7, but archc computes 32x32x8"],
        ),
        (
            "[32x32x8, 7]",
            "depth: {computed: 3, why: a misprint}",
            ["erratum conv1.depth records 3, but archc computes 1"],
        ),
        (
            "[32x32x8, 1]",
            "depth: {computed: 1, why: a misprint}",
            ["unnecessary erratum conv1.depth: the printed 1 is correct"],
        ),
    ],
)
def test_errata_of_sizes_and_depths(spec: Path, row: str, errata: str, messages: list[str]) -> None:
    table = (
        f"  columns: [output, depth]\n  rows:\n    conv1: {row}\n  errata:\n    conv1.{errata}\n"
    )
    conformance = check(spec, table)
    assert [diagnostic.message for diagnostic in conformance.diagnostics] == messages
    assert conformance.count("erratum") == (0 if messages else 1)
    assert conformance.count("match") == 1
    assert all(not diagnostic.notes for diagnostic in conformance.diagnostics)


def test_rows_that_the_network_has_not(spec: Path) -> None:
    table = "  columns: [depth]\n  rows:\n    cnov1: [1]\n    block9: [1]\n    conv2.inner: [1]\n"
    conformance = check(spec, table)
    assert [(f.code, f.message, hint_text(f)) for f in conformance.diagnostics] == [
        (Code.UNKNOWN_REFERENCE, f"the table has a row {path}, which is not in the network", hint)
        for path, hint in (
            ("cnov1", "did you mean conv1?"),
            ("block9", "the rows are conv1, conv2, average, fc, aux1"),
            ("conv2.inner", "the rows are conv1, conv2, average, fc, aux1"),
        )
    ]
    assert set(conformance.cells) == {"conv1", "conv2", "average", "fc", "aux1"}


def test_diagnostics_are_in_file_order(spec: Path) -> None:
    table = "  columns: [depth]\n  rows:\n    fc: [9]\n    nowhere: [1]\n    conv1: [9]\n"
    lines = [
        diagnostic.span and diagnostic.span.line for diagnostic in check(spec, table).diagnostics
    ]
    assert lines == [18, 19, 20]


def test_what_a_convention_counts(spec: Path) -> None:
    rows = compiled(spec, "").analysis.rows
    assert [counted(rows[1].cost, what) for what in ("weights", "params", "macs", "flops")] == [
        128,
        160,
        131_072,
        262_144,
    ]
    assert (format_size((8, 4, 5)), format_size((10,))) == ("4x5x8", "1x1x10")


def test_conventions_that_explain_the_table(spec: Path) -> None:
    table = """\
  params: {count: params, unit: 1000, round: nearest}
  columns: [params]
  rows:
    conv1: [0.224K]
    conv2: [0.16K]
    fc: [0.1K]
    nowhere: [1K]
"""
    analysis = compiled(spec, table).analysis
    ranking = rank_conventions(analysis)
    # weights or params, 1000 or 1024, three ways of rounding.
    assert len(ranking) == 2 * 2 * 3
    assert {entry.column for entry in ranking} == {"params"}
    assert {entry.printed for entry in ranking} == {3}
    explained = {
        (e.convention.count, e.convention.unit, e.convention.round): e.explained for e in ranking
    }
    assert explained == {
        # 224, 160 and 170 parameters.
        ("params", 1000, "floor"): ("conv1", "conv2", "fc"),
        ("params", 1000, "nearest"): ("conv1", "conv2"),
        ("params", 1000, "up"): ("conv1", "conv2"),
        # 0.21875, 0.15625, 0.166.
        ("params", 1024, "floor"): ("fc",),
        ("params", 1024, "nearest"): ("conv2",),
        ("params", 1024, "up"): ("conv2",),
        # 216, 128 and 160 weights.
        ("weights", 1000, "floor"): ("fc",),
        ("weights", 1000, "nearest"): (),
        ("weights", 1000, "up"): (),
        # 0.2109, 0.125, 0.15625.
        ("weights", 1024, "floor"): ("fc",),
        ("weights", 1024, "nearest"): (),
        ("weights", 1024, "up"): (),
    }
    assert [e.stated for e in ranking[:3]] == [False, True, False]
    assert [len(e.explained) for e in ranking] == [3, 2, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert sum(entry.stated for entry in ranking) == 1


def test_columns_of_both_kinds_are_ranked_apart(spec: Path) -> None:
    table = """\
  ops: {count: flops, unit: 1000000, round: nearest}
  params: {count: weights, unit: 1, round: nearest}
  columns: [ops, params]
  rows:
    conv1: [0.44M, 216]
    conv2: [0.13M]
"""
    ranking = rank_conventions(compiled(spec, table).analysis)
    # A unit of 1 stands alone.
    assert [entry.column for entry in ranking] == ["params"] * 6 + ["ops"] * 12
    assert [entry.printed for entry in ranking] == [1] * 6 + [2] * 12
    assert ranking[0].convention == Convention(count="weights", unit=1, round="nearest")
    best = ranking[6]
    assert {entry.convention.count for entry in ranking[6:]} == {"macs", "flops"}
    assert {entry.convention.unit for entry in ranking[6:]} == {10**6, 2**20}
    assert len(best.explained) == 1
    assert best.stated
    assert best.explained == ("conv1",)  # 0.442M of FLOPs


def test_there_is_nothing_to_rank_without_a_convention(spec: Path) -> None:
    assert rank_conventions(compiled(spec, "").analysis) == []
    assert rank_conventions(compiled(spec, "  columns: [depth]\n  rows: {}\n").analysis) == []


def test_the_verdicts_of_the_pipeline_are_those_of_the_function(spec: Path) -> None:
    found = compiled(spec, "  columns: [depth]\n  rows: {conv1: [3]}\n")
    assert check_conformance(found.analysis) == found.conformance


# -- how a table may be written ------------------------------------------------------------------

EXAMPLE = "{count: weights, unit: 1000, round: nearest}"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("7\n", [(Code.INVALID_VALUE, "table: expected a mapping, found the number 7", None)]),
        ("[a]\n", [(Code.INVALID_VALUE, "table: expected a mapping, found a list", None)]),
        ("{}\n", [(Code.MISSING_KEY, "table needs columns and rows", None)]),
        ("  rows: {}\n", [(Code.MISSING_KEY, "table needs columns", None)]),
        ("  columns: [depth]\n", [(Code.MISSING_KEY, "table needs rows", None)]),
        (
            "  colums: [depth]\n  rows: {}\n",
            [(Code.UNKNOWN_KEY, "unknown key colums in table", "did you mean columns?")],
        ),
        (
            "  columns: [depth]\n  rows: {}\n  zzz: 1\n",
            [
                (
                    Code.UNKNOWN_KEY,
                    "unknown key zzz in table",
                    "known keys: params, ops, columns, rows, total, total_with_aux, errata",
                )
            ],
        ),
        (
            "  params: 1000\n  ops: []\n  columns: [params]\n  rows: {}\n",
            [
                (Code.INVALID_VALUE, f"params: expected a convention such as {EXAMPLE}", None),
                (
                    Code.INVALID_VALUE,
                    "ops: expected a convention such as {count: macs, unit: 1000, round: nearest}",
                    None,
                ),
            ],
        ),
        (
            "  params: {count: macs, unit: 3, round: up}\n"
            "  ops: {count: weights, unit: 1, round: up}\n  columns: [depth]\n  rows: {}\n",
            [
                (Code.INVALID_VALUE, "params count: expected weights or params, found macs", None),
                (Code.INVALID_VALUE, "ops count: expected macs or flops, found weights", None),
            ],
        ),
        (
            "  params: {count: weights, unit: 3, round: up}\n  columns: [depth]\n  rows: {}\n",
            [
                (
                    Code.INVALID_VALUE,
                    "unit: expected one of 1, 1000, 1024, 1000000, 1048576, 1000000000, 1073741824",
                    None,
                )
            ],
        ),
        (
            "  params: {}\n  ops: {unit: 1}\n  columns: [depth]\n  rows: {}\n",
            [
                (Code.MISSING_KEY, "params needs count, unit and round", None),
                (Code.MISSING_KEY, "ops needs count and round", None),
            ],
        ),
        (
            "  columns: []\n  rows: []\n",
            [
                (
                    Code.INVALID_VALUE,
                    "columns: expected a list of output, depth, params, ops, found an empty list",
                    None,
                )
            ],
        ),
        (
            "  columns: [[depth], outptu, depth, depth, params, ops, depth]\n  rows: {}\n",
            [
                (
                    Code.UNKNOWN_KEY,
                    "unknown column: expected output, depth, params or ops, found a list",
                    None,
                ),
                (
                    Code.UNKNOWN_KEY,
                    "unknown column: expected output, depth, params or ops, found the text outptu",
                    "did you mean output?",
                ),
                (Code.DUPLICATE_KEY, "duplicate column depth", None),
                (
                    Code.MISSING_KEY,
                    "missing convention for the column params",
                    "add params: {count: ..., unit: ..., round: ...} to the table",
                ),
                (
                    Code.MISSING_KEY,
                    "missing convention for the column ops",
                    "add ops: {count: ..., unit: ..., round: ...} to the table",
                ),
                (Code.DUPLICATE_KEY, "duplicate column depth", None),
            ],
        ),
        (
            "  columns: [depth]\n  rows: [conv1]\n",
            [
                (
                    Code.INVALID_VALUE,
                    "rows: expected a mapping of names to lists of cells, found a list",
                    None,
                )
            ],
        ),
        (
            "  columns: [depth]\n  rows: {conv1: [1]}\n  errata: 7\n",
            [
                (
                    Code.INVALID_VALUE,
                    "errata: expected a mapping of cells (row.column), found the number 7",
                    None,
                )
            ],
        ),
    ],
)
def test_tables_that_cannot_be_read(
    spec: Path, table: str, expected: list[tuple[Code, str, str | None]]
) -> None:
    assert [(f.code, f.message, hint_text(f)) for f in diagnostics_of(spec, table)] == expected


def test_rows_that_cannot_be_read(spec: Path) -> None:
    table = (
        WEIGHTS
        + "  ops: {count: macs, unit: 1, round: up}\n"
        + """\
  columns: [depth, params, ops]
  rows:
    conv1: 7
    conv2: [1, 2K, 3, 4, 5]
    average: [1.5, 2M, 3K]
    fc: [null, 2, [3]]
    aux1: [٣, 1.K, "-"]
"""
    )
    kilo = "expected - or a number ending in K (unit 1000), found"
    bare = "expected - or a number without a letter (unit 1), found"
    cells = "expected a list of at most 3 cells (depth, params, ops), found"
    depth = "expected a whole number, found"
    assert [(f.code, f.message) for f in diagnostics_of(spec, table)] == [
        (Code.WRONG_COLUMNS, f"row conv1: {cells} the number 7"),
        (Code.WRONG_COLUMNS, f"row conv2: {cells} 5 cells"),
        (Code.INVALID_VALUE, f"average depth: {depth} the number 1.5"),
        (Code.INVALID_VALUE, f"average params: {kilo} the text 2M"),
        (Code.INVALID_VALUE, f"average ops: {bare} the text 3K"),
        (Code.INVALID_VALUE, f"fc depth: {depth} the empty value null"),
        (Code.INVALID_VALUE, f"fc params: {kilo} the number 2"),
        (Code.INVALID_VALUE, f"fc ops: {bare} a list"),
        (Code.INVALID_VALUE, f"aux1 depth: {depth} the text ٣"),
        (Code.INVALID_VALUE, f"aux1 params: {kilo} the text 1.K"),
    ]
    hints = [(f.message[:8], hint_text(f)) for f in diagnostics_of(spec, table) if f.hint]
    assert hints == [("fc depth", "use - for an empty cell")]


@pytest.mark.parametrize("size", ["32x32", "8", "1x2x3x4", "32x32x8"])
def test_sizes_that_can_be_read(spec: Path, size: str) -> None:
    cell = check(spec, f"  columns: [output]\n  rows: {{conv1: [{size}]}}\n").cells["conv1"][
        "output"
    ]
    assert cell.printed == size
    assert cell.verdict == ("match" if size == "32x32x8" else "mismatch")


@pytest.mark.parametrize("size", ["0x1", "1x0", "x1", "1x", "1 x 1", "a", "01x2", '""', "1x٣"])
def test_sizes_that_cannot_be_read(spec: Path, size: str) -> None:
    (diagnostic,) = diagnostics_of(spec, f"  columns: [output]\n  rows: {{conv1: [{size}]}}\n")
    assert diagnostic.message.startswith("conv1 output: expected height x width x channels, found ")


def test_errata_that_cannot_be_read(spec: Path) -> None:
    table = """\
  columns: [output, depth]
  rows:
    conv1: [32x32x9, 2]
    conv2: ["-", 2]
    aux1.fc: [1x1x9]
  errata:
    conv1.outptu: {computed: 1, why: a}
    conv2.output: {computed: 1, why: a}
    zzz: {computed: 1, why: a}
    conv1.depth: 7
    conv2.depth: {computed: 1}
    aux1.fc.output: {computed: 1x1x10, why: " "}
"""
    named = "name an erratum after its cell: row.column"
    assert [(f.code, f.message, hint_text(f)) for f in diagnostics_of(spec, table)] == [
        (
            Code.UNKNOWN_REFERENCE,
            "the table has no cell conv1.outptu",
            "did you mean conv1.output?",
        ),
        (
            Code.UNKNOWN_REFERENCE,
            "the table has no cell conv2.output",
            "did you mean conv1.output?",
        ),
        (Code.UNKNOWN_REFERENCE, "the table has no cell zzz", named),
        (
            Code.INVALID_VALUE,
            "erratum conv1.depth: expected a mapping, found the number 7",
            "use {computed: ..., why: ...}",
        ),
        (Code.MISSING_KEY, "erratum conv2.depth needs why", None),
        (
            Code.INVALID_VALUE,
            "erratum aux1.fc.output why: expected text that is not blank, found the text  ",
            None,
        ),
    ]


def test_an_erratum_of_an_inner_row(spec: Path) -> None:
    table = """\
  columns: [output]
  rows: {aux1.fc: [1x1x9]}
  errata: {aux1.fc.output: {computed: 1x1x10, why: a misprint}}
"""
    conformance = check(spec, table)
    assert conformance.cells["aux1.fc"]["output"].verdict == "erratum"
    assert conformance.diagnostics == ()


# -- totals ------------------------------------------------------------------------------------


def test_totals_are_judged_as_cells_are(spec: Path) -> None:
    table = """\
  params: {count: params, unit: 1000, round: nearest}
  ops: {count: macs, unit: 1000, round: nearest}
  columns: [output, depth, params, ops]
  rows: {}
  total: ["-", 4, 554, 0.35M]
  total_with_aux: ["-", "-", 0.6K, 352497]
  errata:
    total.depth: {computed: 3, why: the pool was counted}
    total_with_aux.ops: {computed: 352496, why: a misprint}
"""
    conformance = check(spec, table)
    # 224 + 160 + 170 = 554 params, and 90 of the head; 352,416 multiply-accumulates, and 80.
    assert conformance.totals == {
        "total": {
            "output": CellResult("", None, "unstated"),
            "depth": CellResult("3", "4", "erratum", "the pool was counted"),
            "params": CellResult("554", "554", "match"),
            "ops": CellResult("0.35M", "0.35M", "match"),
        },
        "total_with_aux": {
            "output": CellResult("", None, "unstated"),
            "depth": CellResult("", None, "unstated"),
            "params": CellResult("0.6K", "0.6K", "match"),
            "ops": CellResult("352496", "352497", "erratum", "a misprint"),
        },
    }
    assert conformance.diagnostics == ()
    assert [conformance.count(v) for v in ("match", "erratum", "mismatch")] == [3, 2, 0]


@pytest.mark.parametrize(
    ("unit", "letter", "expected"),
    [
        *((1000, "", 1), (1000, "K", 1000), (1000, "M", 10**6), (10**6, "G", 10**9)),
        *((1024, "", 1), (1024, "M", 2**20), (2**20, "G", 2**30), (2**30, "K", 1024)),
        *((1, "", 1), (1, "M", 10**6)),
    ],
)
def test_a_letter_means_a_power_of_the_units_base(unit: int, letter: str, expected: int) -> None:
    convention = Convention(count="weights", unit=unit, round="up")
    assert with_letter(convention, letter) == Convention(count="weights", unit=expected, round="up")


def test_a_ranking_counts_printed_totals(spec: Path) -> None:
    # 504 weights, 554 with biases and norm parameters.
    table = WEIGHTS.replace("1000", "1") + "  columns: [params]\n  total: [554]\n"
    ranking = [e for e in rank_conventions(compiled(spec, table).analysis) if e.explained]
    assert {e.convention.count for e in ranking} == {"params"}
    assert {(e.explained, e.printed, e.stated) for e in ranking} == {(("total",), 1, False)}


TOTALS = Path(__file__).parents[1] / "specs" / "totals"


@pytest.mark.parametrize(
    ("name", "right", "wrong", "cells"),
    [
        ("squeezenet", "[1248424]", "[1248425]", 1),
        ("vgg16", "[138M]", "[139M]", 1),
        ("mobilenet", "[4.2M,", "[4.3M,", 2),
    ],
)
def test_totals_that_papers_print(
    spec: Path, name: str, right: str, wrong: str, cells: int
) -> None:
    text = (TOTALS / f"{name}.yaml").read_text()
    spec.write_text(text)
    found = compile_spec(spec.name)
    assert isinstance(found, Compiled), found
    assert found.conformance.diagnostics == ()
    assert found.conformance.count("match") == cells
    # Exact in the last digit.
    assert right in text
    spec.write_text(text.replace(right, wrong))
    found = compile_spec(spec.name)
    assert isinstance(found, Compiled), found
    assert [f.message.split(":")[0] for f in found.conformance.diagnostics] == ["total params"]
