"""Text that a file can hold and a reader can see, whatever it came from.

Names of files, keys of checkpoints and words of the system may hold anything. A message is one
line: it shows them through ``escape_line``, so that they cannot end the line, move the cursor, or
give a command to a CI that reads its log: GitHub takes a line that begins with ``::`` for one, and
``##[`` anywhere in it, Azure Pipelines ``##vso[``.
"""

import re

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_COMMAND = re.compile(r"^\s*:(?=:)|(?<=#)#(?=\[|vso\[)")


def escape_invisible(text: str) -> str:
    r"""The text with what nobody sees, or no file can hold, as an escape such as ``\u202e``.

    Line feeds stay.
    """
    if text.isprintable():
        return text
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def escape_line(text: object) -> str:
    r"""The same as one line: a line feed is ``\n``, and what begins a command is escaped, too."""
    line = escape_invisible(str(text)).replace("\n", r"\n")
    return _COMMAND.sub(lambda found: rf"{found[0][:-1]}\x{ord(found[0][-1]):x}", line)


def escape_lines(text: str) -> str:
    """Text whose line feeds are archc's own, each of its lines as ``escape_line`` shows it."""
    return "\n".join(map(escape_line, text.split("\n")))


def _escaped(line: str) -> str:
    from unicodedata import category  # most text is printable, and a start pays for no import

    return "".join(
        c.encode("unicode_escape").decode() if category(c) in _UNSEEN else c for c in line
    )
