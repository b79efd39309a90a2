"""What the commands share: options, finding and compiling specs, printing, exit codes."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from archc.backend import Backend
    from archc.diagnostics import Diagnostic
    from archc.pipeline import Compiled
    from archc.presentation import Grid

FINDINGS, USAGE, FAULT = 1, 2, 70
_COLOURS = {"match": "green", "erratum": "yellow", "mismatch": "red"}

specs_argument = click.argument("specs", nargs=-1, metavar="[SPEC]...")
out_option = click.option(
    "--out",
    type=click.Path(file_okay=True, path_type=Path),
    default=Path("generated"),
    show_default=True,
    metavar="DIR",
    help="Folder of the generated files.",
)
backend_option = click.option("--backend", default=None, metavar="NAME", help="Another backend.")


def _settings(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, float]:
    """``NAME=NUMBER`` pairs as a mapping."""
    settings: dict[str, float] = {}
    for value in values:
        name, _, number = value.partition("=")
        try:
            settings[name] = int(number) if number.lstrip("-").isdecimal() else float(number)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not NAME=NUMBER") from None
    return settings


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="NAME=NUMBER",
    help="Give a parameter of the spec another value.",
)


def all_specs(specs: tuple[str, ...]) -> list[str]:
    """The specs named, or all of ``specs/``. Raises UsageError where there are none."""
    if specs:
        return list(dict.fromkeys(specs))
    from archc.library import specs_in

    found = [str(path) for path in specs_in(Path("specs"))]
    if not found:
        raise click.UsageError("no SPEC given, and there is no specs/ folder with specs here")
    return found


def compile_one(name: str, settings: dict[str, float]) -> "Compiled | list[Diagnostic]":
    """One spec all the way through, or its findings."""
    # archc has no pydantic plugins, and looking for them reads every installed package's metadata.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from archc.pipeline import compile_spec

    return compile_spec(name, settings)


def compile_all(names: Iterable[str], settings: dict[str, float] | None = None) -> "list[Compiled]":
    """Every spec all the way through; exits with the findings of all where one has any."""
    results = [compile_one(name, settings or {}) for name in names]
    fail_on([finding for result in results if isinstance(result, list) for finding in result])
    return [result for result in results if not isinstance(result, list)]


def compile_at(name: str) -> "Compiled":
    """A spec, or one as git has it at a revision; exits where it has findings."""
    from archc.diagnostics import Diagnostic
    from archc.revisions import spec_at

    with spec_at(name) as path:
        fail_on([path] if isinstance(path, Diagnostic) else [])
        (compiled,) = compile_all([str(path)])
        return compiled


def chosen_backend(name: str | None) -> "Backend":
    """The backend of that name, or the default one. Raises UsageError where there is none."""
    from archc.backend import DEFAULT, backends, load_backend

    backend = load_backend(name or DEFAULT)
    if backend is None:
        known = ", ".join(backends()) or "none is installed"
        raise click.UsageError(f"no backend {name or 'at all'}: there are {known}")
    return backend


def report(findings: "Iterable[Diagnostic]") -> None:
    """Print findings on standard error."""
    from archc.diagnostics import render

    for finding in findings:
        echo(render(finding), err=True)


def fail_on(findings: "list[Diagnostic]") -> None:
    """Print findings and exit, where there are any."""
    report(findings)
    if findings:
        sys.exit(FINDINGS)


def refuse(finding: "Diagnostic") -> NoReturn:
    """Print one finding and exit."""
    report([finding])
    sys.exit(FINDINGS)


def stop(message: str, status: int) -> NoReturn:
    """Print a message on standard error and exit."""
    click.echo(message, err=True)
    sys.exit(status)


def print_grid(grid: "Grid", form: str) -> None:
    """Print a grid as text, Markdown or CSV."""
    from archc import grids

    if form == "text":
        echo(grids.as_text(grid, lambda text, verdict: _style(text, verdict)))
    else:
        echo(grids.as_markdown(grid) if form == "md" else grids.as_csv(grid))


def _style(text: str, verdict: str) -> str:
    return click.style(text, fg=_COLOURS[verdict]) if verdict in _COLOURS else text


def echo(text: str, err: bool = False) -> None:
    """Print text, in colours only where they are wanted, in characters that the stream has."""
    stream = sys.stderr if err else sys.stdout
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.replace("✓", "ok").replace("✗", "!=")
        text = text.encode(stream.encoding, "backslashreplace").decode(stream.encoding)
    colour = None
    if os.environ.get("NO_COLOR"):
        colour = False
    elif os.environ.get("FORCE_COLOR"):
        colour = True
    click.echo(text, err=err, color=colour)
