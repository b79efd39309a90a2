"""Print diagnostics, tables and documents, and exit."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from archc.diagnostics.escapes import escape_invisible, escape_line, escape_lines

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic
    from archc.views.tables.table import Table

EXIT_ERRORS, EXIT_USAGE = 1, 2
"""Exit statuses."""
_COLOURS = {"match": "green", "erratum": "yellow", "mismatch": "red"}
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def print_diagnostics(diagnostics: "Iterable[Diagnostic]") -> None:
    """Print diagnostics on standard error, but only a few of many similar ones."""
    from archc.diagnostics import abridge, render

    for diagnostic in abridge(diagnostics):
        echo_lines(render(diagnostic), err=True)


def fail_on(diagnostics: "list[Diagnostic]", closing: str = "") -> None:
    """Print the diagnostics and the closing message, and exit; do nothing without diagnostics."""
    print_diagnostics(diagnostics)
    if diagnostics:
        if closing:
            echo(closing, err=True)
        sys.exit(EXIT_ERRORS)


def fail(diagnostic: "Diagnostic", closing: str = "") -> NoReturn:
    """Print a diagnostic and the closing message, and exit."""
    fail_on([diagnostic], closing)
    sys.exit(EXIT_ERRORS)


def stop(message: str, status: int) -> NoReturn:
    """Print a message on standard error and exit."""
    echo(message, err=True)
    sys.exit(status)


def print_table(table: "Table", output_format: str, notes: Sequence[str] = ()) -> None:
    """Print a table as text, Markdown or LaTeX, and the notes below it."""
    if output_format == "latex":
        from archc.views.tables.latex import as_latex

        # Bytes, as for CSV, so that the encoding does not depend on the terminal.
        click.echo(as_latex(table, notes).encode(), nl=False)
        return
    from archc.views.tables.table import legend
    from archc.views.tables.text import as_list, as_markdown, as_text

    # Escape before columns are laid out, since escapes are longer.
    rows = (
        tuple(cell._replace(text=_encodable(escape_line(cell.text), sys.stdout)) for cell in row)
        for row in table.rows
    )
    headings = (_encodable(escape_line(heading), sys.stdout) for heading in table.headings)
    table = table._replace(headings=tuple(headings), rows=tuple(rows))
    if output_format == "text":
        parts = [as_text(table, _style), "\n".join(notes)]
    else:
        parts = [as_markdown(table), legend(table), as_list(notes)]
    echo_lines("\n\n".join(filter(None, parts)))


def print_csv(records: "Iterable[Mapping[str, object]]") -> None:
    """Print records as CSV, in UTF-8 whatever the terminal's encoding."""
    from archc.views.tables.records import as_csv

    click.echo(as_csv(records).encode(), nl=False)


def _style(text: str, verdict: str) -> str:
    return click.style(text, fg=_COLOURS[verdict]) if verdict in _COLOURS else text


def echo(line: str, err: bool = False) -> None:
    """Print one line; line feeds in it come from names and are escaped."""
    _print(escape_line(line), err)


def echo_lines(text: str, err: bool = False) -> None:
    """Print lines that archc has laid out, with its own colours.

    The caller escapes quoted text, such as a file's name, with ``escape_line``, since this function
    cannot tell a line feed in a name from one between two lines.
    """
    parts = _COLOUR.split(text)
    parts[::2] = map(escape_lines, parts[::2])
    _print("".join(parts), err)


def echo_document(text: str) -> None:
    """Print a document for tools, in a format that escapes its strings."""
    _print(escape_invisible(text), err=False)


def _print(text: str, err: bool) -> None:
    """Print text, with colours if they are enabled, in characters that the stream can encode."""
    text = _encodable(text, sys.stderr if err else sys.stdout)
    colour = None
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR"):
        colour = True
    click.echo(text, err=err, color=colour)


def _encodable(text: str, stream: TextIO | None) -> str:
    """Replace characters that the stream cannot encode. The stream is None if it is closed."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("✓", "ok").replace("✗", "!=")
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    return text
