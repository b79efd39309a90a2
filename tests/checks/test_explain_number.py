"""Tests `archc table --explain`, which names the convention behind another tool's number.

The numbers of tools are what they printed at the versions in docs/counting.md.
"""

import json
import re
import shlex
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import archc
from archc.checks.counting import all_counts
from archc.checks.explain_number import Quantity, parse_quantity
from archc.cli import cli

PAGE = Path(__file__).parents[2] / "docs" / "counting.md"

PRINTED = {
    "googlenet_bn": {
        "torch's FlopCounterMode in eval": 2_996_752_384,
        "torchinfo": 1_498_391_752,
        "fvcore": 1_504_878_688,
        "thop": 1_511_332_032,
        "ptflops with the backend aten": 1_498_377_192,
        "torch's parameters()": 13_004_888,
    },
    "bn_inception": {
        "torchinfo": 2_036_357_640,
        "fvcore": 2_040_123_328,
        "thop": 2_048_458_272,
        "ptflops with the backend aten": 2_036_337_608,
    },
    "googlenet": {
        "torchinfo": 1_585_899_032,
        "ptflops with the backend aten": 1_585_899_032,
        "torch's parameters()": 13_378_280,
    },
}


def table(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["table", *arguments])


def explained(spec: str, number: str) -> list[dict[str, Any]]:
    result = table(spec, "--explain", number, "--format", "json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize(
    ("spec", "tool", "number"),
    [(spec, tool, n) for spec, found in PRINTED.items() for tool, n in found.items()],
)
def test_what_a_tool_prints_is_named(spec: str, tool: str, number: int) -> None:
    for text in (str(number), f"{number:,}"):
        (reading,) = explained(spec, text)
        assert (reading["number"], reading["printed"]) == (number, "exact")
        assert tool in reading["who"]
    assert f"{number:,}" in PAGE.read_text()


def test_the_count_that_an_issue_asked_for() -> None:
    first, *_ = explained("googlenet_bn", "13.0M")
    assert first["what"] == "params with auxiliary heads"
    assert first["printed"] == "to the nearest"
    # No count of parameters is 1.5G; of operations, rounding to the nearest comes first.
    assert {reading["kind"] for reading in explained("googlenet_bn", "1.5G")} == {"ops"}
    assert explained("googlenet_bn", "1.5 GFLOPs")[0]["what"] == "MACs"
    assert explained("googlenet", "6998552")[0]["what"] == "params"
    assert explained("googlenet", "6.99 M")[0]["what"] == "weights only"
    assert explained("googlenet", "1,582,671,872 MACs")[0]["what"] == "MACs"


def test_roundings_and_units() -> None:
    # 6,990,272 weights are 6,826.4 times 1,024, and 6.666 times 1,024 squared.
    (reading,) = explained("googlenet", "6826K")
    assert (reading["what"], reading["printed"]) == (
        "weights only",
        "to the nearest, with K = 1,024",
    )
    assert explained("googlenet", "6990K")[0]["printed"] == "to the nearest"
    assert explained("googlenet", "6991K")[0]["printed"] == "rounded up"
    assert explained("googlenet", "6998K")[0]["printed"] == "rounded down"


def test_the_nearest_with_the_difference() -> None:
    (reading,) = explained("googlenet", "7.2M params")
    assert (reading["what"], reading["printed"]) == ("params", None)
    text = table("googlenet", "--explain", "7.2M params").stdout
    # 7,200,000 - 6,998,552 = 201,448, 2.88%.
    assert "none: it differs by +201,448 (+2.88%)" in text
    assert "6,998,552" in text


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("13.0M", Quantity(130, 1, 2, None)),
        ("1.5 GFLOPs", Quantity(15, 1, 3, "ops")),
        ("1.5B", Quantity(15, 1, 3, None)),
        ("2t", Quantity(2, 0, 4, None)),
        ("6998552", Quantity(6998552, 0, 0, None)),
        ("1,582,671,872", Quantity(1582671872, 0, 0, None)),
        (" 6.99 M params ", Quantity(699, 2, 2, "params")),
        ("569 M mult-adds", Quantity(569, 0, 2, "ops")),
        ("5 parameters", Quantity(5, 0, 0, "params")),
    ],
)
def test_numbers_that_are_understood(text: str, quantity: Quantity) -> None:
    assert parse_quantity(text) == quantity


def test_a_quantity_in_full() -> None:
    assert Quantity(130, 1, 2, None).value == 13_000_000
    assert Quantity(5, 1, 0, None).value == Fraction(1, 2)


@pytest.mark.parametrize(
    "text", ["", "M", "1.M", "-1", "1,00", "1e9", "1 X", "1.5 MM", "٣", "9" * 41]
)
def test_what_is_no_number(text: str) -> None:
    assert parse_quantity(text) is None
    assert table("googlenet", "--explain", text).exit_code == 2


def test_options_that_exclude_each_other() -> None:
    for other in ("--layers", "--conventions"):
        assert table("googlenet", "--explain", "1M", other).exit_code == 2
    assert table("googlenet", "--layers", "--format", "badge").exit_code == 2


def test_every_format() -> None:
    for output_format in ("text", "md", "csv", "latex"):
        result = table("googlenet_bn", "--explain", "13.0M", "--format", output_format)
        assert result.exit_code == 0
        assert "13004888" in result.stdout.replace(",", "")


def test_the_commands_of_the_page() -> None:
    commands = re.findall(r"^\$ archc (.*)$", PAGE.read_text(), re.M)
    assert len(commands) == 3
    for command in commands:
        result = CliRunner().invoke(cli, shlex.split(command))
        assert result.exit_code == 0, command


def test_a_number_is_listed_once() -> None:
    for spec in ("googlenet", "googlenet_bn", "bn_inception", "inception_v4"):
        counts = all_counts(archc.analyze(spec))
        assert len({(count.kind, count.number) for count in counts}) == len(counts)


def test_a_badge() -> None:
    badge = json.loads(table("googlenet", "--format", "badge").stdout)
    assert badge == {
        "schemaVersion": 1,
        "label": "GoogLeNet",
        "message": "7.00M params, 1.58G MACs",
        "color": "blue",
    }


NET = """\
archc: 1
name: Net
input: 2x8x8
classes: 3
body: {conv: {Conv: 1x1, out: OUT}}
head: {pool: {AvgPool: global}, fc: {Linear: classes}}
"""


@pytest.mark.parametrize(
    # 3 * OUT and (OUT + 1) * 3 params, OUT * 128 and OUT * 3 MACs.
    ("out", "message"),
    [
        (1, "9 params, 131 MACs"),
        (166, "999 params, 21.7K MACs"),
        (167, "1.01K params, 21.9K MACs"),
        (16666, "100K params, 2.18M MACs"),
    ],
)
def test_badges_have_three_digits(tmp_path: Path, out: int, message: str) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(NET.replace("OUT", str(out)))
    assert json.loads(table(str(spec), "--format", "badge").stdout)["message"] == message


def test_a_badge_of_a_table_that_does_not_conform_is_red(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    printed = "table: {columns: [depth], rows: {conv: [2]}}\n"
    spec.write_text(NET.replace("OUT", "4") + printed)
    result = table(str(spec), "--format", "badge")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["color"] == "red"


def test_another_size_of_the_image(tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(NET.replace("OUT", "4").replace("2x8x8", "2x96x96"))
    # 2 * 4 multiply-accumulates at each of 224 * 224 places, and 12.
    (reading,) = explained(str(spec), f"{8 * 224 * 224 + 12} MACs")
    assert reading["what"] == "MACs, at 2x224x224"
