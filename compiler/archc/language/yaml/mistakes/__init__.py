"""Find the typing mistake that causes a YAML syntax error.

libyaml notices an unclosed bracket or quote only lines later. Once it has rejected a text, these
modules look for the mistakes that people make in specs: a missing quote, bracket, space or dash, or
a line with the wrong indentation.
"""

from archc.diagnostics.spans import Source
from archc.language.yaml.mistakes.characters import (
    find_character_mistake,
    find_missing_comma,
    find_unquoted_colon,
)
from archc.language.yaml.mistakes.indentation import find_indentation_mistake
from archc.language.yaml.mistakes.lines import Mistake, content_lines

MAXIMUM_LENGTH = 20_000
"""The longest text to search, in characters. Hand-written specs are shorter."""

_LAYOUT_PROBLEMS = ("mapping values", "expected key", "expected '-'", "expected <document start>")


def find_mistake(source: Source, line: int, column: int, problem: str) -> Mistake | None:
    """Return the mistake that makes libyaml stop at this place, or None if it is unclear."""
    if sum(map(len, source.lines)) > MAXIMUM_LENGTH:
        return None
    lines = list(content_lines(source))
    if mistake := find_character_mistake(lines, line):
        return mistake
    at = next((i for i, other in enumerate(lines) if other.number == line), None)
    if at is None:
        return None
    if "expected ','" in problem:
        return find_missing_comma(source, line, column)
    if "mapping values" in problem and (mistake := find_unquoted_colon(lines[at], column)):
        return mistake
    if any(part in problem for part in _LAYOUT_PROBLEMS):
        return find_indentation_mistake(lines, at)
    return None
