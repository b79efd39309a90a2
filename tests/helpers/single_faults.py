"""Specs with one typing mistake each, and where it must be reported.

A function for each kind of fault returns all mutants of that kind for a spec. The expected place
depends only on the original spec and the mistake, never on archc's answer:

- The right place is the changed token. If a character is missing (a bracket, a quote, a comma, a
  space, a dash), it is the text that now reads wrongly: from the previous token to the next one, or
  the bracket or quote that stays open.
- A misspelt definition is a valid name, so every reference to the original name is right, too.
- A changed number is wrong only by its consequences: the printed cells and errata of its rows, or
  of the next row with a printed cell, and the budget. The layer that holds the number may be a
  further place of the diagnostic. A printed cell and its erratum belong together.
- A deleted line may be reported at its place (the line there now and the previous one), at the keys
  that it belonged to, at references to and from it, and at its consequences: the printed cells of
  its row and of the next one, the budget, and the results of checkpoint keys. All of these may also
  be further places. The same holds for a line with another indentation, and for one that lost its
  dash, for which the line itself is right, too.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import NamedTuple

from spec_tokens import SECTIONS, Role, Spec, Token

Place = tuple[int, int]
"""A range in a text, as offsets."""


class Fault(NamedTuple):
    """A mutant: its text, and where the fault must be reported.

    A diagnostic is at the right token if its place is one of ``places``, or starts within one of
    the ``holes``. ``causes`` are right as a further place of the diagnostic. The hint must name one
    of ``words``, which is empty if the fault is not a typo. ``original`` is the original text.
    """

    kind: str
    spec: str
    text: str
    places: frozenset[Place]
    holes: tuple[Place, ...] = ()
    causes: frozenset[Place] = frozenset()
    words: tuple[str, ...] = ()
    original: str = ""


class Edit(NamedTuple):
    """Replaces the text from ``start`` to ``end`` by ``instead``."""

    start: int
    end: int
    instead: str

    def text(self, text: str) -> str:
        return text[: self.start] + self.instead + text[self.end :]

    def moved(self, place: Place) -> Place:
        """Return a token's place after the edit; a token that contains the edit grows with it."""
        growth = len(self.instead) - (self.end - self.start)
        start, end = place
        return start + growth * (start >= self.end), end + growth * (end >= self.end)


def fault(
    kind: str,
    spec: Spec,
    edit: Edit,
    places: Iterable[Place],
    holes: Iterable[Place] = (),
    causes: Iterable[Place] = (),
    words: tuple[str, ...] = (),
    original: str = "",
) -> Fault:
    """Return the mutant of an edit; places refer to the original text."""
    return Fault(
        kind,
        spec.name,
        edit.text(spec.text),
        frozenset(map(edit.moved, places)),
        tuple(map(edit.moved, holes)),
        frozenset(map(edit.moved, causes)),
        words,
        original,
    )


# Typos.


def misspelt(word: str, chance: Random) -> str:
    """Yield the word with a letter dropped, doubled, replaced, swapped or in the other case."""
    # The x of 3x3 is not a letter of a word, nor is the text in a placeholder's braces.
    hidden = re.sub(r"(?<=\d)x(?=\d)|\{\w+\}", lambda match: "-" * len(match[0]), word)
    letters = [i for i, letter in enumerate(hidden) if letter.isalpha()]
    if not letters:
        return word
    at = chance.choice(letters)
    letter = word[at]
    mistake = chance.choice(("dropped", "doubled", "replaced", "swapped", "case"))
    if mistake == "dropped":
        return word[:at] + word[at + 1 :]
    if mistake == "doubled":
        return word[:at] + letter + word[at:]
    if mistake == "swapped" and at + 1 in letters:
        return word[:at] + word[at + 1] + letter + word[at + 2 :]
    if mistake == "case":
        return word[:at] + letter.swapcase() + word[at + 1 :]
    other = chance.choice("abcdefghijklmnopqrstuvwxyz")
    return word[:at] + (other.upper() if letter.isupper() else other) + word[at + 1 :]


def typos(kind: str, role: Role, keys: bool | None = None) -> Callable[..., Iterator[Fault]]:
    """Return a function that makes typos in tokens of a role, optionally in keys or values only."""

    def make(spec: Spec, chance: Random) -> Iterator[Fault]:
        for token in spec.tokens:
            if token.role != role or keys not in (None, token.is_key):
                continue
            written = spec.text[token.start : token.end]
            wrong = misspelt(written, chance)
            if wrong == written:
                continue
            edit = Edit(token.start, token.end, wrong)
            places = [(token.start, token.end)]
            words: tuple[str, ...] = (token.text,)
            if role == "name":
                places += references(spec, token)
                words = (token.text, wrong.strip("\"'"))
            yield fault(kind, spec, edit, places, words=words, original=token.text)

    return make


def misspelt_modes(spec: Spec, chance: Random) -> Iterator[Fault]:
    """``same`` and ``valid`` after a window are words in a token with a number."""
    for token in spec.tokens:
        if token.role == "number" and token.text.endswith((" same", " valid")):
            wrong = misspelt(token.text, chance)
            edit = Edit(token.start, token.end, wrong)
            if wrong != token.text:
                place = token.start, token.end
                words = (token.text,)
                yield fault("typo in a word", spec, edit, [place], words=words, original=token.text)


def references(spec: Spec, name: Token) -> list[Place]:
    """Return the places where the spec refers to a name that it defines."""
    return [
        (token.start, token.end)
        for token in spec.tokens
        if token.role in ("reference", "kind")
        and (token.text == name.text or name.text in re.split(r"\.|\{\w+\}", token.text))
    ]


# Values.


def wrong_types(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Replace a number or a word by a word, a quoted number, a list, nothing or a boolean."""
    for token in spec.tokens:
        if token.is_key or token.role not in ("number", "word") or token.text == "none":
            continue
        written = spec.text[token.start : token.end]
        others = ["several", f"[{written}]", "", "null", "true", '""', "{a: b}"]
        if token.role == "word":
            others.append("7")
        if not written.startswith('"'):
            others.append(f'"{written}"')
        instead = chance.choice(others)
        if instead == written:
            continue
        edit = Edit(token.start, token.end, instead)
        holes = [] if instead else [hole(spec.text, token.start, token.end)]
        places = [(token.start, token.end)]
        if token.path[:2] == ("table", "rows"):
            places += consequences(spec, token.path)
        yield fault("wrong type", spec, edit, places, holes)


def changed_numbers(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Change one digit: in a cell, a window, a number of filters, a printed cell."""
    for token in spec.tokens:
        if token.is_key or token.role != "number":
            continue
        digits = [match.start() for match in re.finditer(r"\d", token.text)]
        at = token.start + chance.choice(digits)
        if spec.text[token.start] == '"':
            at += 1
        edit = Edit(at, at + 1, chance.choice("123456789".replace(spec.text[at], "")))
        places = [(token.start, token.end), *consequences(spec, token.path)]
        causes = [*layers_of(spec, token), *places]
        yield fault("number changed", spec, edit, places, causes=causes)


def layers_of(spec: Spec, token: Token) -> list[Place]:
    """Return the kinds of the token's layer, and of the rows that use its module."""
    places: list[Place] = []
    for depth in range(len(token.path) - 1, 0, -1):
        above = token.path[:depth]
        places = [
            (kind.start, kind.end)
            for kind in spec.tokens
            if kind.role == "kind" and above in (kind.path, kind.path[:-1])
        ]
        if places:
            break
    if token.path[0] == "modules":
        modules = callers(spec, str(token.path[1]))
        places += [
            (kind.start, kind.end)
            for kind in spec.tokens
            if kind.path[0] in SECTIONS and kind.text in modules
        ]
    return places


def consequences(spec: Spec, path: tuple[str | int, ...]) -> list[Place]:
    """Return the printed cells and errata that depend on ``path``, and the budget."""
    head = str(path[0])
    if head == "table" and len(path) > 2 and path[1] in ("rows", "errata"):
        row = str(path[2]) if path[1] == "rows" else str(path[2]).rpartition(".")[0]
        return printed(spec, lambda name: name == row)
    if head not in (*SECTIONS, "modules") or len(path) == 1:
        counted = ("defaults", "input", "classes", "table", "width", "parameters", "modules")
        whole = head in (*SECTIONS, *counted)
        return [*printed(spec, lambda name: whole), *budget(spec), *checkpoints(spec)]
    rows = {str(path[1])} if head in SECTIONS else rows_with(spec, str(path[1]))
    rows |= {following for row in rows if (following := next_printed(spec, row))}
    return [*printed(spec, lambda name: name.partition(".")[0] in rows), *budget(spec)]


def budget(spec: Spec) -> list[Place]:
    """Return the budget's entries."""
    lines = [token for token in spec.tokens if token.path[0] == "budget" and not token.is_key]
    return [(token.start, token.end) for token in lines]


def checkpoints(spec: Spec) -> list[Place]:
    """Return the right-hand sides of checkpoint mappings."""
    ours = [token for token in spec.tokens if token.path[0] == "checkpoints" and not token.is_key]
    return [(token.start, token.end) for token in ours if token.role == "reference"]


def printed(spec: Spec, concerns: Callable[[str], bool]) -> list[Place]:
    """Return the printed cells of the rows, and their errata."""
    places = []
    for token in spec.tokens:
        if token.path[0] != "table" or len(token.path) < 3:
            continue
        section, name = str(token.path[1]), str(token.path[2])
        row = name if section == "rows" else name.rpartition(".")[0]
        is_cell = section == "rows" and not token.is_key
        is_erratum = section == "errata" and token.path[-1] in ("computed", name)
        if (is_cell or is_erratum) and concerns(row):
            places.append((token.start, token.end))
    return places


def next_printed(spec: Spec, row: str) -> str | None:
    """Return the next row with a printed cell."""
    rows = [
        str(token.path[1])
        for section in SECTIONS
        for token in spec.tokens
        if token.is_key and len(token.path) == 2 and token.path[0] == section and section != "aux"
    ]
    in_table = {
        str(t.path[2]).partition(".")[0]
        for t in spec.tokens
        if t.path[1:2] == ("rows",) and len(t.path) > 2
    }
    if row not in rows:
        return None
    behind = [name for name in rows[rows.index(row) + 1 :] if name in in_table]
    return behind[0] if behind else None


def callers(spec: Spec, module: str) -> set[str]:
    """Return the module and all modules that call or extend it, directly or not."""
    modules = {module}
    while True:
        more = {
            str(token.path[1])
            for token in spec.tokens
            if token.path[0] == "modules" and len(token.path) > 2 and token.text in modules
        }
        if more <= modules:
            return modules
        modules |= more


def rows_with(spec: Spec, module: str) -> set[str]:
    """Return the rows that contain layers of the module."""
    modules = callers(spec, module)
    return {
        str(token.path[1])
        for token in spec.tokens
        if token.path[0] in SECTIONS and len(token.path) > 1 and token.text in modules
    }


# Lines.


def deleted_lines(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Delete a line."""
    for start, end in lines_of(spec.text):
        gone = [token for token in spec.tokens if start <= token.start < end]
        rest = spec._replace(tokens=tuple(t for t in spec.tokens if t not in gone))
        places = around(rest, start, gone)
        holes = neighbours(spec.text, start)
        yield fault("line deleted", spec, Edit(start, end, ""), places, holes, places)


def changed_indentations(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Indent a line one or two spaces more or less."""
    for start, end in lines_of(spec.text):
        line = spec.text[start:end]
        indent = len(line) - len(line.lstrip(" "))
        by = chance.choice([-2, -1, 1, 2])
        if indent + by < 0:
            continue
        edit = Edit(start, start + indent, " " * (indent + by))
        there = [token for token in spec.tokens if start <= token.start < end]
        places = [*around(spec, start, there), *((t.start, t.end) for t in there)]
        holes = [(start + indent, end - 1), *neighbours(spec.text, start)]
        yield fault("indentation", spec, edit, places, holes, places)


def neighbours(text: str, start: int) -> list[Place]:
    """Return the first words of the lines before and after the one that starts here."""
    lines = list(lines_of(text))
    at = next(i for i, line in enumerate(lines) if line[0] == start)
    near = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
    begins = []
    for first, end in near:
        line = text[first:end]
        begin = first + len(line) - len(line.lstrip(" "))
        begins.append((begin, begin + 2 * line.lstrip().startswith("- ")))
    return begins


def around(spec: Spec, start: int, there: list[Token]) -> list[Place]:
    """Return the context of a line that starts here: the tokens before and after, the keys above,
    its references, and the cells that depend on it.
    """
    before = [token for token in spec.tokens if token.start < start]
    behind = [token for token in spec.tokens if token.start >= start and token not in there]
    near = [token for token in before if on_one_line(spec, token, before[-1])]
    near += [token for token in behind if on_one_line(spec, token, behind[0])]
    paths = [token.path for token in [*there[:1], *near[:1], *behind[:1]]]
    above = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    near += [token for token in spec.tokens if token.is_key and token.path in above]
    places = [(token.start, token.end) for token in [spec.tokens[0], *near]]
    for token in there:
        if token.is_key or token.role == "name":
            places += references(spec, token)
        if token.role == "reference":
            names = [name for name in spec.tokens if name.role == "name"]
            places += [(name.start, name.end) for name in names if name.text == token.text]
    for token in [*there[:1], *behind[:1]]:
        places += consequences(spec, token.path)
    return places


def on_one_line(spec: Spec, one: Token, other: Token) -> bool:
    return spec.line_of(one.start) == spec.line_of(other.start)


def lines_of(text: str) -> Iterator[Place]:
    """Yield the lines with content, including their line ends."""
    start = 0
    for line in text.split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            yield start, start + len(line) + 1
        start += len(line) + 1


# Characters that hold a spec together.


def lost_brackets(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Drop a closing bracket or brace; among adjacent ones it is unknown which."""
    for _, end in spec.brackets:
        closing = re.compile(r"[]} ]*").match(spec.text, end)
        assert closing is not None
        first = len(spec.text[:end].rstrip("]} "))
        together = [start for start, close in spec.brackets if first < close <= closing.end()]
        places = [(start, start + 1) for start in together]
        gap = hole(spec.text, end - 1, closing.end())
        yield fault("bracket lost", spec, Edit(end - 1, end, ""), places, [gap])


def lost_quotes(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Drop the quote before or after a text."""
    for token in spec.tokens:
        if spec.text[token.start] in "\"'" and token.end - token.start > 2:
            at = chance.choice([token.start, token.end - 1])
            yield fault("quote lost", spec, Edit(at, at + 1, ""), [], [(token.start, token.end)])


def lost_colon_spaces(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Write ``key:value``, which YAML reads as one word."""
    for token in spec.tokens:
        behind = re.compile(r": +(?=[^ #\n])").match(spec.text, token.end)
        if token.is_key and behind:
            edit = Edit(behind.start() + 1, behind.end(), "")
            yield fault("colon's space lost", spec, edit, [], [(token.start, behind.end())])


def lost_commas(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Drop a comma between two items or fields."""
    for first, second in zip(spec.tokens, spec.tokens[1:], strict=False):
        between = spec.text[first.end : second.start]
        if between.count(",") == 1 and "#" not in between and "\n" not in between:
            at = first.end + between.index(",")
            edit = Edit(at, at + 1, "")
            yield fault("comma lost", spec, edit, [], [(first.start, second.end)])


def lost_dashes(spec: Spec, chance: Random) -> Iterator[Fault]:
    """Drop the dash of a list's item; items that merge change their rows."""
    for match in re.finditer(r"^ *(- )", spec.text, re.MULTILINE):
        edit = Edit(match.start(1), match.end(1), "  ")
        end = spec.text.index("\n", match.end())
        tokens = [token for token in spec.tokens if token.start < end]
        holes = [(match.start(1), end)]
        earlier = [token for token in tokens if token.start < match.start()]
        holes += [(token.start, token.end) for token in earlier[-1:]]
        places = consequences(spec, tokens[-1].path)
        causes = [*layers_of(spec, tokens[-1]), *places]
        yield fault("dash lost", spec, edit, places, holes, causes)


def hole(text: str, start: int, end: int) -> Place:
    """Return the range between the previous and the next token."""
    behind = len(text[end:]) - len(text[end:].lstrip(" \n"))
    return len(text[:start].rstrip(" \n")), end + behind


KINDS: dict[Callable[[Spec, Random], Iterator[Fault]], int] = {
    typos("typo in a key", "key"): 200,
    typos("typo in a kind", "kind"): 160,
    typos("typo in a reference", "reference"): 160,
    typos("typo in a name", "name"): 80,
    typos("typo in a word", "word"): 80,
    misspelt_modes: 20,
    wrong_types: 160,
    changed_numbers: 240,
    deleted_lines: 160,
    changed_indentations: 160,
    lost_brackets: 80,
    lost_quotes: 60,
    lost_colon_spaces: 80,
    lost_commas: 80,
    lost_dashes: 20,
}
"""The largest number of mutants in which each kind of fault has a share."""


def single_faults(specs: list[Spec], seed: int) -> Iterator[Fault]:
    """Return the mutants of all specs, if possible equally many of each kind from each spec."""
    for position, (make, share) in enumerate(KINDS.items()):
        chance = Random(f"{seed} {position}")
        candidates = [list(make(spec, chance)) for spec in specs]
        for faults in candidates:
            chance.shuffle(faults)
        turns = [
            one for turn in range(share) for faults in candidates for one in faults[turn : turn + 1]
        ]
        yield from turns[:share]
