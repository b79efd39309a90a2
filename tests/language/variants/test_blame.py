"""Tests that an error caused by a change is shown at the change, not in the base."""

from collections.abc import Mapping as AbstractMapping
from collections.abc import Sequence
from pathlib import Path

import pytest

import archc
from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.spans import Source
from archc.driver.pipeline import compile_spec
from archc.language.variants.blame import MOST_WORK, Attempt, blame, fewest
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping

BASE = """\
archc: 1
name: Base
input: 3x32x32
classes: 10
parameters: {filters: 8, size: 4}
lints: {idle_dropout: {allow: [dropout]}}
body:
  conv: {Conv: 3x3/2, out: filters, activation: ReLU}
  grouped: {Conv: 3x3, out: 12, groups: 4, activation: ReLU}
  dropout: {Dropout: 0}
head:
  pool: {AvgPool: 16x16/1}
  flatten: Flatten
  fc: {Linear: classes}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text(BASE.replace(", size: 4", ""))
    return tmp_path


def found(name: str, settings: AbstractMapping[str, float] | None = None) -> list[Diagnostic]:
    compiled = compile_spec(name, settings)
    return compiled if isinstance(compiled, list) else compiled.diagnostics


def write(name: str, text: str, base: str = "base.yaml") -> None:
    Path(name).write_text(f"extends: {base}\nname: {Path(name).stem.title()}\n{text}")


@pytest.mark.parametrize(
    ("change", "place", "shows_at"),
    [
        ("input: 3x16x16\n", "v.yaml:3:1", "base.yaml:12:10"),
        ("classes: 5\ninput: 3x16x16\nabout: A net\n", "v.yaml:4:1", "base.yaml:12:10"),
        ("defaults:\n  Conv:\n    bias: false\n    padding: 0\n", "v.yaml:6:5", "base.yaml:12:10"),
        ("width: {multiplier: 1.3}\n", "v.yaml:3:1", "base.yaml:9:13"),
        ("parameters: {filters: 6}\n", "v.yaml:3:14", "base.yaml:9:13"),
        ("parameters: {filters: 0}\n", "v.yaml:3:14", "base.yaml:8:28"),
        ("body: {conv: none}\n", "v.yaml:3:8", "base.yaml:9:13"),
        ("body: {conv: {Conv: 3x3}}\n", "", ""),
        ("body: {conv: {Conv: 5x5/4, out: 8}}\n", "v.yaml:3:8", "base.yaml:12:10"),
        ("body:\n  conv:\n    Conv: 3x3/2\n    out: 6\n", "v.yaml:6:5", "base.yaml:9:13"),
        ("body: {conv: {Conv: 3x3/2, after: grouped}}\n", "v.yaml:3:28", "base.yaml:9:13"),
        ("body: {extra: {MaxPool: 2x2/2, after: conv}}\n", "v.yaml:3:8", "base.yaml:12:10"),
    ],
)
def test_a_fault_in_the_base_is_shown_at_the_change_that_causes_it(
    change: str, place: str, shows_at: str
) -> None:
    write("v.yaml", change)
    diagnostics = found("v.yaml")
    if not place:
        assert diagnostics == []
        return
    (diagnostic,) = diagnostics
    assert str(diagnostic.span) == place
    assert str(diagnostic.labels[0].span) == shows_at
    assert diagnostic.labels[0].message == "the error is here, in the base"
    assert "without it, the error disappears" in diagnostic.notes[-1]


def test_a_fault_of_the_base_alone_stays_where_it_is() -> None:
    Path("base.yaml").write_text(BASE.replace(", size: 4", "").replace("16x16/1", "17x17/1"))
    write("v.yaml", "classes: 5\n")
    (diagnostic,) = found("v.yaml")
    assert str(diagnostic.span) == "base.yaml:12:10"
    assert [label.message for label in diagnostic.labels] == ["extended by this spec"]


def test_of_a_chain_the_file_is_named_that_makes_the_change() -> None:
    write("middle.yaml", "input: 3x16x16\n")
    write("last.yaml", "classes: 5\n", "middle.yaml")
    (diagnostic,) = found("last.yaml")
    assert str(diagnostic.span) == "middle.yaml:3:1"
    assert [str(label.span) for label in diagnostic.labels] == ["base.yaml:12:10", "last.yaml:1:1"]
    write("middle.yaml", "classes: 5\n")
    write("last.yaml", "input: 3x16x16\n", "middle.yaml")
    assert [str(diagnostic.span) for diagnostic in found("last.yaml")] == ["last.yaml:3:1"]
    # A change before another that would not fit either: both are named.
    write("middle.yaml", "body: {dropout: {MaxPool: 2x2/2}}\n")
    write("last.yaml", "head: {pool: {AvgPool: 8x8/1}}\n", "middle.yaml")
    assert found("last.yaml") == []


def test_of_two_faults_each_change_is_blamed_for_its_own() -> None:
    write("v.yaml", "parameters: {filters: 6}\ninput: 3x16x16\n")
    (diagnostic,) = found("v.yaml")  # the second error comes after the first
    assert str(diagnostic.span) == "v.yaml:3:14"


def test_faults_with_one_cause_are_one_diagnostic() -> None:
    modules = "modules: {Pair: {columns: [one], Sequence: {a: {Conv: 1x1, out: one}}}}\n"
    rows = "".join(f"  row{i}: {{Pair: [{4 + 4 * i}]}}\n" for i in range(3))
    spec = BASE.replace(", size: 4", "").replace("  grouped", f"{rows}  grouped")
    Path("base.yaml").write_text(spec + modules)
    assert found("base.yaml") == []
    write(
        "v.yaml",
        "modules:\n  Pair:\n    columns: [one, two]\n"
        "    Sequence: {a: [{Conv: 1x1, out: one}, {Conv: 1x1, out: two}]}\n",
    )
    (diagnostic,) = found("v.yaml")
    assert str(diagnostic.span) == "v.yaml:5:5"
    assert diagnostic.message == "Pair: expected 2 cells, found 1"
    assert diagnostic.notes[-1].endswith("without it, this error and 2 more disappear")


def test_a_setting_that_causes_a_fault_is_named() -> None:
    spec = BASE.replace("groups: 4", "groups: size")
    Path("base.yaml").write_text(spec)
    assert found("base.yaml", {"size": 2, "filters": 6}) == []
    (diagnostic,) = found("base.yaml", {"filters": 6, "size": 4})
    assert str(diagnostic.span) == "base.yaml:9:13"
    assert diagnostic.notes[-1] == "caused by filters=6: the spec itself has no such error"
    (diagnostic,) = found("base.yaml", {"filters": 0})
    assert diagnostic.notes == ("caused by filters=0: the spec itself has no such error",)
    write("v.yaml", "classes: 5\n")
    assert found("v.yaml", {"filters": 6})[0].notes == (
        "caused by filters=6: the spec itself has no such error",
    )


def test_a_loaded_network_is_blamed_as_its_spec_is() -> None:
    write("v.yaml", "input: 3x16x16\n")
    (diagnostic,) = archc.check(archc.load("v.yaml")).diagnostics
    assert str(diagnostic.span) == "v.yaml:3:1"
    write("v.yaml", "classes: 5\n")
    network = archc.load("v.yaml", {"filters": 6})
    (diagnostic,) = archc.check(network).diagnostics  # its settings are unknown
    assert str(diagnostic.span) == "base.yaml:9:13"
    assert [label.message for label in diagnostic.labels] == ["extended by this spec"]


def test_what_the_base_allows_in_a_row_that_is_removed_is_no_fault() -> None:
    write("v.yaml", "body: {dropout: none}\n")
    assert found("v.yaml") == []
    write("v.yaml", "lints: {idle_dropout: {allow: [drop]}}\nbody: {dropout: none}\n")
    assert [str(diagnostic.span) for diagnostic in found("v.yaml")] == ["v.yaml:3:32"]


@pytest.mark.parametrize(
    ("needed", "fewest_parts"),
    [({3}, [3]), ({0, 99}, [0, 99]), ({5, 6, 7}, [5, 6, 7]), (set(range(100)), list(range(100)))],
)
def test_the_fewest_parts_that_cure_are_found(needed: set[int], fewest_parts: list[int]) -> None:
    tried = []

    def cures(parts: Sequence[int]) -> bool:
        tried.append(parts)
        return needed <= {*parts}

    assert list(fewest(range(100), cures)) == fewest_parts
    assert len(tried) < 5 * 100


def test_the_search_ends_at_a_fixed_amount_of_work() -> None:
    base, variant = (
        Source(name, "body: {" + ", ".join(f"c{i}: {i}" for i in range(500)) + "}\n")
        for name in ("base.yaml", "v.yaml")
    )
    documents = [compose(variant), compose(base)]
    parts = [document for document in documents if isinstance(document, Mapping)]
    diagnostic = Diagnostic(Code.SHAPE, "it does not fit", parts[1].span)
    calls = []

    def judge(documents: Sequence[Mapping], settings: object) -> Attempt:
        calls.append(documents)
        (body,) = documents[0].entries or (None,)
        left = body.value.entries if body and isinstance(body.value, Mapping) else ()
        # Any two of the entries cause it.
        return Attempt([diagnostic] if len(left) > 1 else [], MOST_WORK // 50)

    (blamed,) = blame([diagnostic], parts, {}, judge)
    assert len(calls) <= 52
    assert blamed.span is not None
    assert str(blamed.span) == "v.yaml:1:1"
