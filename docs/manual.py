"""Generates the manual page archc(1) and the documentation of the command line.

``python docs/manual.py FILE`` updates the manual page. It has no date, so the same commands give
the same bytes.
"""

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import chain
from pathlib import Path

import click

from archc import __version__
from archc.cli import cli, commands_by_group
from archc.views.markdown import escape

Groups = Mapping[str, Iterable[str]]
"""The names of commands by group."""

_EXIT_STATUS = (
    ("0", "Success."),
    ("1", "Errors found: an invalid spec, a mismatch, a stale generated file."),
    ("2", "Wrong usage."),
    ("70", "An internal error of archc."),
)
_ENVIRONMENT = (
    ("NO_COLOR", "Disable colours, even on a terminal."),
    ("FORCE_COLOR", "Enable colours, even if the output is not a terminal."),
    ("ARCHC_DEBUG", "Print the traceback of an internal error."),
)
_FILES = (
    ("specs/", "The specs that commands use if you name none."),
    ("generated/", "The output of archc build, one file for each spec."),
)
_VERBATIM = "\b\n"
"""The start of a paragraph whose lines click keeps: a title, then examples."""
# Characters that roff interprets, or prints differently from what was typed.
_CHARACTERS = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)


def manual_page(cli: click.Group = cli, groups: Groups | None = None) -> str:
    """Return the page as roff, with the macros of man(7)."""
    context, commands = _contexts(cli, groups)
    about = (cli.help or "").partition("\n")[0].rstrip(".")
    lines = [
        '.\\" Made by python docs/manual.py from the commands; do not edit.',
        f'.TH ARCHC 1 "" "archc {__version__}"',
        ".SH NAME",
        f"archc \\- {_roff(about[:1].lower() + about[1:])}",
        ".SH SYNOPSIS",
    ]
    for command in chain(*commands.values()):
        lines += [*_usage(command), ".br"]
    lines[-1:] = [".SH DESCRIPTION", *_paragraphs(cli.help), ".SH OPTIONS", *_options(context)]
    for group, members in commands.items():
        lines.append(f".SH {group.upper()} COMMANDS")
        for command in members:
            lines += [f".SS {command.info_name}", *_usage(command), ".PP"]
            lines += [*_paragraphs(command.command.help), *_options(command)]
            if command.command.epilog:
                lines += [".PP", *_paragraphs(command.command.epilog)]
    for heading, entries in (
        ("EXIT STATUS", _EXIT_STATUS),
        ("ENVIRONMENT", _ENVIRONMENT),
        ("FILES", _FILES),
    ):
        lines += [f".SH {heading}", *_entries(entries)]
    return "\n".join(lines) + "\n"


def command_reference(cli: click.Group = cli, groups: Groups | None = None) -> str:
    """Return all commands and options as Markdown."""
    context, commands = _contexts(cli, groups)
    lines = [*_markdown_paragraphs(cli.help), *_markdown_list(_records(context))]
    for group, members in commands.items():
        lines += [f"## {group.capitalize()}", ""]
        for command in members:
            pieces = " ".join(command.command.collect_usage_pieces(command))
            usage = f"{command.command_path} {pieces}"
            lines += [f"### {command.info_name}", "", "```sh", usage, "```", ""]
            lines += _markdown_paragraphs(command.command.help)
            lines += _markdown_list(_records(command))
            if command.command.epilog:
                lines += _markdown_paragraphs(command.command.epilog)
    for heading, entries in (
        ("Exit status", _EXIT_STATUS),
        ("Environment", _ENVIRONMENT),
        ("Files", _FILES),
    ):
        lines += [f"## {heading}", "", *_markdown_list(entries)]
    return "\n".join(lines[:-1])


def _contexts(
    cli: click.Group, groups: Groups | None
) -> tuple[click.Context, dict[str, list[click.Context]]]:
    """Return the context of the command line, and those of its commands by group."""
    context = click.Context(cli, info_name="archc", **cli.context_settings)
    return context, {
        group: [
            click.Context(command, info_name=name, parent=context)
            for name in names
            if (command := cli.get_command(context, name))
        ]
        for group, names in (groups or commands_by_group()).items()
    }


def _markdown_paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in cleandoc(text or "").split("\n\n"):
        if paragraph.startswith(_VERBATIM):
            title, *lines = paragraph.removeprefix(_VERBATIM).splitlines()
            yield from (title, "", "```sh", *(line.strip() for line in lines), "```", "")
        else:
            yield from (*_wrapped(_markdown(paragraph)), "")


def _markdown_list(entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a list of terms as code, each with its text."""
    for term, text in entries:
        first, *rest = _wrapped(f"`{term}`: {_markdown(text)}", 98)
        yield from (f"- {first}", *(f"  {line}" for line in rest))
    if entries:
        yield ""


def _markdown(text: str) -> str:
    """Return the text as Markdown, with its options and what is in backticks as code."""
    parts = " ".join(text.split()).split("`")
    return "`".join(part if i % 2 else _markdown_words(part) for i, part in enumerate(parts))


def _markdown_words(text: str) -> str:
    escaped = escape(f"|{text}|")[2:-2]  # the bars keep the spaces at the ends
    # Python-Markdown, which makes the site, does not know the escape of GitHub's Markdown.
    escaped = escaped.replace(r"\<", "&lt;")
    return re.sub(r"(?<!\S)--[a-z-]+(?: \S+=[^\s,]*[^\s,.])?", r"`\g<0>`", escaped)


def _wrapped(text: str, width: int = 100) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def _usage(context: click.Context) -> list[str]:
    """Return the command in bold and its arguments."""
    pieces = " ".join(context.command.collect_usage_pieces(context))
    return [f".B {_roff(context.command_path)}", _roff(pieces)]


def _options(context: click.Context) -> Iterator[str]:
    return _entries(_records(context))


def _records(context: click.Context) -> list[tuple[str, str]]:
    """Return the options with their help; --help is listed once, for archc itself."""
    command = context.command
    omitted = command.get_help_option(context) if context.parent else None
    found = [
        parameter.get_help_record(context)
        for parameter in command.get_params(context)
        if isinstance(parameter, click.Option) and parameter is not omitted
    ]
    return [record for record in found if record is not None]


def _entries(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield terms in bold, each with its text indented below."""
    for term, text in entries:
        yield from (".TP", f".B {_roff(term)}", *_filled(text))


def _paragraphs(text: str | None) -> Iterator[str]:
    for number, paragraph in enumerate(cleandoc(text or "").split("\n\n")):
        if number:
            yield ".PP"
        if paragraph.startswith(_VERBATIM):
            title, *lines = paragraph.removeprefix(_VERBATIM).splitlines()
            yield _roff(title)
            for line in lines:
                yield from (".br", _roff(line.strip()))
        else:
            yield from _filled(paragraph)


def _filled(text: str) -> list[str]:
    """Wrap the text, so that the source and its diffs are readable."""
    return [_roff(line) for line in textwrap.wrap(text, 80, break_on_hyphens=False)]


def _roff(line: str) -> str:
    """Escape the line for roff; a line that starts with a full stop would be a request."""
    line = line.translate(_CHARACTERS)
    line = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in line)
    return f"\\&{line}" if line.startswith(".") else line


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(manual_page(), encoding="ascii")
