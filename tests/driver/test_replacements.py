"""Tests that a replacement is safe only if trying it gives no new diagnostics."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from archc.diagnostics import Code, Diagnostic, Replacement
from archc.diagnostics.spans import Source, Span
from archc.driver.check import check_spec
from archc.driver.fix import fix_spec
from archc.driver.replacements import MAXIMUM_TRIALS, confirm_safe

NET = """\
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv1: {Conv: 3x3, out: 8}
head: {pool: {AvgPool: global}, fc: {Linear: classes}}
"""
AUX = NET.replace(
    "head:",
    "aux:\n  aux1: {Aux: [Flatten, {Linear: classes}], from: conv1, loss_weight: 0.3}\nhead:",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hints(text: str) -> list[tuple[str, bool]]:
    """Return every hint of a spec, and whether it is a safe replacement."""
    Path("net.yaml").write_text(text)
    diagnostics = check_spec("net.yaml").diagnostics
    return [(str(f.hint), isinstance(f.hint, Replacement) and f.hint.safe) for f in diagnostics]


@pytest.mark.parametrize(
    ("plain", "written", "hint"),
    [
        ("from: conv1", "from: 4", "None"),
        ("name: Net", "name: 4", "None"),
        ("{Conv: 3x3, out: 8}", "{MaxPool: 3}", "write 3x3/2, or 3x3/1"),
        ("conv1: {Conv: 3x3, out: 8}", "conv1: NONE", "none only removes a layer"),
        ("{Conv: 3x3, out: 8}", "linear", "put the value of out after the kind"),
    ],
)
def test_a_fix_that_leads_to_another_diagnostic_is_none(
    plain: str, written: str, hint: str
) -> None:
    text = AUX.replace(plain, written)
    assert any(words.startswith(hint) for words, _ in hints(text))
    assert not any(safe for _, safe in hints(text))
    assert fix_spec("net.yaml").number == 0
    assert Path("net.yaml").read_text() == text


def test_one_that_fails_keeps_no_other_from_being_made() -> None:
    text = AUX.replace("from: conv1", "from: 4").replace("out: 8", "out: 8, bias: off")
    assert [safe for _, safe in hints(text)] == [True, False]
    assert fix_spec("net.yaml").number == 1
    assert Path("net.yaml").read_text() == text.replace("off", "false")


def test_a_key_that_would_be_duplicate_is_not_renamed() -> None:
    text = NET.replace("body:", "defaults: {Conv: {bias: false}, Cnov: {bias: true}}\nbody:")
    assert hints(text) == [("Conv has defaults already", False)]


def test_what_the_fault_had_hidden_of_a_later_stage_is_no_objection() -> None:
    text = NET.replace("out: 8", "out: 8, bias: off").replace("global", "99x99/1")
    assert hints(text) == [("write false", True)]
    assert fix_spec("net.yaml").number == 1
    assert [found.code for found in check_spec("net.yaml").diagnostics] == [Code.SHAPE]


def test_a_layer_that_would_not_fit_keeps_its_hint() -> None:
    assert hints(NET.replace("{AvgPool: global}", "{AvgPol: 99x99/1}")) == [
        ("did you mean AvgPool?", False)
    ]


def test_the_value_of_a_misspelt_field_is_checked_as_that_field_s() -> None:
    text = NET.replace("out: 8", "out: 8, biass: 3, actvation: Relu")
    assert hints(text) == [
        ("did you mean bias?", True),
        ("None", False),
        ("did you mean activation?", True),
        ("did you mean ReLU?", True),
    ]


def test_a_misspelt_extends_is_fixed() -> None:
    Path("base.yaml").write_text(NET)
    assert hints("extend: base.yaml\nname: Variant\nclasses: 5\n") == [
        ("did you mean extends?", True)
    ]
    assert fix_spec("net.yaml").number == 1
    assert check_spec("net.yaml").errors == []


SOURCE = Source("net.yaml", "aaaa bbbb\ncccc dddd", "", Path("net.yaml"))


def diagnostic(line: int, column: int, text: str | None = None, code: str = "A203") -> Diagnostic:
    """Return a diagnostic for four letters, with a safe replacement if a text is given."""
    hint = None if text is None else Replacement(text, f"write {text}", safe=True)
    return Diagnostic(code, "wrong", Span(SOURCE, line, column, line, column + 4), hint=hint)


def safe(diagnostics: Sequence[Diagnostic]) -> list[bool]:
    return [isinstance(f.hint, Replacement) and f.hint.safe for f in diagnostics]


BOTH = [diagnostic(1, 1, "a"), diagnostic(1, 6, "bbbbbbb")]


def test_the_text_that_is_tried_has_all_replacements() -> None:
    tried = []

    def check(text: str) -> list[Diagnostic]:
        tried.append(text)
        return []

    assert safe(confirm_safe(BOTH, Path("net.yaml"), check)) == [True, True]
    assert tried == ["a bbbbbbb\ncccc dddd"]


def test_two_that_do_not_go_together_are_not_safe() -> None:
    def check(text: str) -> list[Diagnostic]:
        if text.startswith("a bbbbbbb"):
            return [diagnostic(2, 1)]
        return [BOTH[0]] if text.startswith("aaaa") else [BOTH[1]._replace(span=at(1, 3))]

    assert safe(confirm_safe(BOTH, Path("net.yaml"), check)) == [False, False]


def at(line: int, column: int) -> Span:
    return Span(SOURCE, line, column, line, column + 4)


@pytest.mark.parametrize(
    ("after", "is_safe"),
    [
        ([], True),
        ([diagnostic(2, 1, code="A203")], False),  # new
        ([diagnostic(2, 6, code="A203")], True),  # was there before
        ([diagnostic(2, 6, code="A204")], False),  # another diagnostic at that place
        ([diagnostic(2, 1, code="A301")], True),  # hidden before
        ([diagnostic(2, 1, code="L101")], True),
        ([diagnostic(2, 1, code="A102")], False),  # an earlier stage
        ([diagnostic(2, 1, code="A104")], False),
        ([diagnostic(1, 1, code="A301")], False),  # at the replaced text
        ([diagnostic(1, 2, code="A203")], False),
        ([Diagnostic("A203", "wrong")], False),
    ],
)
def test_what_speaks_against_a_replacement(after: list[Diagnostic], is_safe: bool) -> None:
    diagnostics = [diagnostic(1, 1, "aaaaa"), diagnostic(2, 6)]
    assert safe(confirm_safe(diagnostics, Path("net.yaml"), lambda text: after)) == [is_safe, False]


def test_a_diagnostic_behind_a_replacement_on_its_line_is_the_same_one() -> None:
    diagnostics = [diagnostic(1, 1, "a"), diagnostic(1, 6)]
    moved = diagnostic(1, 6)._replace(span=at(1, 3))
    assert safe(confirm_safe(diagnostics, Path("net.yaml"), lambda text: [moved])) == [True, False]


def test_of_two_that_overlap_the_first_is_safe() -> None:
    diagnostics = [diagnostic(1, 1, "a"), diagnostic(1, 3, "b")]
    assert safe(confirm_safe(diagnostics, Path("net.yaml"), lambda text: [])) == [True, False]


def test_trials_are_few() -> None:
    source = Source("net.yaml", "aaaa\n" * 50, "", Path("net.yaml"))
    span = Span(source, 1, 1, 1, 5)
    diagnostics = [
        Diagnostic("A203", "wrong", span._replace(line=line, end_line=line), hint=hint)
        for line in range(1, 51)
        for hint in [Replacement("b", "write b", safe=True)]
    ]
    tried = []

    def check(text: str) -> list[Diagnostic]:
        tried.append(text)
        return [Diagnostic("A102", "no YAML")]

    assert not any(safe(confirm_safe(diagnostics, Path("net.yaml"), check)))
    assert len(tried) <= MAXIMUM_TRIALS


def test_diagnostics_that_were_cut_hide_others() -> None:
    cut = [diagnostic(1, 1, "a"), *[diagnostic(2, 6)] * 50]
    assert safe(confirm_safe(cut, Path("net.yaml"), lambda text: [diagnostic(2, 1)]))[0]


def test_what_another_file_says_is_left_as_it_is() -> None:
    diagnostics = [diagnostic(1, 1, "a")]
    assert safe(confirm_safe(diagnostics, Path("variant.yaml"), lambda text: [])) == [True]
