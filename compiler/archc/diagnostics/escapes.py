"""Escape untrusted text before it is printed.

File names, checkpoint keys and system error messages may contain any character. ``escape_line``
keeps them on one line of a message, so that they cannot move the cursor or give commands to a CI
that reads its log. GitHub executes lines that start with ``::`` and lines that contain ``##[``,
Azure Pipelines those that contain ``##vso[``.
"""

import re

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_COMMAND = re.compile(r"^\s*:(?=:)|(?<=#)#(?=\[|vso\[)")


def escape_invisible(text: str) -> str:
    r"""Escape invisible characters and surrogates, as in ``\u202e``. Line feeds are kept."""
    if text.isprintable():
        return text
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def escape_line(text: object) -> str:
    r"""Escape invisible characters, line feeds (as ``\n``) and the start of a CI command."""
    line = escape_invisible(str(text)).replace("\n", r"\n")
    return _COMMAND.sub(lambda match: rf"{match[0][:-1]}\x{ord(match[0][-1]):x}", line)


def escape_lines(text: str) -> str:
    """Escape each line of a text; keep the line feeds, which archc itself wrote."""
    return "\n".join(map(escape_line, text.split("\n")))


def _escaped(line: str) -> str:
    from unicodedata import category  # rarely needed, so not imported at start-up

    return "".join(
        c.encode("unicode_escape").decode() if category(c) in _INVISIBLE else c for c in line
    )
