"""Tests the language page: every spec in it compiles, and its vocabulary is up to date."""

import re
from pathlib import Path

import pytest
from reference import renewed

from archc.analyses import limits
from archc.driver.pipeline import Compiled, compile_spec
from archc.language import lower
from archc.language.grammar import modules
from archc.language.sections import models
from archc.language.variants.chain import MAXIMUM_EXTENSIONS
from archc.language.yaml import composer, reading
from archc.network import names
from archc.ops import OPERATORS, window
from archc_backends.common.network import MAXIMUM_PARAMS

PAGE = Path(__file__).parents[2] / "docs" / "language.md"
SPECS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_vocabulary_is_current() -> None:
    text = PAGE.read_text()
    assert renewed(text) == text
    for kind in OPERATORS:
        assert f"| `{kind}` |" in text


def test_the_page_shows_specs() -> None:
    assert len(SPECS) == 8


def test_the_limits_are_the_compilers() -> None:
    numbers = {
        "bytes of a spec": reading.MAXIMUM_BYTES,
        "nesting of its text": composer.MAXIMUM_DEPTH,
        "specs in a chain of `extends`": MAXIMUM_EXTENSIONS,
        "modules": modules.MAXIMUM_MODULES,
        "layers, modules and repeats after expansion": lower.MAXIMUM_LAYERS,
        "nesting of modules": lower.MAXIMUM_DEPTH,
        "repetitions of one Repeat": models.MAXIMUM_REPEATS,
        "filters, features, groups, classes": window.MAXIMUM_COUNT,
        "channels, height and width of the input": models.MAXIMUM_SIDE,
        "kernel, stride and padding": window.MAXIMUM_KERNEL,
        "characters of a name": int(names.NAME_PATTERN.rpartition(",")[2].rstrip("}")) + 1,
        "elements of a tensor, parameters of a layer, receptive field and its stride": (
            limits.MAXIMUM_SIZE
        ),
        "parameters for `archc verify`, or in an ONNX file": MAXIMUM_PARAMS,
    }
    table = PAGE.read_text().partition("## Limits")[2].partition("## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([0-9,]+) \|$", table, re.MULTILINE)
    assert {what: int(number.replace(",", "")) for what, number in rows} == numbers


@pytest.mark.parametrize("text", SPECS, ids=lambda text: re.findall(r"name: (\w+)", str(text))[0])
def test_every_spec_shown_compiles(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(text)
    compiled = compile_spec("spec.yaml")
    assert isinstance(compiled, Compiled), compiled
    assert not compiled.diagnostics
