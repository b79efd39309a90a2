"""Tests that every command rejects impossible tensor sizes at the layer where they arise."""

from pathlib import Path

import pytest
from command_line import run

from archc.analyses.limits import MAXIMUM_SIZE
from archc.diagnostics import Code
from archc.driver.pipeline import Compiled, compile_spec

HEAD = "archc: 1\nname: Net\nclasses: 10\n"
TRIPLED = "modules:\n  D: {Concat: [Identity, Identity, Identity]}\n"
COMMANDS = (
    ("check",),
    ("check", "--format", "json"),
    ("build",),
    ("table",),
    ("table", "--layers"),
    ("diff", "googlenet.yaml"),
    ("verify",),
    ("report",),
)

TOO_LARGE = {
    "channels": (
        f"input: 3x8x8\n{TRIPLED}stem:\n  r: {{Repeat: 9999, of: D}}\n",
        (6, f"elements of its output, {3**36}x8x8: {3**36 * 64:,} exceeds", "r.34"),
    ),
    "elements": (
        f"input: 65536x65536x65536\n{TRIPLED}stem:\n  r: {{Repeat: 16, of: D}}\n  f: Flatten\n",
        (
            6,
            f"elements of its output, {2**16 * 3**10}x65536x65536: {2**48 * 3**10:,} exceeds",
            "r.9",
        ),
    ),
    "one layer": (
        "input: 1x65536x65536\nstem:\n  r: {Repeat: 9999, of: {Conv: 1x1, out: 1000000, "
        "padding: 512}}\n",
        (6, "elements of its output, 1000000x", "r."),
    ),
    "parameters": (
        "input: 65536x65536x65536\nstem:\n  f: Flatten\n  fc: {Linear: 1000000, bias: false}\n",
        (7, f"parameters: {2**48 * 10**6:,} exceeds", "fc"),
    ),
    "stride": (
        "input: 1x1x1\nstem:\n  r: {Repeat: 9999, of: {Conv: 1x1/512, out: 1}}\n",
        (6, f"stride in elements of the input: {2**63:,} exceeds", "r.6"),
    ),
    "receptive field": (
        "input: 3x64x64\nstem:\n  r: {Repeat: 6, of: {Conv: 3x3/512, out: 1}}\n"
        "  s: {Repeat: 9999, of: {Conv: 511x1, out: 1, padding: 255x0}}\n",
        (7, f"receptive field: {1 + 2 * (2**54 - 1) // 511 + 1020 * 2**54:,} exceeds", "s.1"),
    ),
}
"""A spec beyond a limit: its text, and the line, message and layer of the expected error."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_size_beyond_the_limit_is_a_diagnostic_where_it_arises(what: str) -> None:
    text, (line, message, path) = TOO_LARGE[what]
    Path("net.yaml").write_text(HEAD + text)
    diagnostics = compile_spec("net.yaml")
    assert isinstance(diagnostics, list)
    (diagnostic,) = diagnostics
    assert diagnostic.code is Code.LIMIT
    assert diagnostic.span is not None
    assert diagnostic.span.line == line
    assert diagnostic.message.startswith(message)
    assert diagnostic.message.rpartition("(")[2].startswith(path)
    assert f"the limit of {MAXIMUM_SIZE:,}" in diagnostic.message


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("what", ["channels", "stride"])
def test_every_command_refuses_it(what: str, arguments: tuple[str, ...]) -> None:
    Path("net.yaml").write_text(HEAD + TOO_LARGE[what][0])
    command, *options = arguments
    result = run(command, "net.yaml", *options)
    assert result.exit_code == 1
    assert "A105" in result.output


def test_sizes_up_to_the_limit_are_analysed_and_built() -> None:
    """A merged layer may exceed the limit for a layer, since no spec states it."""
    convolution = "[{Conv: 1x1, out: 1000000}, {MaxPool: 2x2/2}]"
    Path("net.yaml").write_text(
        f"{HEAD}input: 1x16x16\nmodules:\n  D: {{Concat: {{a: {convolution}, b: {convolution}}}}}\n"
        "stem:\n  p: {Repeat: 2900, of: {Conv: 1x1, out: 1, padding: 512}}\n  d: D\n"
    )
    compiled = compile_spec("net.yaml")
    assert isinstance(compiled, Compiled)
    elements = [layer.output[0] * layer.output[1] ** 2 for layer in compiled.analysis.layers]
    assert MAXIMUM_SIZE / 2 < max(elements) < MAXIMUM_SIZE
    assert run("build", "net.yaml").exit_code == 0
    assert run("build", "net.yaml", "--optimize").exit_code == 0


def test_of_many_branches_that_do_not_fit_five_are_named() -> None:
    branches = "".join("    - {MaxPool: 2x2/2}\n    - Identity\n" for _ in range(20))
    module = f"modules:\n  M:\n    Concat:\n{branches}    - {{MaxPool: 2x2/2}}\n"
    Path("net.yaml").write_text(f"{HEAD}input: 3x8x8\n{module}stem:\n  odd: M\n")
    diagnostics = compile_spec("net.yaml")
    assert isinstance(diagnostics, list)
    (diagnostic,) = diagnostics
    named = ", ".join(f"branch {i} is 8x8" for i in (2, 4, 6, 8, 10))
    assert diagnostic.message == f"Concat: {named}, 15 more differ, the others are 4x4 (odd)"


def test_rows_that_do_not_fit_are_counted_up_to_fifty() -> None:
    modules = "modules:\n  M: {Concat: [{MaxPool: 2x2/2}, Identity]}\n  N:\n    Concat:\n"
    calls = "    - M\n" * 100
    Path("net.yaml").write_text(f"{HEAD}input: 3x8x8\n{modules}{calls}stem:\n  odd: N\n")
    diagnostics = compile_spec("net.yaml")
    assert isinstance(diagnostics, list)
    assert len(diagnostics) == 51
    assert diagnostics[-1].message == "more than 50 diagnostics; archc stopped looking"


def test_a_placeholder_appears_once_on_each_side() -> None:
    keys = 'checkpoints:\n  one:\n    source: x\n    keys: {"a{n}": "b{n}_{n}"}\n'
    Path("net.yaml").write_text(f"{HEAD}input: 3x8x8\nstem:\n  conv: {{Conv: 1x1, out: 3}}\n{keys}")
    diagnostics = compile_spec("net.yaml")
    assert isinstance(diagnostics, list)
    assert [diagnostic.message for diagnostic in diagnostics] == [
        "duplicate placeholder in b{n}_{n}"
    ]
