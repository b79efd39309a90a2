"""The command line: arguments, exit codes, printing. What the commands do is elsewhere.

Exit status: 0 fine, 1 findings, 2 wrong usage, 70 a fault of archc's own.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from archc import __version__

if TYPE_CHECKING:
    from archc.backend import Backend
    from archc.diagnostics import Diagnostic
    from archc.pipeline import Compiled
    from archc.presentation import Grid
    from archc.renaming import Renaming

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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="archc")
def cli() -> None:
    """Compile neural-network architectures, written as their paper prints them.

    A SPEC is a path, or the name of a spec in specs/ or among those shipped with archc, such as
    googlenet.yaml. Without one, all of specs/ are meant.
    """


@cli.command()
@specs_argument
@set_option
def check(specs: tuple[str, ...], settings: dict[str, float]) -> None:
    """Validate specs and hold their tables and budgets against what is computed."""
    failed = False
    for name in _all(specs):
        compiled = _compile(name, settings)
        findings = compiled if isinstance(compiled, list) else compiled.findings
        _report(findings)
        failed = failed or bool(findings)
        if not isinstance(compiled, list) and not findings:
            cost = compiled.analysis.cost
            matches, errata = (compiled.conformance.count(v) for v in ("match", "erratum"))
            cells = f"{matches} cells match, {errata} errata"
            table = cells if compiled.network.table else "no printed table"
            _echo(f"{name}: ok, {cost.params:,} params, {cost.macs:,} MACs, {table}")
    sys.exit(FINDINGS if failed else 0)


@cli.command()
@specs_argument
@out_option
@backend_option
@set_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not current.")
@click.option("--diff", is_flag=True, help="As --check, and show the differences.")
@click.option("--force", is_flag=True, help="Replace files that archc did not write.")
def build(
    specs: tuple[str, ...],
    out: Path,
    backend: str | None,
    settings: dict[str, float],
    check: bool,
    diff: bool,
    force: bool,
) -> None:
    """Compile specs to code, generated/<spec's stem>.py."""
    compiled = _compile_all(_all(specs), settings)
    from archc.builds import emit_files, orphans
    from archc.writer import check_files, diff_files, write_files

    files, findings = emit_files(compiled, _backend(backend), out, settings)
    _fail_on(findings)
    if check or diff:
        if diff:
            click.echo(diff_files(files), nl=False)
        _fail_on([*check_files(files), *orphans(compiled, files, out)])
        _echo(f"{len(files)} of {len(files)} generated files are current")
        return
    _fail_on(write_files(files, force))
    for file in files:
        _echo(f"wrote {file.path}")
    for spec in compiled:
        if count := len(spec.findings):
            message = (
                f"{spec.path}: not all is as the spec says, archc check shows {count} findings"
            )
            click.echo(message, err=True)


@cli.command()
@click.argument("spec")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md", "csv"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.option("--conventions", is_flag=True, help="Rank conventions by the cells they explain.")
@click.option("--layers", is_flag=True, help="Every layer instead of every row.")
@set_option
def table(
    spec: str, form: str, conventions: bool, layers: bool, settings: dict[str, float]
) -> None:
    """Print the paper's table: each cell computed, with its verdict.

    Exit status 1 where a printed cell is neither what is computed nor a declared erratum.
    """
    if conventions and layers:
        raise click.UsageError("--conventions and --layers are two different tables")
    (compiled,) = _compile_all([spec], settings)
    from archc import presentation
    from archc.conformance import rank_conventions

    analysis, conformance = compiled.analysis, compiled.conformance
    ranking = rank_conventions(analysis) if conventions else []
    if conventions and not ranking:
        raise click.UsageError(f"{spec} states no table with params or ops to explain")
    if form == "json":
        import json

        ranked = presentation.conventions_json(ranking)
        result = ranked if conventions else presentation.table_json(analysis, conformance)
        click.echo(json.dumps(result, indent=1))
    else:
        grid = presentation.table_grid(analysis, conformance)
        if conventions:
            grid = presentation.conventions_grid(ranking)
        elif layers:
            grid = presentation.layers_grid(analysis)
        _print_grid(grid, form)
        if form == "text" and not conventions:
            _echo("\n" + "\n".join(presentation.summary(analysis, conformance)))
    _fail_on(list(conformance.findings))


@cli.command()
@specs_argument
@out_option
@backend_option
def verify(specs: tuple[str, ...], out: Path, backend: str | None) -> None:
    """Run the generated code and hold it against the analysis. Needs torch."""
    compiled = _compile_all(_all(specs))
    from archc.backend import BackendUnavailable
    from archc.builds import emit_files
    from archc.diagnostics import Code, Diagnostic

    chosen = _backend(backend)
    failed = False
    for spec in compiled:
        files, findings = emit_files([spec], chosen, out)
        for file in files:
            if not file.path.is_file():
                hint = f"run archc build {spec.path}"
                message = f"{file.path} is missing"
                findings.append(Diagnostic(Code.MISSING_FILE, message, hint=hint))
                continue
            try:
                findings += chosen.verify(spec.analysis, file.path)
            except BackendUnavailable as unavailable:
                _stop(str(unavailable), USAGE)
        _report(findings)
        failed = failed or bool(findings)
        if not findings:
            _echo(
                f"{', '.join(str(file.path) for file in files)}: verified, every layer's shape, "
                f"every parameter, {spec.analysis.cost_with_aux.params:,} params and "
                f"{spec.analysis.cost_with_aux.macs:,} MACs as analysed"
            )
    sys.exit(FINDINGS if failed else 0)


@cli.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def diff(before: str, after: str, form: str) -> None:
    """Show what changed between two specs, row by row.

    BEFORE and AFTER are specs, or REV:path for a spec as git has it at a revision.
    """
    from archc.difference_view import difference_grid, difference_json, difference_lines
    from archc.differences import compare

    first, second = _compile_at(before), _compile_at(after)
    difference = compare(first.analysis, second.analysis)
    if form == "json":
        import json

        click.echo(json.dumps(difference_json(before, after, difference), indent=1))
        return
    lines = difference_lines(difference)
    if not (lines or difference.rows or difference.aux):
        _echo("no difference in the architecture")
        return
    _print_grid(difference_grid(difference), form)
    bullet = "- " if form == "md" else ""
    _echo("\n".join(["", *(f"{bullet}{line}" for line in lines)]) if lines else "")


@cli.command()
@click.argument("spec")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="What to write: .pt, .pth or .safetensors.",
)
@click.option(
    "--from",
    "origin",
    default=None,
    metavar="NAME",
    help="The mapping that the checkpoint's keys go through, one of the spec's checkpoints, or "
    "none for keys as they are. By default the only one.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where it does not fit.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@backend_option
@set_option
def weights(
    spec: str,
    checkpoint: Path,
    out: Path | None,
    origin: str | None,
    check: bool,
    force: bool,
    backend: str | None,
    settings: dict[str, float],
) -> None:
    """Turn a CHECKPOINT with other names into one for the generated network. Needs torch.

    Its keys go through a mapping that the spec declares among its checkpoints. Nothing is written
    where a tensor is missing, left over or of the wrong shape. A checkpoint without the auxiliary
    heads is fine.
    """
    if out is None and not check:
        raise click.UsageError("say -o FILE to write one, or --check to write nothing")
    (compiled,) = _compile_all([spec], settings)
    from archc.backend import BackendUnavailable
    from archc.checkpoints import match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.writer import File, write_new

    renaming = _renaming(compiled, origin)
    chosen = _backend(backend)
    try:
        tensors = chosen.read_weights(checkpoint)
        if isinstance(tensors, Diagnostic):
            _refuse(tensors)
        match = match_checkpoint(compiled.analysis, tensors, renaming)
        _fail_on(list(match.findings))
        what = f"{len(match.sources)} tensors of {compiled.network.name}"
        if out is not None and not check:
            given = {
                key: None if name is None else tensors[name] for key, name in match.sources.items()
            }
            encoded = chosen.encode_weights(given, out.suffix)
            if isinstance(encoded, Diagnostic):
                _refuse(encoded)
            if (finding := write_new(File(out, encoded), force)) is not None:
                _refuse(finding)
            _echo(f"wrote {out}: {what}")
        else:
            _echo(f"{checkpoint}: fits, {what}")
    except BackendUnavailable as unavailable:
        _stop(str(unavailable), USAGE)
    for note in match.notes:
        _echo(note)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "base", required=True, metavar="SPEC", help="The spec to start from.")
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def new(file: Path, base: str, force: bool) -> None:
    """Start a variant of a spec: FILE, with what may be changed commented in it.

    The schema that editors check it by is written beside it, archc.schema.json.
    """
    (compiled,) = _compile_all([base])
    import json

    from archc.editor_schema import editor_schema
    from archc.starter import SCHEMA_FILE, start_variant
    from archc.writer import File, write_new

    text = start_variant(compiled.network, compiled.path.name, file)
    if not isinstance(text, str):
        _fail_on([text])
        return
    contents = {file: text}
    if not file.with_name(SCHEMA_FILE).exists():
        contents[file.with_name(SCHEMA_FILE)] = json.dumps(editor_schema(), indent=1) + "\n"
    for path, content in contents.items():
        finding = write_new(File(path, content.encode()), force)
        _fail_on([finding] if finding else [])
    _echo(f"wrote {file}, a variant of {compiled.path.name}")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of specs, for editors."""
    import json

    from archc.editor_schema import editor_schema

    click.echo(json.dumps(editor_schema(), indent=1))


def main() -> NoReturn:
    """Run the command line; a fault of archc's own is one line and exit status 70."""
    # A short process: collecting cycles and taking the interpreter down would each take longer
    # than the analysis itself. See docs/decisions/0006-start-up.md.
    gc.disable()
    signal.signal(signal.SIGTERM, _terminate)
    status = FAULT
    try:
        cli()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else FINDINGS
    except Exception as fault:
        if os.environ.get("ARCHC_DEBUG"):
            raise
        message = f"archc: internal fault: {type(fault).__name__}: {fault}"
        click.echo(f"{message}\nPlease report it; ARCHC_DEBUG=1 shows where it happened.", err=True)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or FINDINGS
    os._exit(status)


def _terminate(number: int, _: object) -> NoReturn:
    """What is half written is removed on the way out, as it is at an interrupt."""
    sys.exit(128 + number)


def _all(specs: tuple[str, ...]) -> list[str]:
    if specs:
        return list(dict.fromkeys(specs))
    from archc.library import specs_in

    found = [str(path) for path in specs_in(Path("specs"))]
    if not found:
        raise click.UsageError("no SPEC given, and there is no specs/ folder with specs here")
    return found


def _compile(name: str, settings: dict[str, float]) -> "Compiled | list[Diagnostic]":
    # archc has no pydantic plugins, and looking for them reads every installed package's metadata.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from archc.pipeline import compile_spec

    return compile_spec(name, settings)


def _compile_all(
    names: Iterable[str], settings: dict[str, float] | None = None
) -> "list[Compiled]":
    results = [_compile(name, settings or {}) for name in names]
    _fail_on([finding for result in results if isinstance(result, list) for finding in result])
    return [result for result in results if not isinstance(result, list)]


def _compile_at(name: str) -> "Compiled":
    from archc.diagnostics import Diagnostic
    from archc.revisions import spec_at

    with spec_at(name) as path:
        _fail_on([path] if isinstance(path, Diagnostic) else [])
        (compiled,) = _compile_all([str(path)])
        return compiled


def _backend(name: str | None) -> "Backend":
    from archc.backend import DEFAULT, backends, load_backend

    backend = load_backend(name or DEFAULT)
    if backend is None:
        known = ", ".join(backends()) or "none is installed"
        raise click.UsageError(f"no backend {name or 'at all'}: there are {known}")
    return backend


def _renaming(compiled: "Compiled", origin: str | None) -> "Renaming | None":
    declared = compiled.network.checkpoints
    if origin == "none" or (origin is None and not declared):
        return None
    if origin is None and len(declared) == 1:
        (origin,) = declared
    if origin is None:
        raise click.UsageError(f"say --from one of {', '.join(declared)}, or --from none")
    if origin not in declared:
        known = ", ".join(declared) or "none"
        raise click.UsageError(f"no checkpoint {origin}: the spec declares {known}")
    return declared[origin]


def _report(findings: "Iterable[Diagnostic]") -> None:
    from archc.diagnostics import render

    for finding in findings:
        _echo(render(finding), err=True)


def _fail_on(findings: "list[Diagnostic]") -> None:
    _report(findings)
    if findings:
        sys.exit(FINDINGS)


def _refuse(finding: "Diagnostic") -> NoReturn:
    _report([finding])
    sys.exit(FINDINGS)


def _stop(message: str, status: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(status)


def _print_grid(grid: "Grid", form: str) -> None:
    from archc import grids

    if form == "text":
        _echo(grids.as_text(grid, lambda text, verdict: _style(text, verdict)))
    else:
        _echo(grids.as_markdown(grid) if form == "md" else grids.as_csv(grid))


def _style(text: str, verdict: str) -> str:
    return click.style(text, fg=_COLOURS[verdict]) if verdict in _COLOURS else text


def _echo(text: str, err: bool = False) -> None:
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
