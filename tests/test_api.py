"""Tests the Python API: what it accepts as a spec, and how results are shown."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import archc
from archc.diagnostics.spans import Source
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.yaml.composer import compose
from archc.language.yaml.dump import write_spec
from archc.language.yaml.nodes import List, Mapping, Node

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
SMALL: dict[str, Any] = {
    "archc": 1,
    "name": "Small",
    "input": "3x8x8",
    "classes": 10,
    "stem": {"conv1": {"Conv": "3x3", "out": 4, "activation": "ReLU"}},
    "head": {"pool": {"AvgPool": "global"}, "fc": {"Linear": "classes"}},
}
TEXT = yaml.safe_dump(SMALL, sort_keys=False)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(TEXT)
    return tmp_path


# What is accepted as a spec.


def test_a_file_a_text_a_mapping_and_a_network_are_one(folder: Path) -> None:
    loaded = archc.load("small")
    forms: list[Any] = ["small", "small.yaml", folder / "small.yaml", SMALL, loaded]
    forms.append(archc.loads(TEXT))
    classes = []
    for form in forms:
        assert archc.analyze(form).cost.params == 162
        assert archc.compare(form, loaded).rows == ()
        assert archc.check_conformance(form).diagnostics == ()
        assert str(archc.draw(form)) == str(archc.draw(loaded))
        assert archc.to_pandas(form)["params"].sum() == 162
        result = archc.check(form)
        assert (result.diagnostics, result.summary and result.summary.params) == ((), 162)
        (code,) = archc.emit(form, stem="net").values()
        classes.append(code)
        assert archc.module_class(form).__name__ == "Small"
    assert len(set(classes)) == 1


def test_files_are_called_as_the_spec_or_as_a_network_without_a_file() -> None:
    assert list(archc.emit("small")) == ["small.py"]
    assert list(archc.emit(SMALL)) == list(archc.emit(archc.loads(TEXT))) == ["Small.py"]


def test_diagnostics_of_a_text_are_placed_in_it() -> None:
    faulty = TEXT.replace("Linear", "Linaer")
    for name, options in (("<text>", {}), ("mine", {"name": "mine"})):
        with pytest.raises(archc.SpecError) as raised:
            archc.loads(faulty, None, **options)
        (diagnostic,) = raised.value.diagnostics
        assert str(diagnostic.span).startswith(f"{name}:")
        assert diagnostic.span is not None
        assert diagnostic.span.text == "Linaer"


def test_diagnostics_of_a_mapping_are_placed_in_its_yaml() -> None:
    faulty = {**SMALL, "head": {"fc": {"Linaer": "classes"}}}
    with pytest.raises(archc.SpecError) as raised:
        archc.load(faulty)
    assert str(raised.value) == (
        "<text>:8:8: error[A205] unknown layer kind Linaer\n"
        "    8 |   fc: {Linaer: classes}\n"
        "      |        ^^^^^^\n"
        "  = hint: did you mean Linear?"
    )
    assert archc.check(faulty).diagnostics == raised.value.diagnostics


def test_parameters_of_a_text_and_of_a_mapping() -> None:
    spec = {**SMALL, "parameters": {"filters": 4}}
    spec["stem"] = {"conv1": {"Conv": "3x3", "out": "filters"}}
    for network in (
        archc.load(spec, {"filters": 8}),
        archc.loads(yaml.safe_dump(spec, sort_keys=False), {"filters": 8}),
    ):
        assert archc.analyze(network).rows[0].output == (8, 8, 8)
    with pytest.raises(ValueError, match="a loaded network takes no parameters"):
        archc.check(archc.load(spec), {"filters": 8})


@pytest.mark.parametrize(
    "odd", [{1, 2}, b"bytes", object(), 1j], ids=lambda odd: type(odd).__name__
)
def test_what_a_spec_cannot_hold_is_a_type_error(odd: object) -> None:
    with pytest.raises(TypeError, match=f"not {type(odd).__name__}"):
        archc.load({**SMALL, "about": odd})


def test_a_mapping_that_holds_itself_is_a_type_error() -> None:
    spec: dict[str, Any] = {**SMALL}
    spec["stem"] = spec
    with pytest.raises(TypeError, match="cannot contain itself"):
        archc.load(spec)


def plain(node: Node) -> object:
    """Convert the node to plain Python values."""
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node.entries}
    return list(map(plain, node.items)) if isinstance(node, List) else node.value


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda number: "e" not in repr(number)
    )
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
    | st.sampled_from(["1e3", "0x3", "017", "1_000", "on", "~", "3x3", "1:30", "2020-01-01", "<<"])
)
KEYS = st.text("abc_", min_size=1, max_size=6)
SHARED = ["a", 1]


@given(
    st.dictionaries(
        KEYS,
        st.recursive(
            SCALARS | st.just(SHARED),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
            max_leaves=12,
        ),
        min_size=1,
    )
)
def test_a_mapping_is_read_as_it_was_written(spec: dict[str, Any]) -> None:
    document = compose(Source("<text>", write_spec(spec)))
    assert isinstance(document, Mapping), (document, write_spec(spec))
    assert plain(document) == spec


def test_a_path_is_not_looked_up_as_a_name() -> None:
    assert archc.load("googlenet.yaml").name == "GoogLeNet"
    with pytest.raises(
        archc.SpecError, match=r"spec not found: googlenet\.yaml\n.*without a folder"
    ):
        archc.load(Path("./googlenet.yaml"))
    (diagnostic,) = archc.check(Path("googlenet.yaml")).diagnostics
    assert diagnostic.code == "A101"


def test_a_text_in_place_of_a_name_is_told_from_one() -> None:
    for function in (archc.load, archc.analyze):
        with pytest.raises(archc.SpecError, match=r"pass text to archc\.loads"):
            function(TEXT)


# How results are shown.


def results(path: Path) -> Iterator[object]:
    """Yield everything that the API returns for a spec, and its direct members."""
    compiled = compile_spec(str(path))
    assert isinstance(compiled, Compiled)
    network, analysis = archc.load(path), archc.analyze(path)
    yield from (compiled, network, analysis, archc.check(path), archc.check_conformance(analysis))
    yield archc.compare(analysis, "googlenet_half.yaml")
    yield archc.draw(network)
    yield from (*network.rows, *network.aux, *analysis.rows, *analysis.aux, *analysis.layers)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: str(path.stem))
def test_every_result_shows_itself_in_a_line(path: Path) -> None:
    for result in results(path):
        shown = repr(result)
        assert len(shown) <= 400, shown
        assert "\n" not in shown
        assert " object at 0x" not in shown


def test_what_is_shown_of_results() -> None:
    faulty = archc.check({**SMALL, "head": {"fc": {"Linaer": "classes"}}})
    analysis = archc.analyze("googlenet.yaml")
    inception = analysis.rows[6]
    for result, shown in (
        (archc.load("small"), "<Network Small: 3x8x8 to 10 classes in 3 rows>"),
        (archc.analyze("small"), "<Analysis Small: 162 params, 6,952 MACs, depth 2>"),
        (archc.compare("small", SMALL), "<Difference: 0 rows differ, +0 params, +0 MACs>"),
        (archc.check("small"), "<CheckResult small.yaml: errors 0, warnings 0>"),
        (faulty, "<CheckResult <text>: errors 1, warnings 0>"),
        (
            faulty.diagnostics[0],
            "<Diagnostic <text>:8:8: error[A205] unknown layer kind Linaer>",
        ),
        (
            archc.check_conformance(analysis),
            "<Conformance: 58 cells match, 12 errata, 0 diagnostics>",
        ),
        (inception, "<RowAnalysis inception3a: 256x28x28, 163,696 params, 128,049,152 MACs>"),
        (inception.node, "<Call inception3a Inception: 7 operators>"),
        (inception.layers[0].op, "<Op inception3a.branch1: Conv 1x1/1>"),
    ):
        assert repr(result) == shown
