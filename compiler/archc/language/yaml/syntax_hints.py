"""What is most often behind what libyaml says: how to mend text that is not YAML."""

import re

from archc.diagnostics.spans import Source, Span

_HINTS = (
    (
        "mapping values are not allowed",
        "put a space behind a key's colon, and quotes round text that holds a colon",
    ),
    ("cannot start any token", "put quotes round text that starts with such a character"),
    ("expected ',' or", "is a bracket not closed, or a comma missing?"),
    ("expected key", "indent a mapping's keys alike"),
    ("expected '-' indicator", "each item of a list has a dash and a space before it"),
    ("expected node content", "a value is missing between the commas; a cell without one is -"),
    ("unexpected end of stream", "a quote is not closed"),
    ("could not find expected ':'", "a line of a mapping is `key: value`"),
    ("expected <document start>", "a line of a mapping is `key: value`, indented as those above"),
    (
        "unknown escape character",
        "in double quotes a backslash starts an escape: use single quotes, or double it",
    ),
    (
        "expected alphabetic or numeric character",
        "put quotes round text that starts with * or &",
    ),
    ("incompatible YAML document", "remove the line: a spec needs none"),
)


def plain_hint(problem: str, source: Source, place: Span) -> str | None:
    """How to mend what can be seen in the line itself; None where that cannot be told."""
    text = source.line(place.line)
    before, rest = text[: place.column - 1], text[place.column - 1 :]
    if "\t" in text:
        return "indent with spaces, not tabs"
    if re.match(r"\s*-[^\s-]", text):
        return "put a space behind the dash"
    if re.match(r"\s*\w+ *= *", text):
        return "put a colon and a space in place of ="
    if "expected key" in problem and before.rstrip().endswith(("'", '"')) and rest[:1].isalpha():
        return "the quote ends the text here: put all of it into quotes of the other kind"
    return None


def general_hint(problem: str, source: Source, place: Span) -> str | None:
    """How to mend what libyaml calls ``problem`` at the place; None where that cannot be told."""
    text = source.line(place.line)
    before, rest = text[: place.column - 1], text[place.column - 1 :]
    known = next((hint for said, hint in _HINTS if said in problem), None)
    if "expected key" in problem:
        return _misplaced(before, rest) or known
    if "expected ':'" in problem and source.line(place.line - 1).lstrip().startswith("- "):
        return "is a dash missing? each item of a list has one"
    if "document start" in problem and "..." in source.lines[: place.line]:
        return "a file holds one spec: remove the `...`"
    return known


def _misplaced(before: str, rest: str) -> str | None:
    """What follows a value that has ended, or a dash among names."""
    if rest.startswith(("}", "]")):
        return "remove the bracket: none is open"
    if rest.startswith("- "):
        return "names and dashes do not mix: here each layer has a name"
    if before.rstrip().endswith(("]", "}")):
        return "nothing but a comment may follow the bracket"
    return None
