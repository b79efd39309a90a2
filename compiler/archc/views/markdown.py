"""Text in Markdown that stays text, on GitHub above all, where a comment can notify people.

A backslash keeps characters from being markup. It does not keep GitHub from making links of what
is left once the markup is gone: ``@team`` notifies people, ``#12`` and the start of a commit's hash
become references, ``:bug:`` an emoji, ``$x$`` a formula, ``www.example.org`` a link. Only code is
left alone, so that a word with any of these becomes code.
"""

import re

from archc.diagnostics.escapes import escape_line

_PARTS = re.compile(r"(\s+|\|)")
_LIVE = re.compile(
    r"""
    [@$]                             # a mention, an address; a formula
    | :// | www\. | mailto: | xmpp:  # a link
    | \#\d+\b                        # an issue, also another repository's
    | \b(?:gh|ghsa|cve)-             # an issue, an advisory
    | \b[0-9a-f]{7,}\b              # a commit
    | :[+\w-]+:                      # an emoji
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_MARKUP = re.compile(r"[\\`*\[<&~]|(?<![^\W_])_|_(?![^\W_])")  # nothing is said by the _ in a_b
_MARKER = re.compile(r"(?:[+]|-+|=+|#{1,6}|[0-9]{1,9}[.)]|>.*)\Z")
"""What at the start of a line makes a list, a heading or a rule."""
_BACKTICKS = re.compile(r"`+")


def escape(text: str) -> str:
    """A text as one line of Markdown that shows it, in a table's cell as anywhere else."""
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
        # In front of its last character, since a number takes no backslash.
        at = 0 if part[0] == ">" else len(escaped) - 1
        escaped = f"{escaped[:at]}\\{escaped[at:]}"
    return escaped


def _as_code(word: str) -> str:
    longest = max(map(len, _BACKTICKS.findall(word)), default=0)
    fence = "`" * (longest + 1)
    space = " " if "`" in (word[0], word[-1]) else ""
    return f"{fence}{space}{word}{space}{fence}"
