"""Tests specs in an editor's language server: errors, hovers and completions.

``pytest`` alone does not run them, since they need node: ``.ci/run`` installs the server from
``package.json`` and runs ``pytest tests/editor/in_an_editor.py``.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from editor.language_server import LanguageServer, Problem
from schema_verdicts import COMMITTED, FILES, called, document, refused

from archc.cli import cli
from archc.views.json_schema import editor_schema

MODELINE = f"# yaml-language-server: $schema={COMMITTED.as_uri()}\n"
SMALL = """\
archc: 1
name: Small
input: 3x8x8
classes: 10
stem:
  conv1: {Conv: 3x3, out: 4}
head:
  pool: {AvgPool: global}
  fc: {Linear: classes}
"""
CURSOR = "|"
SPEC_TAKES = f"A spec takes {', '.join(editor_schema()['properties'])}."


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    with LanguageServer() as running:
        yield running


def opened(text: str, folder: Path) -> Path:
    path = folder / "spec.yaml"
    path.write_text(MODELINE + text)
    return path


def test_a_new_variant_is_checked_by_the_schema_beside_it(
    server: LanguageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        CliRunner().invoke(cli, ["new", "my_net.yaml", "--from", "googlenet.yaml"]).exit_code == 0
    )
    assert server.problems(tmp_path / "my_net.yaml") == []
    mistake = tmp_path / "mistake.yaml"
    mistake.write_text((tmp_path / "my_net.yaml").read_text().replace("about:", "abuot:"))
    assert server.problems(mistake) == [Problem("abuot", SPEC_TAKES)]


# Where the editor and the compiler read YAML differently.
OTHERWISE = {
    "bad/scalar_hexadecimal_classes": "editors read 0x10 as 16, by an older YAML",
    "bad/table_mismatch": "a bare - before a closing bracket is refused by the editor's YAML",
    "bad/yaml_kind_without_colon": "{LRN} has no value, and editors check only values",
}


def test_the_editor_says_what_the_schema_says(server: LanguageServer, tmp_path: Path) -> None:
    verdicts: dict[Path, tuple[str, bool]] = {}
    for spec in FILES:
        if (composed := document(spec)) is not None:  # the compiler rejects more YAML
            path = tmp_path / f"{len(verdicts)}_{spec.name}"
            path.write_text(MODELINE + spec.read_text())
            verdicts[path] = called(spec), refused(composed)
    problems = server.all_problems(list(verdicts))
    differing = {
        name: problems[path]
        for path, (name, wrong) in verdicts.items()
        if bool(problems[path]) != wrong
    }
    assert differing.keys() == OTHERWISE.keys(), differing
    assert sum(wrong for _, wrong in verdicts.values()) > 80


@pytest.mark.parametrize(
    ("before", "after", "underlined", "message"),
    [
        ("Conv: 3x3,", "Cnov: 3x3,", "Cnov", "Unknown kind. The kinds are AdaptiveAvgPool, "),
        ("{Conv: 3x3, out: 4}", "{conv: 3x3}", "conv", "Missing kind. A layer has exactly one, "),
        ("{Conv: 3x3, out: 4}", "Relu", "Relu", "One word is a kind without required fields: "),
        ("{Conv: 3x3, out: 4}", "5", "5", "A layer: one word, a list of layers in "),
        ("out: 4", "ot: 4", "ot", "Conv takes out, bias, norm, activation, padding, groups."),
        ("out: 4", "out: 4, ReLU: {}", "ReLU", "Conv takes out, bias, norm, activation, "),
        (", out: 4", "", "conv1", "Conv needs out."),
        ("out: 4", 'out: "4"', '"4"', "A number without quotes, or classes."),
        ("out: 4", "out: 0", "0", "Value is below the minimum of 1."),
        ("out: 4", "out: 4, bias: 1", "1", 'Incorrect type. Expected "boolean".'),
        ("out: 4", "out: 4, norm: ReLU", "ReLU", "Expected BatchNorm or none."),
        ("3x3", "3*3", "3*3", "A window such as 3x3, 7x7/2 or 3x3 valid; an even "),
        ("global", "3x3", "3x3", "A window and its stride, such as 3x3/2 or 3x3/1 same "),
        ("global", "3x3/1 same", "pool", "A padded AvgPool needs count_padding; true "),
        ("Linear: classes", "Linear: clases", "clases", "A number without quotes, or classes."),
        ("conv1:", "class:", "class", "A layer's name has at most 40 letters, digits and "),
        (
            "{Conv: 3x3, out: 4}",
            "{Concat: [ReLU, Flatten]}",
            "Concat",
            "A Concat cannot have a name ",
        ),
        ("head:", "aux:\n  aux1: Head\nhead:", "Head", "An auxiliary head is {Aux: AModule, "),
        ("stem:", "stm:", "stm", SPEC_TAKES),
        ("3x8x8", "8x8", "8x8", "Channels x height x width, such as 3x224x224, each at most "),
        ("classes: 10", "classes: ten", "ten", 'Incorrect type. Expected "integer".'),
    ],
)
def test_a_mistake_is_underlined_where_it_was_made(
    before: str, after: str, underlined: str, message: str, server: LanguageServer, tmp_path: Path
) -> None:
    assert SMALL.count(before) == 1
    (problem,) = server.problems(opened(SMALL.replace(before, after), tmp_path))
    assert problem.text == underlined
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("Conv:", "A convolution, optionally followed by a norm and an activation."),
        ("out:", "The number of filters, which is the number of output channels."),
        ("AvgPool:", "The mean of each window, or of the whole input"),
        ("Linear:", "A fully connected layer with "),
        ("stem:", "The first rows, in order of execution."),
        ("input:", "Channels x height x width of an image, such as 3x224x224."),
    ],
)
def test_a_word_is_explained(word: str, shown: str, server: LanguageServer, tmp_path: Path) -> None:
    path = opened(SMALL, tmp_path)
    assert server.problems(path) == []
    lines = path.read_text().splitlines()
    number = next(i for i, line in enumerate(lines) if word in line)
    assert shown in server.hover(path, number, lines[number].index(word) + 1)


@pytest.mark.parametrize(
    ("text", "offered", "not_offered"),
    [
        ("  conv1:\n    |", {"Conv", "MaxPool", "Repeat"}, {"out", "Concat", "Aux"}),
        ("  conv1:\n    Conv: 3x3\n    |", {"out", "norm", "groups"}, {"Conv", "MaxPool", "ceil"}),
        ("  pool1:\n    MaxPool: 3x3/2\n    |", {"ceil", "padding"}, {"count_padding", "out"}),
        ("  relu1: |", {"ReLU", "Flatten"}, {"Conv"}),
        ("  conv1:\n    Conv: 3x3\n    out: 4\n    norm: |", {"BatchNorm", "none"}, {"ReLU"}),
    ],
)
def test_what_fits_is_offered(
    text: str, offered: set[str], not_offered: set[str], server: LanguageServer, tmp_path: Path
) -> None:
    whole = SMALL.replace("  conv1: {Conv: 3x3, out: 4}", text)
    before = (MODELINE + whole).partition(CURSOR)[0]
    path = opened(whole.replace(CURSOR, ""), tmp_path)
    server.problems(path)
    found = server.completions(path, before.count("\n"), len(before) - before.rfind("\n") - 1)
    assert offered <= found.keys()
    assert not not_offered & found.keys()
