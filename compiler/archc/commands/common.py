"""What the commands share: options, finding and compiling specs, printing, exit codes."""

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from archc.completion import complete_backend, complete_folder, complete_spec
from archc.settings import Setting, Settings, options
from archc.visible import lines, one_line, visible

if TYPE_CHECKING:
    from archc.analysis import Analysis
    from archc.backend import Backend
    from archc.checkpoints import Match
    from archc.diagnostics import Diagnostic
    from archc.library import SpecFile
    from archc.optimize import Recipe
    from archc.pipeline import Compiled
    from archc.presentation import Grid
    from archc.writer import File

DEFAULT_OUT = Path("generated")
FINDINGS, USAGE = 1, 2
_COLOURS = {"match": "green", "erratum": "yellow", "mismatch": "red"}
_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_LONGEST_NUMBER = 40
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


class _Folder(click.Path):
    """A folder's name; an empty one is no name, though a path makes "." of it."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        if value == "":
            self.fail("an empty name is no folder", param, ctx)
        folder: str | bytes | os.PathLike[str] = super().convert(value, param, ctx)
        return folder


specs_argument = click.argument(
    "specs", nargs=-1, metavar="[SPEC]...", shell_complete=complete_spec
)
out_option = click.option(
    "--out",
    type=_Folder(path_type=Path),
    default=DEFAULT_OUT,
    show_default=True,
    metavar="DIR",
    help="Folder of the generated files.",
    shell_complete=complete_folder,
)


class _BackendOption(click.Option):
    """Its help names the backends that are installed, which are looked for when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from archc.backend import backends, default_name

        default = default_name()
        known = [f"{name} (the default)" if name == default else name for name in backends()]
        self.help = f"The backend: {', '.join(known) or 'none is installed'}."
        return super().get_help_record(ctx)


backend_option = click.option(
    "--backend",
    cls=_BackendOption,
    default=None,
    metavar="NAME",
    help="The backend.",
    shell_complete=complete_backend,
)
weights_option = click.option(
    "--weights",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Tensors to put into the file, for a backend whose files hold them.",
)


def _settings(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, Setting]:
    """``NAME=VALUE`` pairs as a mapping. A value is a number; that of ``input`` is a text."""
    settings: dict[str, Setting] = {}
    for given in values:
        name, _, value = given.partition("=")
        if name in settings:
            raise click.BadParameter(f"{name} is set twice")
        if name == "input" and value:
            settings[name] = value
        elif _NUMBER.fullmatch(value) and len(value) <= _LONGEST_NUMBER:
            settings[name] = int(value) if value.lstrip("-+").isdecimal() else float(value)
        else:
            such = "input=3x224x224" if name == "input" else f"{name or 'NAME'}=NUMBER"
            raise click.BadParameter(f"{given!r} is not {such}")
    return settings


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    callback=_settings,
    metavar="NAME=VALUE",
    help="Give classes, input or a parameter of the spec another value.",
)


optimize_option = click.option(
    "--optimize",
    is_flag=True,
    help="For inference: norms folded, sibling 1x1 convolutions merged, what only training needs "
    "left out.",
)
merge_option = click.option(
    "--merge", is_flag=True, help="Sibling 1x1 convolutions merged, and nothing else: for training."
)


def chosen_recipe(optimize: bool, merge: bool) -> "Recipe | None":
    """How to optimise; None where neither is asked for. Raises UsageError where both are."""
    if optimize and merge:
        raise click.UsageError("--optimize merges, too: say one of --optimize and --merge")
    if not optimize and not merge:
        return None
    from archc.optimize import DEPLOY, MERGED

    return DEPLOY if optimize else MERGED


def can_optimize(backend: "Backend", recipe: "Recipe | None") -> None:
    """Raises UsageError where the backend makes nothing of an optimised network."""
    if recipe is not None and "optimized" not in backend.options:
        raise click.UsageError(f"--{recipe.option}: this backend takes networks as written")


def build_command(
    specs: Iterable[str],
    backend: str | None,
    settings: Settings,
    recipe: "Recipe | None",
    weights: Path | None,
    out: Path,
) -> str:
    """The ``archc build`` that gives the same files, as it is typed."""
    chosen = [quote(spec) for spec in specs]
    chosen += [f"--backend {backend}"] if backend else []
    chosen += options(settings)
    chosen += [f"--{recipe.option}"] if recipe else []
    chosen += [f"--weights {quote(str(weights))}"] if weights else []
    chosen += [f"--out {quote(str(out))}"] if out != DEFAULT_OUT else []
    return " ".join(["archc build", *chosen])


def all_specs(specs: tuple[str, ...]) -> "list[str | SpecFile]":
    """The specs named, each once, or all of ``specs/``. Raises UsageError where there are none."""
    from archc.library import SpecFile, find_spec, project_specs

    if specs:
        files: dict[object, str | SpecFile] = {}
        for name in specs:
            file = find_spec(name)
            if isinstance(file, SpecFile):
                # By its name too: a link of another name gives another file.
                files.setdefault((os.path.realpath(file.path), file.path.name), file)
            else:
                files.setdefault(name, name)
        return list(files.values())

    found: list[str | SpecFile] = [*project_specs()]
    if not found:
        raise click.UsageError("no SPEC given, and there is no specs/ folder with specs here")
    return found


def quickly() -> None:
    """Let pydantic be imported without a look for plugins, before anything imports it.

    archc has none, and looking for them reads every installed package's metadata.
    """
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def compile_one(spec: "str | SpecFile", settings: Settings) -> "Compiled | list[Diagnostic]":
    """One spec all the way through, or its findings."""
    quickly()
    from archc.pipeline import compile_spec

    return compile_spec(spec, settings)


def compile_all(
    specs: "Iterable[str | SpecFile]", settings: Settings | None = None, closing: str = ""
) -> "list[Compiled]":
    """Every spec all the way through; exits with the findings of all where one has any."""
    results = [compile_one(spec, settings or {}) for spec in specs]
    findings = [finding for result in results if isinstance(result, list) for finding in result]
    fail_on(findings, closing)
    return [result for result in results if not isinstance(result, list)]


def compile_at(name: str) -> "Compiled":
    """A spec, or one as git has it at a revision; exits where it has findings."""
    from archc.diagnostics import Diagnostic
    from archc.revisions import spec_at

    with spec_at(name) as spec:
        if isinstance(spec, Diagnostic):
            refuse(spec)
        (compiled,) = compile_all([spec])
        return compiled


def chosen_backend(name: str | None) -> "Backend":
    """The backend of that name, or the default one. Raises UsageError where there is none."""
    from archc.backend import DEFAULT, backends, load_backend

    backend = load_backend(name or DEFAULT)
    if backend is None:
        known = backends()
        if not known:
            raise click.UsageError("no backend is installed")
        which = f"no backend {name}" if name else "no default backend"
        raise click.UsageError(f"{which}, choose --backend from: {', '.join(known)}")
    return backend


def given_weights(
    backend: "Backend",
    file: Path | None,
    compiled: "list[Compiled]",
    recipe: "Recipe | None",
    closing: str = "",
) -> "Mapping[str, Any] | None":
    """The tensors of a checkpoint for the one spec; exits with its findings where it has any.

    They are those of the network as written, of which the backend makes what the recipe needs.

    Raises UsageError where the backend or several specs have no use for them, BackendUnavailable
    where what reads the file is not installed.
    """
    if file is None:
        return None
    if "weights" not in backend.options:
        raise click.UsageError("--weights: the files of this backend hold no weights")
    if len(compiled) != 1:
        raise click.UsageError("--weights are those of one SPEC: say which")
    from archc.checkpoints import match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.optimize import optimize

    tensors = backend.read_weights(file)
    if isinstance(tensors, Diagnostic):
        refuse(tensors, closing)
    written = compiled[0].analysis
    match = match_checkpoint(written, tensors)
    made = optimize(written, recipe).analysis if recipe else None
    fail_on_match(match, file, tensors, written, made, closing, whole=True)
    return match.pick(tensors)


def remark_weights(files: "list[File]") -> None:
    """Say which files hold weights that were given, and that nothing is known of these."""
    from archc.writer import given_weights as holding

    for path in holding(files):
        echo(f"{path} holds given weights: all else is checked, --weights FILE compares them")


def fail_on_match(
    match: "Match",
    file: Path,
    tensors: "Mapping[str, Any]",
    analysis: "Analysis",
    made: "Analysis | None" = None,
    closing: str = "",
    whole: bool = False,
) -> None:
    """Exits where the checkpoint does not fit the network, whose analysis is given.

    ``made`` is the network that it is to be converted for, if any: of a checkpoint that fits it,
    nothing is said but that. Otherwise it is said what the checkpoint does fit; with ``whole``,
    what it does fit with the weights of every layer.
    """
    if not match.findings:
        return
    from archc.checkpoints import match_checkpoint
    from archc.diagnostics import Code, Diagnostic
    from archc.recognition import find_uses

    if made and not match_checkpoint(made, tensors).findings:
        message = f"{file} is a checkpoint of {made.network.name} already"
        refuse(Diagnostic(Code.UNCONVERTIBLE, message), closing)
    report(match.findings)
    if not (match.prefix and len(match.findings) == 1):  # which says how it fits
        for use in find_uses(analysis, tensors, whole):
            echo(f"{file} {use.words}", err=True)
    if closing:
        echo(closing, err=True)
    sys.exit(FINDINGS)


def report(findings: "Iterable[Diagnostic]") -> None:
    """Print findings on standard error, of many that are alike a few."""
    from archc.diagnostics import abridge, render

    for finding in abridge(findings):
        echo_lines(render(finding), err=True)


def fail_on(findings: "list[Diagnostic]", closing: str = "") -> None:
    """Print findings, then the closing words, and exit, where there are any findings."""
    report(findings)
    if findings:
        if closing:
            echo(closing, err=True)
        sys.exit(FINDINGS)


def refuse(finding: "Diagnostic", closing: str = "") -> NoReturn:
    """Print one finding, then the closing words, and exit."""
    fail_on([finding], closing)
    sys.exit(FINDINGS)


def stop(message: str, status: int) -> NoReturn:
    """Print a message on standard error and exit."""
    echo(message, err=True)
    sys.exit(status)


def print_grid(grid: "Grid", form: str, notes: Sequence[str] = ()) -> None:
    """Print a grid as text, Markdown or LaTeX, and lines that go with it."""
    if form == "latex":
        from archc.latex import as_latex

        # As CSV, the same bytes wherever it goes.
        click.echo(as_latex(grid, notes).encode(), nl=False)
        return
    from archc import grids
    from archc.presentation import legend

    # Before columns are laid out: what stands for a character may be longer.
    rows = (
        tuple(cell._replace(text=_fitting(one_line(cell.text), sys.stdout)) for cell in row)
        for row in grid.rows
    )
    headings = (_fitting(one_line(heading), sys.stdout) for heading in grid.headings)
    grid = grid._replace(headings=tuple(headings), rows=tuple(rows))
    if form == "text":
        parts = [grids.as_text(grid, _style), "\n".join(notes)]
    else:
        parts = [grids.as_markdown(grid), legend(grid), grids.as_list(notes)]
    echo_lines("\n\n".join(filter(None, parts)))


def print_csv(records: "Iterable[Mapping[str, object]]") -> None:
    """Print records as CSV: the same bytes wherever it goes."""
    from archc import grids

    click.echo(grids.as_csv(records).encode(), nl=False)


def counted(count: int, noun: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _style(text: str, verdict: str) -> str:
    return click.style(text, fg=_COLOURS[verdict]) if verdict in _COLOURS else text


def echo(line: str, err: bool = False) -> None:
    """Print one line. A line feed in it is part of a name, and shown as an escape."""
    _print(one_line(line), err)


def echo_lines(text: str, err: bool = False) -> None:
    """Print lines that archc has laid out, in its own colours if any.

    What they quote, such as a file's name, has gone through ``one_line``: here nobody can tell any
    more whether a line feed is part of it.
    """
    parts = _COLOUR.split(text)
    parts[::2] = map(lines, parts[::2])
    _print("".join(parts), err)


def echo_document(text: str) -> None:
    """Print a document for tools, whose format escapes what it holds."""
    _print(visible(text), err=False)


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
