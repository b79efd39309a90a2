"""Tests the output of ``archc check`` for tools, with parsers of their formats."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from junitparser import JUnitXml
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Sarif

from archc.cli import cli

BAD_SPECS = sorted((Path(__file__).parents[1] / "specs" / "bad").glob("*.yaml"))
GOOD = """\
archc: 1
name: Net
input: 3x32x32
classes: 10
head:
  pool: {AvgPool: global}
  dropout: {Dropout: 0}
  fc: {Linear: classes}
"""
BAD = """\
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv1: {Cnov: 3x3, out: 8} # größer: 100%, one
  CONV1: {Conv: 3x3, out: 8}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with a good and a bad spec in a subfolder, where archc runs."""
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "nets"
    folder.mkdir()
    monkeypatch.chdir(folder)
    Path("good.yaml").write_text(GOOD)
    Path("bad.yaml").write_text(BAD, encoding="utf-8")
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["check", *arguments])


def test_concise_is_one_line_for_each_diagnostic() -> None:
    result = check("--format", "concise", "bad.yaml")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "bad.yaml:6:11: error[A205] unknown layer kind Cnov; did you mean Conv?",
        "bad.yaml:7:3: error[A104] conv1 and CONV1 differ only in case",
        "2 errors; archc check --fix fixes 1",
    ]


def test_json_holds_every_spec_and_every_place() -> None:
    result = check("--format", "json", "good.yaml", "bad.yaml")
    assert result.exit_code == 1
    assert result.stderr == ""
    document = json.loads(result.stdout)
    good, bad = document["specs"]
    assert (document["errors"], document["warnings"]) == (2, 1)
    assert good["summary"] == {"params": 40, "macs": 30, "matches": 0, "errata": 0}
    assert [diagnostic["code"] for diagnostic in good["diagnostics"]] == ["L109"]
    assert bad["summary"] is None
    kind, name = bad["diagnostics"]
    assert {key: kind[key] for key in ("file", "line", "column", "end_line", "end_column")} == {
        "file": "nets/bad.yaml",
        "line": 6,
        "column": 11,
        "end_line": 6,
        "end_column": 15,
    }
    assert kind["fix"] == {"text": "Conv", "safe": True}
    assert [label["line"] for label in name["labels"]] == [6]
    assert name["fix"] is None


def sarif(*specs: str) -> dict[str, Any]:
    result = check("--format", "sarif", *specs)
    Sarif.model_validate_json(result.stdout)
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_sarif_has_rules_places_fixes_and_fingerprints() -> None:
    (run,) = sarif("good.yaml", "bad.yaml")["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["A104", "A205", "L109"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uri"] in ("nets/good.yaml", "nets/bad.yaml")
        assert artifact["uriBaseId"] in run["originalUriBaseIds"]
    dropout, kind, name = run["results"]
    assert (dropout["level"], kind["level"], name["level"]) == ("warning", "error", "error")
    (change,) = kind["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 6, "startColumn": 11, "endLine": 6, "endColumn": 15},
            "insertedContent": {"text": "Conv"},
        }
    ]
    assert name["relatedLocations"][0]["message"]["text"] == "first defined here"


def test_a_fingerprint_outlives_lines_that_come_and_go() -> None:
    def fingerprints() -> list[str]:
        (run,) = sarif("bad.yaml")["runs"]
        return [result["partialFingerprints"]["archcDiagnostic/v1"] for result in run["results"]]

    before = fingerprints()
    Path("bad.yaml").write_text("# one line more\n\n" + BAD, encoding="utf-8")
    assert fingerprints() == before
    Path("bad.yaml").write_text(BAD.replace("Cnov", "Covn"), encoding="utf-8")
    assert fingerprints() != before


def test_sarif_is_valid_for_every_bad_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD_SPECS[0].parent)
    document = sarif(*(path.name for path in BAD_SPECS), "none.yaml")
    (run,) = document["runs"]
    assert len(run["results"]) > len(BAD_SPECS)
    prints = [result["partialFingerprints"]["archcDiagnostic/v1"] for result in run["results"]]
    assert len({*prints}) == len(prints)
    uris = {unquoted(result["locations"][0]) for result in run["results"]}
    # An error of a variant may be in its base.
    elsewhere = {
        unquoted(result["relatedLocations"][-1])
        for result in run["results"]
        if "relatedLocations" in result
    }
    assert {f"tests/specs/bad/{path.name}" for path in BAD_SPECS} <= uris | elsewhere


def unquoted(location: dict[str, Any]) -> str:
    """Return the file of a location."""
    return unquote(location["physicalLocation"]["artifactLocation"]["uri"])


_ANNOTATION = re.compile(r"::(error|warning) ([^:]*(?:%3A[^:]*)*)::(.*)")


def test_github_annotations_are_commands_with_escaped_text() -> None:
    result = check("--format", "github", "bad.yaml")
    first, second = result.stdout.splitlines()
    match = _ANNOTATION.fullmatch(first)
    assert match is not None
    properties = dict(part.split("=") for part in match[2].split(","))
    assert properties == {
        "title": "archc A205",
        "file": "nets/bad.yaml",
        "line": "6",
        "endLine": "6",
        "col": "11",
        "endColumn": "15",
    }
    assert match[3] == "unknown layer kind Cnov%0Adid you mean Conv?"
    assert second.startswith("::error title=archc A104,file=nets/bad.yaml,line=7")


@pytest.mark.parametrize("faults", [9, 10, 11, 30])
def test_github_stays_within_ten_and_says_how_many_more(faults: int) -> None:
    rows = "".join(f"  conv{i}: {{Conv: 3x3, out: 8, bogus%: 1}}\n" for i in range(faults))
    Path("many.yaml").write_text(BAD[: BAD.index("  conv1")] + rows)
    lines = check("--format", "github", "many.yaml").stdout.splitlines()
    annotations = [line for line in lines if line.startswith("::")]
    assert len(annotations) == min(faults, 10)
    assert all("%" not in line.replace("%25", "").replace("%0A", "") for line in annotations)
    if faults > 10:
        shown = f"::error title=archc::{faults - 9} more archc errors are in the log"
        assert annotations[-1].startswith(shown)
        assert len(lines) == 10 + faults - 9
    else:
        assert lines == annotations


def test_junit_is_read_as_tests() -> None:
    result = check("--format", "junit", "good.yaml", "bad.yaml")
    (suite,) = JUnitXml.fromstring(result.stdout.encode())
    assert (suite.tests, suite.failures, suite.errors) == (2, 1, 0)
    good, bad = suite
    assert good.is_passed
    assert "L109" in good.system_out
    (failure,) = bad.result
    assert failure.type == "A205"
    assert "^^^^" in failure.text
    assert "größer" in failure.text


def test_junit_can_be_read_for_every_bad_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD_SPECS[0].parent)
    result = check("--format", "junit", *(path.name for path in BAD_SPECS))
    (suite,) = JUnitXml.fromstring(result.stdout.encode())
    assert suite.failures == suite.tests == len(BAD_SPECS)


def test_every_format_is_silent_or_whole_where_all_is_fine() -> None:
    Path("good.yaml").write_text(GOOD.replace("Dropout: 0", "Dropout: 0.5"))
    for output_format in ("json", "sarif", "github", "junit"):
        result = check("--format", output_format, "good.yaml")
        assert result.exit_code == 0
        assert bool(result.stdout) == (output_format != "github")
