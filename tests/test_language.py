"""The language's documentation: every spec in it compiles, its vocabulary is the compiler's."""

import re
from pathlib import Path

import pytest

from archc.ops import OPERATORS
from archc.pipeline import Compiled, compile_spec
from archc.reference import renewed

PAGE = Path(__file__).parents[1] / "docs" / "language.md"
SPECS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_vocabulary_is_current() -> None:
    text = PAGE.read_text()
    assert renewed(text) == text
    for kind in OPERATORS:
        assert f"| `{kind}` |" in text


def test_the_page_shows_specs() -> None:
    assert len(SPECS) == 7


@pytest.mark.parametrize("text", SPECS, ids=lambda text: re.findall(r"name: (\w+)", str(text))[0])
def test_every_spec_shown_compiles(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(text)
    compiled = compile_spec("spec.yaml")
    assert isinstance(compiled, Compiled), compiled
    assert not compiled.findings
