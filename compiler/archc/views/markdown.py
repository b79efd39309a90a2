"""Escape text for Markdown, above all for comments on GitHub.

A backslash escapes markup, but GitHub still links the remaining text: ``@team`` notifies people,
``#12`` and ``1a2b3c4`` become references, ``:bug:`` an emoji, ``$x$`` a formula,
``www.example.org`` a link. GitHub does not change code, so words with any of these become code.
"""

import re

from archc.diagnostics.escapes import escape_line

_PARTS = re.compile(r"(\s+|\|)")
_LIVE = re.compile(
    r"""
    [@$]                             # a mention, an email address; a formula
    | :// | www\. | mailto: | xmpp:  # a link
    | \#\d+\b                        # an issue
    | \b(?:gh|ghsa|cve)-             # an issue, an advisory
    | \b[0-9a-f]{7,}\b              # a commit
    | :[+\w-]+:                      # an emoji
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_MARKUP = re.compile(r"[\\`*\[<&~]|(?<![^\W_])_|_(?![^\W_])")  # the _ in a_b is not markup
_MARKER = re.compile(r"(?:[+]|-+|=+|#{1,6}|[0-9]{1,9}[.)]|>.*)\Z")
"""At the start of a line, these start a list, a heading, a quote or a rule."""
_BACKTICKS = re.compile(r"`+")


def escape(text: str) -> str:
    """Return one line of Markdown that shows the text, also in a table cell."""
    parts = _PARTS.split(escape_line(text).strip())
    return "".join(_escaped(part, is_first=i == 0) for i, part in enumerate(parts))


def _escaped(part: str, is_first: bool) -> str:
    if not part or part.isspace():
        return " " if part else ""
    if part == "|":
        return r"\|"
    if _LIVE.search(part):
        return _as_code(part)
    escaped = _MARKUP.sub(r"\\\g<0>", part)
    if is_first and _MARKER.match(part):
        # Escape the last character instead, since a digit cannot be escaped.
        at = 0 if part[0] == ">" else len(escaped) - 1
        escaped = f"{escaped[:at]}\\{escaped[at:]}"
    return escaped


def _as_code(word: str) -> str:
    longest = max(map(len, _BACKTICKS.findall(word)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in (word[0], word[-1]) else ""
    return f"{fence}{space}{word}{space}{fence}"
