"""Tests the composer: what it accepts, what it rejects and where, and that no text crashes it."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.diagnostics import Code, Diagnostic, render
from archc.diagnostics.spans import Source, Span
from archc.driver.pipeline import Compiled, compile_spec
from archc.language.yaml import composer
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import List, Mapping, Node, Scalar
from archc.language.yaml.reading import read

GOOGLENET = Path(__file__).parents[3] / "specs" / "googlenet.yaml"


def composed(text: str) -> Mapping:
    document = compose(Source("spec.yaml", text))
    assert isinstance(document, Mapping), document
    return document


def refused(text: str) -> list[Diagnostic]:
    diagnostics = compose(Source("spec.yaml", text))
    assert isinstance(diagnostics, list)
    assert diagnostics
    return diagnostics


def value(text: str) -> Scalar:
    """Return the scalar of the text as the value of a key."""
    node = composed(f"key: {text}\n").get("key")
    assert isinstance(node, Scalar)
    return node


def place(span: Span) -> tuple[int, int, int, int]:
    return span.line, span.column, span.end_line, span.end_column


# Scalars mean what they look like.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0.3", 0.3),
        ("-0.5", -0.5),
        ("1e-05", 1e-05),
        ("2.5E3", 2500.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("3x3/2", "3x3/2"),
        ("2.7K", "2.7K"),
        ('"7"', "7"),
        ("'true'", "true"),
        ('"#3x3 reduce"', "#3x3 reduce"),
    ],
)
def test_scalars(text: str, expected: object) -> None:
    scalar = value(text)
    assert scalar.value == expected
    assert type(scalar.value) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("on", "off", "yes", "no", "True", "FALSE", "Null", "NULL"),
        *("017", "0o17", "0x1F", "0b11", "1_000", "1:30", "190:20:30", "00", "-01"),
        *("2014-09-17", "2014-09-17T12:00:00Z", ".5", "1.", ".inf", "-.INF", ".nan", "1e", "="),
        *("\u0663", "\uff11\uff12", "1\u0660"),
    ],
)
def test_what_yaml_would_make_of_other_words_is_left_alone(text: str) -> None:
    assert value(text).value == text


def test_a_scalar_knows_how_it_was_written() -> None:
    assert value("1e-05").text == "1e-05"
    assert value('"gr\\u00fcn"').text == "gr\u00fcn"


def test_an_integer_of_more_than_19_digits_is_refused_and_never_computed() -> None:
    assert value("9" * 19).value == int("9" * 19)
    (diagnostic,) = refused(f"key: {'9' * 20}\n")
    assert (diagnostic.code, place(diagnostic.span or fail())) == (Code.LIMIT, (1, 6, 1, 26))


def fail() -> Span:
    raise AssertionError("the diagnostic has no place")


# Every node has its place.


def test_spans_of_block_nodes_end_with_their_text() -> None:
    document = composed("a:\n  b: one\n  c:\n    - 1\n    - two words\n\n# a comment\n\nd: x\n")
    assert place(document.span) == (1, 1, 9, 5)
    a = document.get("a")
    assert isinstance(a, Mapping)
    assert place(a.span) == (2, 3, 5, 16)
    (b, c) = a.entries
    assert place(b.key.span) == (2, 3, 2, 4)
    assert place(b.value.span) == (2, 6, 2, 9)
    assert place(c.value.span) == (4, 5, 5, 16)
    assert isinstance(c.value, List)
    assert [place(item.span) for item in c.value.items] == [(4, 7, 4, 8), (5, 7, 5, 16)]


def test_spans_of_flow_nodes_hold_their_brackets() -> None:
    flow = composed('a: {Conv: 1x1, out: "#1x1"}\nb: [1,\n 2]\n')
    first, second = flow.entries
    assert place(first.value.span) == (1, 4, 1, 28)
    assert isinstance(first.value, Mapping)
    assert [place(entry.key.span) for entry in first.value.entries] == [
        (1, 5, 1, 9),
        (1, 16, 1, 19),
    ]
    assert place(first.value.entries[1].value.span) == (1, 21, 1, 27)
    assert place(second.value.span) == (2, 4, 3, 4)


def test_columns_count_code_points() -> None:
    (entry,) = composed('"größe \U0001d7db": x\n').entries
    assert place(entry.key.span) == (1, 1, 1, 10)
    assert place(entry.value.span) == (1, 12, 1, 13)


def test_line_ends_of_windows_change_no_place() -> None:
    text = "a: 1\nb:\n  c: {d: x}\n"
    there = composed(text.replace("\n", "\r\n"))
    assert there.get("a") is not None
    assert [place(span) for span in spans(there)] == [place(span) for span in spans(composed(text))]


def spans(node: Node) -> list[Span]:
    below: list[Node] = []
    if isinstance(node, List):
        below = list(node.items)
    elif isinstance(node, Mapping):
        below = [part for entry in node.entries for part in entry]
    return [node.span, *(span for part in below for span in spans(part))]


def test_an_empty_value_is_after_its_colon() -> None:
    (entry,) = composed("key:\n").entries
    assert place(entry.value.span) == (1, 5, 1, 5)


# YAML features that specs do not allow.


def test_a_duplicate_key_names_both_places() -> None:
    (diagnostic,) = refused("a: 1\nb: {c: 1, c: 2}\n")
    assert diagnostic.code is Code.DUPLICATE_KEY
    assert place(diagnostic.span or fail()) == (2, 11, 2, 12)
    assert [place(label.span) for label in diagnostic.labels] == [(2, 5, 2, 6)]


def test_everything_refused_is_found_in_one_go() -> None:
    diagnostics = refused(
        "a: &x 1\nb: *x\nc: !t 2\nd: {<<: {}}\ne: 1\ne: 2\n? [f]\n: 3\ng: [h: 1]\n"
    )
    assert [(f.code, f.span.line if f.span else 0) for f in diagnostics] == [
        (Code.UNSUPPORTED_YAML, 1),
        (Code.UNSUPPORTED_YAML, 2),
        (Code.UNSUPPORTED_YAML, 3),
        (Code.UNSUPPORTED_YAML, 4),
        (Code.DUPLICATE_KEY, 6),
        (Code.SYNTAX, 7),
        (Code.SYNTAX, 9),
    ]


@pytest.mark.parametrize(
    "character", "\0\a\x1b\x7f\x85\xa0\u200b\u202e\u2028\u2029\u3000\ufeff\ufffe\ud800"
)
def test_odd_characters_are_refused_at_their_place(character: str) -> None:
    (diagnostic,) = refused(f"a: 1\nb: x{character}y\n")
    assert place(diagnostic.span or fail()) == (2, 5, 2, 6)
    assert f"U+{ord(character):04X}" in diagnostic.message


def test_a_lone_carriage_return_is_refused() -> None:
    (diagnostic,) = refused("a: 1\rb: 2\n")
    assert place(diagnostic.span or fail()) == (1, 5, 1, 6)
    (diagnostic,) = refused("a: 1\r\r\nb: 2\r\n")
    assert place(diagnostic.span or fail()) == (1, 5, 1, 6)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "--- \n...\n"])
def test_an_empty_document(text: str) -> None:
    (diagnostic,) = refused(text)
    assert diagnostic.code is Code.SYNTAX
    assert diagnostic.hint is not None


def test_depth_is_limited_to_64() -> None:
    def nested(levels: int) -> str:
        return f"a: {'[' * levels}x{']' * levels}\n"

    # The mapping and the text inside are levels too.
    assert isinstance(compose(Source("spec.yaml", nested(composer.MAXIMUM_DEPTH - 2))), Mapping)
    (diagnostic,) = refused(nested(composer.MAXIMUM_DEPTH - 1))
    assert diagnostic.code is Code.LIMIT
    assert place(diagnostic.span or fail())[:2] == (1, 4 + composer.MAXIMUM_DEPTH - 1)


def test_reading_takes_the_digest_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"\xef\xbb\xbfarchc: 1\r\n")
    text = read(path, "shown.yaml")
    assert isinstance(text, Source)
    assert (text.name, text.line(1), text.line(2), text.line(99)) == (
        "shown.yaml",
        "archc: 1",
        "",
        "",
    )
    path.write_bytes(b"archc: 1\n")
    other = read(path)
    assert isinstance(other, Source)
    assert len({text.digest, other.digest}) == 2


# Hostile texts.


def merge_bomb() -> str:
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 12)]
    return "\n".join(lines)


def alias_bomb() -> str:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    return "\n".join(lines)


HOSTILE: dict[str, Callable[[], str]] = {
    "open brackets": lambda: "[" * 30_000,
    "open braces": lambda: "{" * 30_000,
    "open braces with keys": lambda: "{a: " * 30_000,
    "closed brackets": lambda: "a: " + "[" * 30_000 + "]" * 30_000,
    "nested blocks": lambda: "".join(f"{' ' * i}a:\n" for i in range(1_000)),
    "nested dashes": lambda: "- " * 30_000,
    "question marks": lambda: "? " * 30_000,
    "a merge bomb": merge_bomb,
    "an alias bomb": alias_bomb,
    "a long integer": lambda: "a: " + "9" * 900_000,
    "a long float": lambda: "a: 1." + "9" * 900_000,
    "a long exponent": lambda: "a: 1e" + "9" * 900_000,
    "a long key": lambda: "a" * 900_000 + ": 1",
    "a long line of colons": lambda: ":" * 900_000,
    "many keys": lambda: "\n".join(f"k{i}: {i}" for i in range(50_000)),
    "many duplicate keys": lambda: "a: 1\n" * 50_000,
    "many quotes": lambda: "'" * 900_000,
    "many tags": lambda: "!a " * 30_000,
    "a python tag": lambda: "a: !!python/object/apply:os.system [exit]",
    "a float tag": lambda: "a: !!float out",
    "many documents": lambda: "---\n" * 50_000,
    "many tabs": lambda: "\t" * 100_000,
    "directives": lambda: "%YAML 1.1\n%TAG ! tag:x,2000:\n---\na: 1",
    "a surrogate": lambda: "a: \ud800",
    "an escaped surrogate": lambda: 'a: "\\ud800"',
    "a code point that is none": lambda: 'a: "\\U00110000"',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_answered_quickly(name: str) -> None:
    text = HOSTILE[name]()
    start = time.perf_counter()
    result = compose(Source("spec.yaml", text))
    assert time.perf_counter() - start < 5
    if isinstance(result, list):
        for diagnostic in result[:100]:
            assert_within(diagnostic, Source("spec.yaml", text))


def assert_within(diagnostic: Diagnostic, text: Source) -> None:
    """Assert that the diagnostic's places are within the file, and that it can be rendered."""
    for span in (diagnostic.span, *(label.span for label in diagnostic.labels)):
        if span is None:
            continue
        assert span.source.name == text.name
        # A final line feed starts one more line.
        assert 1 <= span.line <= len(text.lines)
        assert 1 <= span.column <= len(text.line(span.line)) + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= len(text.lines)
        assert span.end_column <= len(text.line(span.end_line)) + 2
    assert diagnostic.message
    assert "Traceback" not in render(diagnostic)
    render(diagnostic).encode()


# Mutants of a real spec.


CHARACTERS = " \t\n\r:,[]{}#&*!|>'\"%@`-?~0123456789xKM/._aZé\u2028\x00=<+"
WORDS = [
    ": ",
    "- ",
    "{",
    "}",
    "null",
    "none",
    "true",
    "[[[",
    "1e9",
    "-1",
    "0",
    "3x3/2 same",
    "Conv",
]


def mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        lines = text.split("\n")
        line, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        at = chance.randrange(len(text))
        kind = chance.randrange(7)
        if kind == 0:
            text = text[:at] + text[at + chance.randint(1, 4) :]
        elif kind == 1:
            text = text[:at] + chance.choice(CHARACTERS) + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(CHARACTERS) + text[at + 1 :]
        elif kind == 3:
            text = text[:at] + chance.choice(WORDS) + text[at:]
        elif kind == 4:
            text = "\n".join(lines[:line] + lines[line + 1 :])
        elif kind == 5:
            text = "\n".join([*lines[:line], lines[other], *lines[line:]])
        else:
            lines[line], lines[other] = lines[other], lines[line]
            text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(8))
def test_no_mutant_makes_the_compiler_stumble(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    chance = random.Random(seed)
    original = GOOGLENET.read_text(encoding="utf-8")
    verdicts = {"faulty": 0, "good": 0}
    for _ in range(60):
        text = mutated(original, chance)
        Path("mutant.yaml").write_text(text, encoding="utf-8", newline="")
        result = compile_spec("mutant.yaml")
        good = isinstance(result, Compiled)
        diagnostics = result.conformance.diagnostics if isinstance(result, Compiled) else result
        verdicts["good" if good else "faulty"] += 1
        assert good or diagnostics
        for diagnostic in diagnostics:
            assert diagnostic.span is not None
            assert_within(diagnostic, Source("mutant.yaml", text))
    assert min(verdicts.values()) > 0
