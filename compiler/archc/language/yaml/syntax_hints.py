"""Hints for the syntax errors of libyaml, by its message and the line it points to."""

import re

from archc.diagnostics.spans import Source, Span

_HINTS = (
    (
        "mapping values are not allowed",
        "put a space after the colon of a key, and quote text that contains a colon",
    ),
    ("cannot start any token", "quote text that starts with this character"),
    ("expected ',' or", "close the bracket, or add the missing comma"),
    ("expected key", "indent all keys of a mapping by the same amount"),
    ("expected '-' indicator", "put a dash and a space before each item of a list"),
    ("expected node content", "add a value between the commas, or - for an empty cell"),
    ("unexpected end of stream", "close the quote"),
    ("could not find expected ':'", "use `key: value` for each line of a mapping"),
    ("expected <document start>", "use `key: value`, indented like the lines above"),
    (
        "unknown escape character",
        "a backslash in double quotes starts an escape: use single quotes, or double it",
    ),
    (
        "expected alphabetic or numeric character",
        "quote text that starts with * or &",
    ),
    ("incompatible YAML document", "remove this line"),
)


def line_hint(problem: str, source: Source, place: Span) -> str | None:
    """Return a hint for an error that the line itself shows, or None."""
    text = source.line(place.line)
    before, rest = text[: place.column - 1], text[place.column - 1 :]
    if "\t" in text:
        return "indent with spaces, not tabs"
    if re.match(r"\s*-[^\s-]", text):
        return "put a space after the dash"
    if re.match(r"\s*\w+ *= *", text):
        return "use a colon and a space instead of ="
    if "expected key" in problem and before.rstrip().endswith(("'", '"')) and rest[:1].isalpha():
        return "the quote ends the text here: enclose the text in the other kind of quotes"
    return None


def problem_hint(problem: str, source: Source, place: Span) -> str | None:
    """Return a hint for the problem that libyaml reports at the place, or None."""
    text = source.line(place.line)
    before, rest = text[: place.column - 1], text[place.column - 1 :]
    known = next((hint for part, hint in _HINTS if part in problem), None)
    if "expected key" in problem:
        return _misplaced(before, rest) or known
    if "expected ':'" in problem and source.line(place.line - 1).lstrip().startswith("- "):
        return "put a dash before each item of a list"
    if "document start" in problem and "..." in source.lines[: place.line]:
        return "remove the `...`: a file contains one spec"
    return known


def _misplaced(before: str, rest: str) -> str | None:
    if rest.startswith(("}", "]")):
        return "remove the bracket: it closes nothing"
    if rest.startswith("- "):
        return "do not mix names and dashes: each layer here has a name"
    if before.rstrip().endswith(("]", "}")):
        return "only a comment may follow the bracket"
    return None
