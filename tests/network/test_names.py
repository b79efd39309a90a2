"""Tests which words may be names in generated code, according to Python's own parser."""

import ast
import builtins
import keyword
import re

import pytest

from archc.diagnostics import Code
from archc.diagnostics.spans import Source, Span
from archc.language.fields.names import check_class, check_column, check_name
from archc.language.yaml.nodes import Scalar
from archc.network.names import KIND_PATTERN, identifier, is_kind, is_name

SPAN = Span(Source("net.yaml", ""), 0, 4, 1, 1)
FORTY = "a" * 40


def scalar(text: str) -> Scalar:
    return Scalar(text, text, SPAN)


def names_something(text: str) -> bool:
    """Whether Python's parser accepts the text as a name."""
    try:
        ast.parse(f"class {text}:\n    def {text}(self, {text}=0): self.{text} = {text}\n")
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize("text", ["a", "z", "A", "Z", "conv1", "a_b", "inception4a", "n9", FORTY])
def test_words_that_are_names(text: str) -> None:
    assert is_name(text) is True
    assert names_something(text)
    assert check_name(scalar(text), "a row") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1conv",
        "_conv",
        "a-b",
        "a.b",
        "a b",
        "a\n",
        "cönv",
        "\uff43\uff4f\uff4e\uff56",
        "#a",
        "@a",
        "[a",
        FORTY + "a",
    ],
)
def test_words_that_are_none(text: str) -> None:
    assert is_name(text) is False
    diagnostic = check_name(scalar(text), "a row")
    assert diagnostic is not None
    assert diagnostic.code is Code.INVALID_NAME
    assert diagnostic.span is SPAN
    assert diagnostic.message == f"{text!r} is not a valid name for a row"
    assert (
        diagnostic.hint == "use at most 40 letters, digits and underscores, starting with a letter"
    )


RESERVED = sorted({*keyword.kwlist, *keyword.softkwlist, *dir(builtins)})


@pytest.mark.parametrize("text", [*RESERVED, "self", "x", "classes", "none"])
def test_words_that_mean_something_already(text: str) -> None:
    assert is_name(text) is False
    diagnostic = check_name(scalar(text), "a row")
    assert diagnostic is not None
    assert diagnostic.message == f"{text!r} is not a valid name for a row"
    assert diagnostic.hint == f"{text} is reserved in Python or in specs: choose another name"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Conv", True), ("A", True), ("Z", True), ("ConV", True), ("conv", False), ("cONV", False)],
)
def test_a_kind_has_a_capital_first(text: str, kind: bool) -> None:
    assert is_kind(text) is kind
    assert bool(re.fullmatch(KIND_PATTERN, text)) is kind


def test_only_the_first_letter_makes_a_kind() -> None:
    # The rest is treated as a name: Aä is not a valid name, but is meant as a kind.
    assert is_kind("Aä") is True
    assert is_kind("") is False
    assert not re.fullmatch(KIND_PATTERN, "Aä")
    assert re.fullmatch(KIND_PATTERN, "A" * 40) and not re.fullmatch(KIND_PATTERN, "A" * 41)


@pytest.mark.parametrize("text", ["Äh", "\uff23onv", "1A", "_A", "#A"])
def test_a_capital_of_another_alphabet_is_no_kind(text: str) -> None:
    assert is_kind(text) is False


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("GoogLeNet", None),
        ("N", None),
        (
            "googlenet",
            "use at most 40 letters, digits and underscores, starting with a capital letter",
        ),
        (
            "My Net",
            "use at most 40 letters, digits and underscores, starting with a capital letter",
        ),
        ("True", "True is reserved in Python or in specs: choose another name"),
        ("ValueError", "ValueError is reserved in Python or in specs: choose another name"),
    ],
)
def test_names_of_classes(text: str, hint: str | None) -> None:
    diagnostic = check_class(scalar(text), "the network")
    assert (diagnostic.hint if diagnostic else None) == hint
    if diagnostic is not None:
        assert diagnostic.message == f"{text!r} is not a valid name for the network"
        assert (diagnostic.code, diagnostic.span) == (Code.INVALID_NAME, SPAN)


@pytest.mark.parametrize(
    ("column", "argument"),
    [
        ("#1x1", "n1x1"),
        ("#3x3 reduce", "n3x3_reduce"),
        ("pool proj", "pool_proj"),
        ("a  b", "a_b"),
        ("a_b", "a_b"),
        ("a__b", "a_b"),
        ("a b ", "a_b"),
        ("pool Proj", "pool_proj"),
        ("z9", "z9"),
        ("##", "nn"),
    ],
)
def test_a_column_becomes_an_argument(column: str, argument: str) -> None:
    assert identifier(column) == argument
    assert names_something(argument)
    assert check_column(scalar(column)) is None


WRITTEN = (
    "use at most 40 letters, digits, # and spaces, "
    "starting with a lowercase letter or #, as in #3x3 reduce"
)


@pytest.mark.parametrize(
    ("column", "hint"),
    [
        ("", WRITTEN),
        ("Width", WRITTEN),
        ("1x1", WRITTEN),
        (" a", WRITTEN),
        ("_a", WRITTEN),
        ("a-b", WRITTEN),
        ("a\n", WRITTEN),
        ("a" * 41, WRITTEN),
        ("ä", WRITTEN),
        ("class", "class is reserved in Python or in specs: choose another name"),
        ("class ", "class  is reserved in Python or in specs: choose another name"),
        ("x", "x is reserved in Python or in specs: choose another name"),
        ("self", "self is reserved in Python or in specs: choose another name"),
    ],
)
def test_what_cannot_head_a_column(column: str, hint: str) -> None:
    diagnostic = check_column(scalar(column))
    assert diagnostic is not None
    assert (diagnostic.code, diagnostic.span) == (Code.INVALID_NAME, SPAN)
    assert diagnostic.message == f"{column!r} is not a valid name for a column"
    assert diagnostic.hint == hint


def test_a_column_has_at_most_forty_characters() -> None:
    assert check_column(scalar("#" + "a" * 39)) is None
    assert check_column(scalar("#" + "a" * 40)) is not None
