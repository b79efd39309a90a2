"""The command line: its commands, its exit codes. What a command does is in ``commands/``.

Exit status: 0 fine, 1 findings, 2 wrong usage, 70 a fault of archc's own.
"""

import errno
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

import click

from archc import __version__, commands
from archc.diagnostics.escapes import escape_line, escape_lines

DIAGNOSTICS, FAULT = 1, 70

GROUPS = ("design", "check", "build", "run")
"""The folders of ``commands/``, in the order of the help."""


@contextmanager
def _errors_on_one_line() -> Iterator[None]:
    """What is quoted in an error of usage is shown as names are shown everywhere."""
    try:
        yield
    except click.MissingParameter:  # it quotes nothing
        raise
    except click.UsageError as error:
        raise click.UsageError(escape_line(error.format_message()), error.ctx) from None


class _Commands(click.Group):
    """Commands by the names of their files; only the one that is run is imported."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _errors_on_one_line():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        with _errors_on_one_line():
            return super().invoke(context)

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(_folders())

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in (folders := _folders()):
            return None
        command: click.Command = import_module(f"archc.commands.{folders[name]}.{name}").command
        return _helped(command)


@cache
def _folders() -> dict[str, str]:
    """The commands by name, each with the folder that its file is in."""
    return {
        file.removesuffix(".py"): folder
        for folder in GROUPS
        for file in os.listdir(f"{commands.__path__[0]}/{folder}")  # noqa: PTH208 - pathlib is slower
        if file.endswith(".py") and file != "__init__.py"
    }


def _helped(command: click.Command) -> click.Command:
    """The command with its docstring as its help, which click does not find under ``-OO``."""
    if command.help is None and command.callback is not None:
        from archc.language.docstrings import docstring

        command.help = docstring(command.callback)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archc")
def cli() -> None:
    """Compile neural-network architectures, written as their paper prints them.

    A SPEC is a path, or a name of those that archc list shows, with .yaml or without. Where none is
    given, all of specs/ are meant.
    """


_helped(cli)


def main() -> NoReturn:
    """Run the command line; a fault of archc's own is one line and exit status 70."""
    # A short process: collecting cycles and taking the interpreter down would each take longer
    # than the analysis itself. See docs/decisions/0006-start-up.md.
    gc.disable()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # as in the background of a shell
            signal.signal(number, _terminate)
    status = FAULT
    try:
        cli()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else DIAGNOSTICS
    except Exception as fault:
        if os.environ.get("ARCHC_DEBUG"):
            raise
        if isinstance(fault, OSError) and fault.filename is None:
            status = DIAGNOSTICS
            _explain(fault)
        else:
            message = escape_line(f"archc: internal fault: {type(fault).__name__}: {fault}")
            _say(f"{message}\nPlease report it; ARCHC_DEBUG=1 shows where it happened.")
    for stream in (sys.stdout, sys.stderr):
        try:
            # None where it was closed before archc started.
            if stream is not None:
                stream.flush()
        except OSError as full:
            if status == 0:
                _explain(full)
            status = status or DIAGNOSTICS
    os._exit(status)


def _explain(error: OSError) -> None:
    """Say that the output went nowhere, unless its reader just went away."""
    if error.errno != errno.EPIPE:
        _say(f"archc: cannot write output: {error.strerror or error}")


def _say(message: str) -> None:
    with suppress(OSError):
        click.echo(escape_lines(message), err=True)


def _terminate(number: int, _: object) -> NoReturn:
    """End as the shell says of the signal; what is half written is removed on the way out."""
    sys.exit(128 + number)
