"""Find the typing mistake behind a YAML syntax error.

libyaml notices an unclosed bracket or quote only lines later. Once it has rejected a text, this
module looks for the mistakes that people make in specs: a missing quote, bracket, space or dash, or
a line with the wrong indentation.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from archc.diagnostics import Hint, Replacement
from archc.diagnostics.spans import Source, Span
from archc.diagnostics.wording import counted

MAXIMUM_LENGTH = 20_000
"""The longest text to search, in characters. Hand-written specs are shorter."""

_CLOSING = {"[": "]", "{": "}"}
# The start of a line in a block: a dash, or a key with its colon.
_ENTRY = re.compile(r"\s*(-\s|[^\s\[{,#][^:\[]*:(\s|$))")
_NO_SPACE = re.compile(r"\s*(?:- )?([^\s:,\[\]{}\"'#][^\s:,\[\]\"'#]*):(?=[^\s/])\S+")
_BLOCK_TEXT = re.compile(r"(^|\s)[|>][-+0-9]*\s*(#.*)?$")
_FIRST_WORD = re.compile(r"\s*(?:- )?([\"'][^\"']*[\"']|[^\s:\[{]+(?: [^\s:\[{]+)*|\S)")


class Mistake(NamedTuple):
    """The most likely mistake, its place and a hint."""

    message: str
    span: Span
    hint: Hint | None = None


class _Line(NamedTuple):
    """A line that is neither blank nor a comment; ``text`` is without the indentation."""

    number: int
    indent: int
    text: str

    @property
    def levels(self) -> tuple[int, ...]:
        """The indentations that may follow this line. A dash allows one more."""
        return (self.indent, self.indent + 2) if self.text.startswith("- ") else (self.indent,)

    @property
    def has_value(self) -> bool:
        """Whether the line ends with a value, so that no line may be indented below it."""
        return not re.search(r":\s*(#.*)?$", self.text)


def find_mistake(source: Source, line: int, column: int, problem: str) -> Mistake | None:
    """Return the mistake that makes libyaml stop at this place, or None if it is unclear."""
    if sum(map(len, source.lines)) > MAXIMUM_LENGTH:
        return None
    lines = list(_lines(source))
    if mistake := _character_mistake(source, lines, line):
        return mistake
    at = next((i for i, other in enumerate(lines) if other.number == line), None)
    if at is None:
        return None
    if "expected ','" in problem:
        return _without_comma(source, line, column)
    if "mapping values" in problem and (mistake := _with_colon(source, lines[at], column)):
        return mistake
    layout = ("mapping values", "expected key", "expected '-'", "expected <document start>")
    return _indentation_mistake(source, lines, at) if any(p in problem for p in layout) else None


def _lines(source: Source) -> Iterator[_Line]:
    """Yield the lines, except comments, blank lines and the lines of block scalars."""
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


def _character_mistake(source: Source, lines: list[_Line], last: int) -> Mistake | None:
    """Return the first mistake in brackets, quotes, colons or dashes, up to line ``last``."""
    stack: list[Span] = []
    for position, line in enumerate(lines):
        if line.number > last:
            break
        following = lines[position + 1] if position + 1 < len(lines) else None
        if not stack:
            near = [*lines[max(0, position - 1) : position], *([following] if following else [])]
            mistake = _without_space(source, line) or _without_colon(source, line)
            if mistake := mistake or _without_dash(source, line, near):
                return mistake
        if mistake := _line_mistake(source, line, stack, following):
            return mistake
    return None


def _without_space(source: Source, line: _Line) -> Mistake | None:
    """Find ``key:value``, which YAML reads as one word."""
    match = _NO_SPACE.match(line.text)
    if match is None:
        return None
    start, end = match.start(1), match.end()
    word = line.text[start:end]
    return _no_space(match[1], word[len(match[1]) + 1 :], _span(source, line, start, end))


def _without_colon(source: Source, line: _Line) -> Mistake | None:
    """Find ``conv1 {Conv: 3x3}``, which needs a colon after its name."""
    match = re.match(r"(?:- )?([\w.]+) +[\[{]", line.text)
    if match is None:
        return None
    span = _span(source, line, match.start(1), match.end(1))
    hint = Replacement(f"{match[1]}:", f"write {match[1]}:", safe=True)
    return Mistake(f"missing colon after {match[1]}", span, hint)


def _no_space(key: str, value: str, span: Span) -> Mistake:
    fixed = f"{key}: {value}"
    hint = Replacement(fixed, f"write {fixed}", safe=True)
    return Mistake(f"missing space after the colon of {key}", span, hint)


def _without_dash(source: Source, line: _Line, near: list[_Line]) -> Mistake | None:
    """Find a mapping or list in brackets between list items, without a dash."""
    if line.text[0] not in "{[" or not any(
        other.text.startswith("- ") and other.indent < line.indent for other in near
    ):
        return None
    return _no_dash(source, line)


def _no_dash(source: Source, line: _Line) -> Mistake:
    hint = "put `- ` before it, as before the other items"
    return Mistake("missing dash before an item of a list", _first_word(source, line), hint)


def _line_mistake(
    source: Source, line: _Line, stack: list[Span], following: _Line | None
) -> Mistake | None:
    """Find an unclosed quote or bracket. ``stack`` holds the brackets that are open.

    A bracket may be closed on a later line, unless that line looks like an entry of a block.
    """
    text, at = line.text, 0
    fresh = True  # whether a value may start here, so that a quote opens a quoted text
    while at < len(text):
        character = text[at]
        if character in "\"'" and fresh:
            end = _closing_quote(text, at)
            rest = text[end + 1 :].lstrip() if end else ""
            # In a block, only a comment or the colon of a key may follow a quoted text.
            if end and (not rest or rest[0] in (",]}:" if stack else ":#")):
                at, fresh = end, False
            elif end and stack and rest[0] in "\"'[{":
                start = text.index(rest, end)
                word = re.split(r"[,\]}]", rest)[0]
                return _no_comma(word, _span(source, line, start, start + len(word)))
            elif end or following is None or _ENTRY.match(following.text):
                hint = f"put {character} at the end of the text"
                return Mistake("unclosed quote", _span(source, line, at, at + 1), hint)
            else:
                return None
        elif character == "#" and (fresh or text[at - 1] == " "):
            if stack and text[at + 1 : at + 2].strip():
                word = re.split(r"[\"',\]}]|:( |$)", text[at:])[0].rstrip()
                message = "` #` starts a comment that hides the closing bracket"
                end = at + len(word)
                end += text[end : end + 1] in ("'", '"')  # include a quote that is already there
                span = _span(source, line, at, end)
                quoted = f'"{word}"'
                replacement = Replacement(quoted, f"put it in quotes: {quoted}", safe=False)
                return Mistake(message, span, replacement)
            break
        elif character in _CLOSING and (fresh or stack):
            stack.append(_span(source, line, at, at + 1))
            fresh = True
        elif character in "]}" and stack:
            opening = stack.pop()
            if _CLOSING[_character(opening)] != character:
                return _unclosed(opening)
            fresh = False
        elif character == ":" and stack and text[at + 1 : at + 2] in ("[", "{"):
            word = text[:at].split("{")[-1].split(",")[-1].strip()
            return _no_space(word, text[at + 1], _span(source, line, at - len(word), at + 2))
        elif character != " ":
            fresh = _precedes_value(text, at, bool(stack))
        at += 1
    ended = following is None or (text[-1] not in ",[{:" and _ENTRY.match(following.text))
    return _unclosed(stack[-1]) if stack and ended else None


def _precedes_value(text: str, at: int, within: bool) -> bool:
    """Whether a value may start after this character: a comma, a colon or a dash."""
    if text[at] == ",":
        return within
    return text[at] in ":-" and text[at + 1 : at + 2] in ("", " ") and (text[at] == ":" or at == 0)


def _closing_quote(text: str, start: int) -> int | None:
    """Return the index of the quote that closes the one at ``start``, or None."""
    pattern = r'"(?:[^"\\]|\\.)*"' if text[start] == '"' else r"'(?:[^']|'')*'"
    match = re.compile(pattern).match(text, start)
    return match.end() - 1 if match else None


def _unclosed(bracket: Span) -> Mistake:
    character = _character(bracket)
    return Mistake(f"unclosed {character}", bracket, f"add the closing {_CLOSING[character]}")


def _character(span: Span) -> str:
    return span.source.line(span.line)[span.column - 1]


def _without_comma(source: Source, number: int, column: int) -> Mistake | None:
    """Find the missing comma in ``{Conv: 3x3 out: 64}``: libyaml stops at the second colon."""
    before, _, word = source.line(number)[: column - 1].rpartition(" ")
    if not word or not before.strip() or "," in word:
        return None
    return _no_comma(word, Span(source, number, column - len(word), number, column))


def _no_comma(word: str, span: Span) -> Mistake:
    return Mistake(f"missing comma before {word}", span, f"put a comma before {word}")


def _with_colon(source: Source, line: _Line, column: int) -> Mistake | None:
    """Find a value that contains ``: ``, which YAML reads as a second key on the line."""
    first = re.search(r":\s", line.text)
    if first is None or first.start() + line.indent + 1 >= column:
        return None
    span = Span(source, line.number, line.indent + first.end() + 1, line.number, column + 1)
    return Mistake("unquoted colon in a value", span, "quote text that contains `: `")


# Indentation.


def _indentation_mistake(source: Source, lines: list[_Line], at: int) -> Mistake | None:
    """Find the line whose indentation matches neither the lines above nor those below."""
    line = lines[at]
    if at == 0:
        return None
    before = lines[at - 1]
    if lines[0].indent > line.indent:
        return _misindented(source, lines[0], line.indent)
    if line.indent > before.indent and before.has_value:
        if line.indent in _open_levels(lines, at - 1):
            return _misindented(source, before, line.indent)
        is_item = line.text.startswith("- ")
        return _misindented(source, line, before.indent if is_item else before.levels[-1])
    above = max((i for i in range(at) if lines[i].indent < line.indent), default=None)
    if above is None:
        return None
    first = lines[above + 1]
    if first.indent == line.indent:
        return None
    following = lines[at + 1] if at + 1 < len(lines) else None
    lost_dash = line.text.startswith("- ") and not first.text.startswith("- ")
    if lost_dash and first.indent == line.indent + 2:
        return _no_dash(source, first)
    if following is not None and following.indent == first.indent and line.has_value:
        return _misindented(source, line, first.indent)
    if line.indent % 2 > first.indent % 2:  # most specs are indented by two
        return _misindented(source, line, first.indent)
    if sum(other.indent == first.indent for other in lines[above + 1 : at]) == 1:
        return _misindented(source, first, line.indent)
    if line.indent in _open_levels(lines, above):
        return _misindented(source, lines[above], line.indent)
    message = "inconsistent indentation below this line"
    return Mistake(message, _first_word(source, lines[above]), "is a key missing above them?")


def _open_levels(lines: list[_Line], position: int) -> list[int]:
    """Return the indentations that may continue at the line of that position."""
    levels: list[int] = []
    for line in lines[:position]:
        levels = [level for level in levels if level < line.indent]
        levels += line.levels
    return levels


def _misindented(source: Source, line: _Line, wanted: int) -> Mistake:
    spaces = counted(wanted, "space")
    hint = f"indent it by {spaces}, like the lines around it" if wanted else "do not indent it"
    return Mistake("inconsistent indentation", _first_word(source, line), hint)


def _first_word(source: Source, line: _Line) -> Span:
    """Return the span of the line's first word, usually its key."""
    match = _FIRST_WORD.match(line.text)
    start, end = (match.start(1), match.end(1)) if match else (0, 1)
    return _span(source, line, start, end)


def _span(source: Source, line: _Line, start: int, end: int) -> Span:
    column = line.indent + 1
    return Span(source, line.number, column + start, line.number, column + end)
