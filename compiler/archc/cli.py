"""The command line: find the commands, print the help, set the exit status.

Exit status: 0 success, 1 errors found, 2 wrong usage, 70 an internal error of archc.
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
from archc.commands.printing import EXIT_ERRORS
from archc.diagnostics.escapes import escape_line, escape_lines

EXIT_INTERNAL_ERROR = 70

GROUPS = ("design", "check", "build", "run")
"""The folders of ``commands/``, in the order of the help."""


@cache
def commands_by_group() -> dict[str, list[str]]:
    """Return the names of the commands in each folder of ``commands/``, sorted."""
    return {
        group: sorted(
            file.removesuffix(".py")
            for file in os.listdir(f"{commands.__path__[0]}/{group}")  # noqa: PTH208 - pathlib is slower
            if file.endswith(".py") and file != "__init__.py"
        )
        for group in GROUPS
    }


@contextmanager
def _escape_usage_errors() -> Iterator[None]:
    """Escape line feeds and control characters in what usage errors quote."""
    try:
        yield
    except click.MissingParameter:  # quotes nothing
        raise
    except click.UsageError as error:
        raise click.UsageError(escape_line(error.format_message()), error.ctx) from None


class _Commands(click.Group):
    """The commands, named like their files. A command is imported when it is needed."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _escape_usage_errors():
            return super().make_context(*arguments, **options)

    def invoke(self, context: click.Context) -> Any:
        with _escape_usage_errors():
            return super().invoke(context)

    def list_commands(self, context: click.Context) -> list[str]:
        return [name for names in commands_by_group().values() for name in names]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        for group, names in commands_by_group().items():
            if name in names:
                command: click.Command = import_module(f"archc.commands.{group}.{name}").command
                return _with_help(command)
        return None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(context)))
        for group, names in commands_by_group().items():
            found = [(name, self.get_command(context, name)) for name in names]
            with formatter.section(group.capitalize()):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(formatter.width))
                        for name, command in found
                        if command is not None
                    ]
                )


def _with_help(command: click.Command) -> click.Command:
    """Set the help of a command under ``python -OO``, where click finds no docstring."""
    if command.help is None and command.callback is not None:
        from archc.language.vocabulary import docstring

        command.help = docstring(command.callback)
    return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="archc COMMAND --help shows the options of a command, and examples.",
)
@click.version_option(__version__, prog_name="archc")
def cli() -> None:
    """Compile neural-network architectures, written as their papers print them.

    SPEC is a path, or a name that archc list shows, with or without .yaml. If you name no SPEC,
    check, build and verify use all of specs/.
    """


_with_help(cli)


def main() -> NoReturn:
    """Run the command line. An internal error prints one line and exits with status 70."""
    # Collecting cycles and finalising the interpreter would each take longer than the analysis
    # itself. See docs/decisions/0006-start-up.md.
    gc.disable()
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:  # a shell's background job ignores them
            signal.signal(number, _terminate)
    status = EXIT_INTERNAL_ERROR
    try:
        cli()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else EXIT_ERRORS
    except Exception as fault:
        if os.environ.get("ARCHC_DEBUG"):
            raise
        if isinstance(fault, OSError) and fault.filename is None:
            status = EXIT_ERRORS
            _report_output_error(fault)
        else:
            message = escape_line(f"archc: internal error: {type(fault).__name__}: {fault}")
            _print_error(f"{message}\nPlease report it; ARCHC_DEBUG=1 shows the traceback.")
    for stream in (sys.stdout, sys.stderr):
        try:
            # None if it was closed before archc started.
            if stream is not None:
                stream.flush()
        except OSError as error:
            if status == 0:
                _report_output_error(error)
            status = status or EXIT_ERRORS
    os._exit(status)


def _report_output_error(error: OSError) -> None:
    """Print that output cannot be written; nothing if the reader closed the pipe."""
    if error.errno != errno.EPIPE:
        _print_error(f"archc: cannot write output: {error.strerror or error}")


def _print_error(message: str) -> None:
    with suppress(OSError):
        click.echo(escape_lines(message), err=True)


def _terminate(number: int, _: object) -> NoReturn:
    """Exit with a shell's status for the signal, after writers removed their temporary files."""
    sys.exit(128 + number)
