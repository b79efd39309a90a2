"""The slip behind a syntax error: libyaml notices an open bracket or quote only lines later.

What stands here is asked once the text is known not to be YAML, and looks for what people get wrong
in specs: a quote, a bracket, a space or a dash that is lost, a line indented unlike its neighbours.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from archc.diagnostics import Hint, Replacement
from archc.diagnostics.spans import Source, Span

MAXIMUM_LENGTH = 20_000
"""Of longer texts no slip is looked for: people write none, and it would take long."""

_CLOSING = {"[": "]", "{": "}"}
# What starts a line of a block: a dash, or a key with its colon.
_ENTRY = re.compile(r"\s*(-\s|[^\s\[{,#][^:\[]*:(\s|$))")
_GLUED = re.compile(r"\s*(?:- )?([^\s:,\[\]{}\"'#][^\s:,\[\]\"'#]*):(?=[^\s/])\S+")
_BLOCK_TEXT = re.compile(r"(^|\s)[|>][-+0-9]*\s*(#.*)?$")
_FIRST = re.compile(r"\s*(?:- )?([\"'][^\"']*[\"']|[^\s:\[{]+(?: [^\s:\[{]+)*|\S)")


class Mistake(NamedTuple):
    """What is most likely wrong, where, and how to mend it."""

    message: str
    span: Span
    hint: Hint | None = None


class _Line(NamedTuple):
    """A line that says something: its number, how far it is indented, its text from there on."""

    number: int
    indent: int
    text: str

    @property
    def levels(self) -> tuple[int, ...]:
        """The indentations that may follow it; behind a dash there is one more."""
        return (self.indent, self.indent + 2) if self.text.startswith("- ") else (self.indent,)

    @property
    def has_value(self) -> bool:
        """Whether something stands behind its colon, so that nothing may be indented below."""
        return not re.search(r":\s*(#.*)?$", self.text)


def find_mistake(source: Source, line: int, column: int, problem: str) -> Mistake | None:
    """The slip that makes libyaml stop at this place; None where it is not plain."""
    if sum(map(len, source.lines)) > MAXIMUM_LENGTH:
        return None
    lines = list(_lines(source))
    if mistake := _in_characters(source, lines, line):
        return mistake
    at = next((i for i, other in enumerate(lines) if other.number == line), None)
    if at is None:
        return None
    if "expected ','" in problem:
        return _without_comma(source, line, column)
    if "mapping values" in problem and (mistake := _with_colon(source, lines[at], column)):
        return mistake
    layout = ("mapping values", "expected key", "expected '-'", "expected <document start>")
    return _in_indentation(source, lines, at) if any(p in problem for p in layout) else None


def _lines(source: Source) -> Iterator[_Line]:
    """The lines of the text without comments, blank ones, and those of block texts."""
    inside: int | None = None
    for number in range(1, len(source.lines) + 1):
        text = source.line(number)
        content = text.lstrip(" ")
        indent = len(text) - len(content)
        if not content.strip() or content.startswith("#"):
            continue
        if inside is not None and indent > inside:
            continue
        inside = indent if _BLOCK_TEXT.search(content) else None
        yield _Line(number, indent, content.rstrip())


# Characters.


def _in_characters(source: Source, lines: list[_Line], last: int) -> Mistake | None:
    """The first bracket, quote, colon or dash that is not as it should be, up to a line."""
    stack: list[Span] = []
    for position, line in enumerate(lines):
        if line.number > last:
            break
        following = lines[position + 1] if position + 1 < len(lines) else None
        if not stack:
            near = [*lines[max(0, position - 1) : position], *([following] if following else [])]
            mistake = _glued(source, line) or _without_colon(source, line)
            if mistake := mistake or _without_dash(source, line, near):
                return mistake
        if mistake := _in_line(source, line, stack, following):
            return mistake
    return None


def _glued(source: Source, line: _Line) -> Mistake | None:
    """``key:value``, which is one word."""
    match = _GLUED.match(line.text)
    if match is None:
        return None
    start, end = match.start(1), match.end()
    word = line.text[start:end]
    return _no_space(match[1], word[len(match[1]) + 1 :], _span(source, line, start, end))


def _without_colon(source: Source, line: _Line) -> Mistake | None:
    """``conv1 {Conv: 3x3}``, which lacks a colon."""
    match = re.match(r"(?:- )?([\w.]+) +[\[{]", line.text)
    if match is None:
        return None
    span = _span(source, line, match.start(1), match.end(1))
    hint = Replacement(f"{match[1]}:", f"write {match[1]}:", safe=True)
    return Mistake(f"a colon is missing behind {match[1]}", span, hint)


def _no_space(key: str, value: str, span: Span) -> Mistake:
    mended = f"{key}: {value}"
    hint = Replacement(mended, f"put a space behind the colon: {mended}", safe=True)
    return Mistake(f"{key} has no space behind its colon", span, hint)


def _without_dash(source: Source, line: _Line, near: list[_Line]) -> Mistake | None:
    """A mapping or a list in brackets among the items of a list, without their dash."""
    if line.text[0] not in "{[" or not any(
        other.text.startswith("- ") and other.indent < line.indent for other in near
    ):
        return None
    return _no_dash(source, line)


def _no_dash(source: Source, line: _Line) -> Mistake:
    hint = "put `- ` in front of it, as in front of the other items"
    return Mistake("an item of a list without its dash", _first(source, line), hint)


def _in_line(
    source: Source, line: _Line, stack: list[Span], following: _Line | None
) -> Mistake | None:
    """A quote or bracket that stays open; brackets that are open behind the line are in ``stack``.

    A bracket may be closed on a later line, as long as that one does not look like one of a block.
    """
    text, at = line.text, 0
    fresh = True  # whether a new value may start here, so that a quote is one
    while at < len(text):
        character = text[at]
        if character in "\"'" and fresh:
            end = _closing_quote(text, at)
            behind = text[end + 1 :].lstrip() if end else ""
            # In a block nothing but a comment may follow, or the colon of a key.
            if end and (not behind or behind[0] in (",]}:" if stack else ":#")):
                at, fresh = end, False
            elif end and stack and behind[0] in "\"'[{":
                start = text.index(behind, end)
                word = re.split(r"[,\]}]", behind)[0]
                return _no_comma(word, _span(source, line, start, start + len(word)))
            elif end or following is None or _ENTRY.match(following.text):
                hint = f"put {character} where the text ends"
                return Mistake("this quote is not closed", _span(source, line, at, at + 1), hint)
            else:
                return None
        elif character == "#" and (fresh or text[at - 1] == " "):
            if stack and text[at + 1 : at + 2].strip():
                word = re.split(r"[\"',\]}]|:( |$)", text[at:])[0].rstrip()
                message = "` #` starts a comment, within which the bracket is closed"
                end = at + len(word)
                end += text[end : end + 1] in ("'", '"')  # of two quotes one is there
                span = _span(source, line, at, end)
                quoted = f'"{word}"'
                words = f"write {quoted} with quotes"
                return Mistake(message, span, Replacement(quoted, words, safe=False))
            break
        elif character in _CLOSING and (fresh or stack):
            stack.append(_span(source, line, at, at + 1))
            fresh = True
        elif character in "]}" and stack:
            opening = stack.pop()
            if _CLOSING[_character(opening)] != character:
                return _open(opening)
            fresh = False
        elif character == ":" and stack and text[at + 1 : at + 2] in ("[", "{"):
            word = text[:at].split("{")[-1].split(",")[-1].strip()
            return _no_space(word, text[at + 1], _span(source, line, at - len(word), at + 2))
        elif character != " ":
            fresh = _starts_anew(text, at, bool(stack))
        at += 1
    ended = following is None or (text[-1] not in ",[{:" and _ENTRY.match(following.text))
    return _open(stack[-1]) if stack and ended else None


def _starts_anew(text: str, at: int, within: bool) -> bool:
    """Whether a value may start behind this character: a comma, a colon, a dash."""
    if text[at] == ",":
        return within
    return text[at] in ":-" and text[at + 1 : at + 2] in ("", " ") and (text[at] == ":" or at == 0)


def _closing_quote(text: str, start: int) -> int | None:
    """Where the text in quotes that starts here ends, on the same line."""
    pattern = r'"(?:[^"\\]|\\.)*"' if text[start] == '"' else r"'(?:[^']|'')*'"
    match = re.compile(pattern).match(text, start)
    return match.end() - 1 if match else None


def _open(bracket: Span) -> Mistake:
    character = _character(bracket)
    hint = f"put {_CLOSING[character]} where it ends"
    return Mistake(f"this {character} is not closed", bracket, hint)


def _character(span: Span) -> str:
    return span.source.line(span.line)[span.column - 1]


def _without_comma(source: Source, number: int, column: int) -> Mistake | None:
    """``{Conv: 3x3 out: 64}``: libyaml stops at the second colon."""
    before, _, word = source.line(number)[: column - 1].rpartition(" ")
    if not word or not before.strip() or "," in word:
        return None
    return _no_comma(word, Span(source, number, column - len(word), number, column))


def _no_comma(word: str, span: Span) -> Mistake:
    return Mistake(
        f"a comma is missing in front of {word}", span, f"put a comma in front of {word}"
    )


def _with_colon(source: Source, line: _Line, column: int) -> Mistake | None:
    """A value with ``: `` in it, which would be a second key on the line."""
    first = re.search(r":\s", line.text)
    if first is None or first.start() + line.indent + 1 >= column:
        return None
    span = Span(source, line.number, line.indent + first.end() + 1, line.number, column + 1)
    return Mistake("a value with a colon in it", span, "put quotes round text that holds `: `")


# Indentation.


def _in_indentation(source: Source, lines: list[_Line], at: int) -> Mistake | None:
    """The line whose indentation fits neither the lines above nor those below."""
    line = lines[at]
    if at == 0:
        return None
    before = lines[at - 1]
    if lines[0].indent > line.indent:
        return _unlike(source, lines[0], line.indent)
    if line.indent > before.indent and before.has_value:
        if line.indent in _levels_before(lines, at - 1):
            return _unlike(source, before, line.indent)
        is_item = line.text.startswith("- ")
        return _unlike(source, line, before.indent if is_item else before.levels[-1])
    above = max((i for i in range(at) if lines[i].indent < line.indent), default=None)
    if above is None:
        return None
    first = lines[above + 1]
    if first.indent == line.indent:
        return None
    behind = lines[at + 1] if at + 1 < len(lines) else None
    lost = line.text.startswith("- ") and not first.text.startswith("- ")
    if lost and first.indent == line.indent + 2:
        return _no_dash(source, first)
    if behind is not None and behind.indent == first.indent and line.has_value:
        return _unlike(source, line, first.indent)
    if line.indent % 2 > first.indent % 2:  # most specs are indented by two
        return _unlike(source, line, first.indent)
    if sum(other.indent == first.indent for other in lines[above + 1 : at]) == 1:
        return _unlike(source, first, line.indent)
    if line.indent in _levels_before(lines, above):
        return _unlike(source, lines[above], line.indent)
    message = "the lines below this one are indented in different ways"
    return Mistake(message, _first(source, lines[above]), "is the line that holds them missing?")


def _levels_before(lines: list[_Line], position: int) -> list[int]:
    """The indentations that are open just above a line."""
    levels: list[int] = []
    for line in lines[:position]:
        levels = [level for level in levels if level < line.indent]
        levels += line.levels
    return levels


def _unlike(source: Source, line: _Line, wanted: int) -> Mistake:
    spaces = "1 space" if wanted == 1 else f"{wanted} spaces"
    hint = f"indent it by {spaces}, as the lines around it" if wanted else "do not indent it"
    message = "this line is indented unlike those around it"
    return Mistake(message, _first(source, line), hint)


def _first(source: Source, line: _Line) -> Span:
    """The line's first word: most often its key."""
    match = _FIRST.match(line.text)
    start, end = (match.start(1), match.end(1)) if match else (0, 1)
    return _span(source, line, start, end)


def _span(source: Source, line: _Line, start: int, end: int) -> Span:
    column = line.indent + 1
    return Span(source, line.number, column + start, line.number, column + end)
