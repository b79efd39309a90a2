"""Missing or misplaced brackets, quotes, colons, commas and dashes."""

import re

from archc.diagnostics import Replacement
from archc.diagnostics.spans import Source, Span
from archc.language.yaml.mistakes.lines import Line, Mistake, missing_dash

_CLOSING = {"[": "]", "{": "}"}
# The start of a line in a block: a dash, or a key with its colon.
_ENTRY = re.compile(r"\s*(-\s|[^\s\[{,#][^:\[]*:(\s|$))")
_NO_SPACE = re.compile(r"\s*(?:- )?([^\s:,\[\]{}\"'#][^\s:,\[\]\"'#]*):(?=[^\s/])\S+")


def find_character_mistake(lines: list[Line], last: int) -> Mistake | None:
    """Return the first mistake in the lines up to the number ``last``."""
    brackets: list[Span] = []
    for position, line in enumerate(lines):
        if line.number > last:
            break
        following = lines[position + 1] if position + 1 < len(lines) else None
        if not brackets:
            near = [*lines[max(0, position - 1) : position], *([following] if following else [])]
            mistake = _find_missing_space(line) or _find_missing_colon(line)
            if mistake := mistake or _find_missing_dash(line, near):
                return mistake
        if mistake := _find_in_line(line, brackets, following):
            return mistake
    return None


def find_missing_comma(source: Source, number: int, column: int) -> Mistake | None:
    """Find the missing comma in ``{Conv: 3x3 out: 64}``: libyaml stops at the second colon."""
    before, _, word = source.line(number)[: column - 1].rpartition(" ")
    if not word or not before.strip() or "," in word:
        return None
    return _missing_comma(word, Span(source, number, column - len(word), number, column))


def find_unquoted_colon(line: Line, column: int) -> Mistake | None:
    """Find a value that contains ``: ``, which YAML reads as a second key on the line."""
    first = re.search(r":\s", line.text)
    if first is None or first.start() + line.indent + 1 >= column:
        return None
    span = line.span(first.end(), column - line.indent)
    return Mistake("unquoted colon in a value", span, "quote text that contains `: `")


def _find_missing_space(line: Line) -> Mistake | None:
    """Find ``key:value``, which YAML reads as one word."""
    match = _NO_SPACE.match(line.text)
    if match is None:
        return None
    start, end = match.start(1), match.end()
    value = line.text[start + len(match[1]) + 1 : end]
    return _missing_space(match[1], value, line.span(start, end))


def _find_missing_colon(line: Line) -> Mistake | None:
    """Find ``conv1 {Conv: 3x3}``, which needs a colon after its name."""
    match = re.match(r"(?:- )?([\w.]+) +[\[{]", line.text)
    if match is None:
        return None
    span = line.span(match.start(1), match.end(1))
    hint = Replacement(f"{match[1]}:", f"write {match[1]}:", safe=True)
    return Mistake(f"missing colon after {match[1]}", span, hint)


def _find_missing_dash(line: Line, near: list[Line]) -> Mistake | None:
    """Find a mapping or list in brackets between list items, without a dash."""
    if line.text[0] in "{[" and any(n.is_item and n.indent < line.indent for n in near):
        return missing_dash(line)
    return None


def _find_in_line(line: Line, brackets: list[Span], following: Line | None) -> Mistake | None:
    """Find an unclosed quote or bracket. ``brackets`` are those that are open; it is updated.

    A bracket may be closed on a later line, unless that line looks like an entry of a block.
    """
    text, at = line.text, 0
    value_may_start = True  # only there does a quote open a quoted text
    while at < len(text):
        character = text[at]
        if character in "\"'" and value_may_start:
            end = _end_of_quoted(line, at, bool(brackets), following)
            if not isinstance(end, int):
                return end
            at, value_may_start = end, False
        elif character == "#" and (value_may_start or text[at - 1] == " "):
            if brackets and text[at + 1 : at + 2].strip():
                return _hidden_bracket(line, at)
            break
        elif character in _CLOSING and (value_may_start or brackets):
            brackets.append(line.span(at, at + 1))
            value_may_start = True
        elif character in "]}" and brackets:
            opening = brackets.pop()
            if _CLOSING[opening.text] != character:
                return _unclosed(opening)
            value_may_start = False
        elif character == ":" and brackets and text[at + 1 : at + 2] in ("[", "{"):
            key = text[:at].split("{")[-1].split(",")[-1].strip()
            return _missing_space(key, text[at + 1], line.span(at - len(key), at + 2))
        elif character != " ":
            value_may_start = _precedes_value(text, at, bool(brackets))
        at += 1
    ended = following is None or (text[-1] not in ",[{:" and _ENTRY.match(following.text))
    return _unclosed(brackets[-1]) if brackets and ended else None


def _end_of_quoted(
    line: Line, at: int, in_brackets: bool, following: Line | None
) -> int | Mistake | None:
    """Return where the text in quotes that starts at ``at`` ends, or the mistake in it.

    None if it may end on a later line.
    """
    text, quote = line.text, line.text[at]
    pattern = r'"(?:[^"\\]|\\.)*"' if quote == '"' else r"'(?:[^']|'')*'"
    match = re.compile(pattern).match(text, at)
    if match is not None:
        rest = text[match.end() :].lstrip()
        # In a block, only a comment or the colon of a key may follow.
        if not rest or rest[0] in (",]}:" if in_brackets else ":#"):
            return match.end() - 1
        if in_brackets and rest[0] in "\"'[{":
            start = text.index(rest, match.end() - 1)
            word = re.split(r"[,\]}]", rest)[0]
            return _missing_comma(word, line.span(start, start + len(word)))
    if match is not None or following is None or _ENTRY.match(following.text):
        hint = f"put {quote} at the end of the text"
        return Mistake("unclosed quote", line.span(at, at + 1), hint)
    return None


def _hidden_bracket(line: Line, at: int) -> Mistake:
    """Return the mistake in ``[#1x1, #3x3]``, where ``#`` starts a comment."""
    word = re.split(r"[\"',\]}]|:( |$)", line.text[at:])[0].rstrip()
    end = at + len(word)
    end += line.text[end : end + 1] in ("'", '"')  # include a quote that is already there
    quoted = f'"{word}"'
    hint = Replacement(quoted, f"put it in quotes: {quoted}", safe=False)
    return Mistake("` #` starts a comment that hides the closing bracket", line.span(at, end), hint)


def _precedes_value(text: str, at: int, in_brackets: bool) -> bool:
    """Return whether a value may start after this character: a comma, a colon or a dash."""
    if text[at] == ",":
        return in_brackets
    return text[at] in ":-" and text[at + 1 : at + 2] in ("", " ") and (text[at] == ":" or at == 0)


def _unclosed(bracket: Span) -> Mistake:
    hint = f"add the closing {_CLOSING[bracket.text]}"
    return Mistake(f"unclosed {bracket.text}", bracket, hint)


def _missing_space(key: str, value: str, span: Span) -> Mistake:
    fixed = f"{key}: {value}"
    hint = Replacement(fixed, f"write {fixed}", safe=True)
    return Mistake(f"missing space after the colon of {key}", span, hint)


def _missing_comma(word: str, span: Span) -> Mistake:
    return Mistake(f"missing comma before {word}", span, f"put a comma before {word}")
