"""``archc report``: draws networks, as a page or a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples, set_option
from archc.commands.printing import echo, fail_on
from archc.commands.specs import compile_all
from archc.language.settings import Settings

if TYPE_CHECKING:
    from typing import Literal

    from archc.diagnostics import Diagnostic
    from archc.driver.pipeline import Compiled
    from archc.views.drawing.svg import Theme

    Format = Literal["html", "svg", "png", "pdf"]

_FORMATS: "tuple[Format, ...]" = ("html", "svg", "png", "pdf")


@click.command(
    "report",
    epilog=examples(
        "archc report base.yaml mine.yaml -o compared.html",
        "archc report mine.yaml --at conv1 -o figure.svg",
    ),
)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete_spec)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="File to write.  [default: report.html, or report.FORMAT]",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(_FORMATS),
    default=None,
    help="HTML page or picture.  [default: from the suffix of FILE]",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Colours of a picture; auto follows the viewer's settings.",
)
@click.option(
    "--at", "path", default=None, metavar="PATH", help="Draw only this row, or part of a row."
)
@click.option("--module", default=None, metavar="NAME", help="Draw only this module.")
@click.option("--each", is_flag=True, help="Write one file for each SPEC, in the folder FILE.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is out of date.")
@click.option(
    "--force", is_flag=True, help="Replace FILE even if it was edited, or archc did not write it."
)
@set_option
def command(
    specs: tuple[str, ...],
    out: Path | None,
    output_format: "Format | None",
    theme: "Theme",
    path: str | None,
    module: str | None,
    each: bool,
    check: bool,
    force: bool,
    settings: Settings,
) -> None:
    """Draw networks: an HTML page, or a figure for a paper.

    Several SPECs are shown side by side, with their differences from the first marked. The page is
    a single file that loads nothing else. PNG and PDF need archc-compiler[pictures].
    """
    chosen = output_format or ("html" if each else _format_of(out))
    part = path is not None or module is not None
    if path is not None and module is not None:
        raise click.UsageError("use --at or --module, not both")
    if part and (chosen == "html" or len(specs) > 1):
        raise click.UsageError("--at and --module draw one SPEC as a picture: use --format svg")
    if theme != "auto" and chosen == "html":
        raise click.UsageError("--theme is only for pictures; a page follows the viewer's settings")
    if each and (out is None or part):
        raise click.UsageError("--each needs -o DIR, and cannot be used with --at or --module")
    if chosen in ("png", "pdf"):
        _can_convert(chosen)
    compiled = compile_all(specs, settings)
    from archc.driver.files.writer import File, check_files, write_files

    out = out or Path(f"report.{chosen}")
    groups = [(out, compiled)]
    if each:
        groups = [(out / f"{one.path.stem}.{chosen}", [one]) for one in compiled]
    fail_on(_clashes(groups))
    files = [File(file, _content(group, chosen, theme, path, module)) for file, group in groups]
    if check:
        fail_on(check_files(files, "archc report", diff=False))
        return
    outcome = write_files(files, force)
    fail_on(outcome.diagnostics)
    for file in files:
        path_written = file.path in outcome.written
        echo(f"wrote {file.path}" if path_written else f"{file.path} is current")


def _format_of(out: Path | None) -> "Format":
    """Return the format that the file's suffix names. Raises UsageError for any other."""
    if out is None:
        return "html"
    for output_format in _FORMATS:
        if out.suffix.lower() == f".{output_format}":
            return output_format
    endings = ", ".join(f".{output_format}" for output_format in _FORMATS)
    raise click.UsageError(f"-o {out}: use one of the suffixes {endings}, or --format")


def _clashes(groups: "list[tuple[Path, list[Compiled]]]") -> "list[Diagnostic]":
    """Return a diagnostic for each file that two specs would write, or that is a spec itself."""
    from archc.diagnostics import Code, Diagnostic

    diagnostics = []
    givers: dict[str, Path] = {}
    sources = {
        source.path.resolve()
        for _, group in groups
        for one in group
        for source in one.network.sources
        if source.path is not None
    }
    for file, group in groups:
        path = group[0].path
        # Some file systems ignore case.
        other = givers.setdefault(str(file).casefold(), path)
        if other != path:
            message = f"{other} and {path} would both write {file.name}"
            diagnostics.append(Diagnostic(Code.DUPLICATE_KEY, message, hint="rename one"))
        if file.resolve() in sources:
            diagnostics.append(Diagnostic(Code.UNWRITABLE, f"{file} is one of the specs"))
    return diagnostics


def _can_convert(output_format: str) -> None:
    from archc.views.drawing.export import can_convert

    if not can_convert():
        raise click.UsageError(
            f"--format {output_format} needs a converter: pip install 'archc-compiler[pictures]'"
        )


def _content(
    compiled: "list[Compiled]",
    output_format: "Format",
    theme: "Theme",
    path: str | None,
    module: str | None,
) -> bytes:
    """Return the content of one file."""
    from archc.driver.build import shared_stamp
    from archc.driver.files.stamps import seal

    stamp = shared_stamp(compiled).text
    if output_format == "html":
        from archc.views.page.document import write_page

        return seal(write_page(compiled, stamp))
    from archc.views.drawing.export import convert
    from archc.views.drawing.pictures import find_part, picture, picture_part, unknown_part

    analyses = [one.analysis for one in compiled]
    if path is None and module is None:
        svg = picture(analyses, theme, stamp)
    else:
        (analysis,) = analyses
        part = find_part(analysis.network, path, module)
        if part is None:
            raise click.UsageError(unknown_part(analysis.network, path, module))
        svg = picture_part(analysis, part, module is not None, theme, stamp)
    return seal(svg) if output_format == "svg" else convert(svg, output_format)
