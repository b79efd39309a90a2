"""Printing: diagnostics, tables, documents; and the exit status."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, TextIO

import click

from archc.diagnostics.escapes import escape_invisible, escape_line, escape_lines

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic
    from archc.views.tables.tables import Table

DIAGNOSTICS, USAGE = 1, 2
_COLOURS = {"match": "green", "erratum": "yellow", "mismatch": "red"}
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")


def print_diagnostics(diagnostics: "Iterable[Diagnostic]") -> None:
    """Print findings on standard error, of many that are alike a few."""
    from archc.diagnostics import abridge, render

    for diagnostic in abridge(diagnostics):
        echo_lines(render(diagnostic), err=True)


def fail_on(diagnostics: "list[Diagnostic]", closing: str = "") -> None:
    """Print findings, then the closing words, and exit, where there are any findings."""
    print_diagnostics(diagnostics)
    if diagnostics:
        if closing:
            echo(closing, err=True)
        sys.exit(DIAGNOSTICS)


def refuse(diagnostic: "Diagnostic", closing: str = "") -> NoReturn:
    """Print one finding, then the closing words, and exit."""
    fail_on([diagnostic], closing)
    sys.exit(DIAGNOSTICS)


def stop(message: str, status: int) -> NoReturn:
    """Print a message on standard error and exit."""
    echo(message, err=True)
    sys.exit(status)


def print_table(table: "Table", form: str, notes: Sequence[str] = ()) -> None:
    """Print a table as text, Markdown or LaTeX, and lines that go with it."""
    if form == "latex":
        from archc.views.tables.latex import as_latex

        # As CSV, the same bytes wherever it goes.
        click.echo(as_latex(table, notes).encode(), nl=False)
        return
    from archc.views.tables import rendering
    from archc.views.tables.tables import legend

    # Before columns are laid out: what stands for a character may be longer.
    rows = (
        tuple(cell._replace(text=_fitting(escape_line(cell.text), sys.stdout)) for cell in row)
        for row in table.rows
    )
    headings = (_fitting(escape_line(heading), sys.stdout) for heading in table.headings)
    table = table._replace(headings=tuple(headings), rows=tuple(rows))
    if form == "text":
        parts = [rendering.as_text(table, _style), "\n".join(notes)]
    else:
        parts = [rendering.as_markdown(table), legend(table), rendering.as_list(notes)]
    echo_lines("\n\n".join(filter(None, parts)))


def print_csv(records: "Iterable[Mapping[str, object]]") -> None:
    """Print records as CSV: the same bytes wherever it goes."""
    from archc.views.tables import rendering

    click.echo(rendering.as_csv(records).encode(), nl=False)


def _style(text: str, verdict: str) -> str:
    return click.style(text, fg=_COLOURS[verdict]) if verdict in _COLOURS else text


def echo(line: str, err: bool = False) -> None:
    """Print one line. A line feed in it is part of a name, and shown as an escape."""
    _print(escape_line(line), err)


def echo_lines(text: str, err: bool = False) -> None:
    """Print lines that archc has laid out, in its own colours if any.

    Escape quoted text, such as a file's name, with ``escape_line`` first: here a line feed in it
    looks like one between two lines.
    """
    parts = _COLOUR.split(text)
    parts[::2] = map(escape_lines, parts[::2])
    _print("".join(parts), err)


def echo_document(text: str) -> None:
    """Print a document for tools, whose format escapes what it holds."""
    _print(escape_invisible(text), err=False)


def _print(text: str, err: bool) -> None:
    """Print text, in colours only where they are wanted, in characters that the stream has."""
    text = _fitting(text, sys.stderr if err else sys.stdout)
    colour = None
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR"):
        colour = True
    click.echo(text, err=err, color=colour)


def _fitting(text: str, stream: TextIO | None) -> str:
    """The text in characters that the stream has; there is no stream where it was closed."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.replace("✓", "ok").replace("✗", "!=")
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    return text
