"""``archc report``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.common import compile_all, echo, fail_on, set_option
from archc.completion import complete_spec

if TYPE_CHECKING:
    from typing import Literal

    from archc.drawing.svg import Theme
    from archc.pipeline import Compiled

    Form = Literal["html", "svg", "png", "pdf"]

_FORMS: "tuple[Form, ...]" = ("html", "svg", "png", "pdf")


@click.command("report")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...", shell_complete=complete_spec)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="What to write; by default report.html, or as the format ends.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    default=None,
    help="A page, or the picture alone; by default as FILE ends.",
)
@click.option(
    "--theme",
    type=click.Choice(["auto", "light", "dark"]),
    default="auto",
    show_default=True,
    help="Colours of a picture; auto follows the reader's screen.",
)
@click.option("--at", "path", default=None, metavar="PATH", help="Draw one row, or a part of it.")
@click.option("--module", default=None, metavar="NAME", help="Draw a module as it is defined.")
@click.option("--each", is_flag=True, help="A file for each SPEC, in the folder FILE.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not current.")
@click.option("--force", is_flag=True, help="Replace FILE, whatever it is.")
@set_option
def command(
    specs: tuple[str, ...],
    out: Path | None,
    form: "Form | None",
    theme: "Theme",
    path: str | None,
    module: str | None,
    each: bool,
    check: bool,
    force: bool,
    settings: dict[str, float],
) -> None:
    """Show networks: as a page with pictures and tables, or as a picture for a paper.

    Several SPECs stand side by side, and what differs from the first is marked. A page is one
    file that loads nothing. PNG and PDF need the extra pictures.
    """
    chosen = form or _form_of(out)
    part = path is not None or module is not None
    if part and (chosen == "html" or len(specs) > 1 or None not in (path, module)):
        raise click.UsageError("--at and --module draw a part of one SPEC, and not a page")
    if theme != "auto" and chosen == "html":
        raise click.UsageError("--theme is for pictures; a page follows the reader's screen")
    if each and (out is None or part):
        raise click.UsageError("--each goes with -o DIR, and with whole networks")
    if chosen in ("png", "pdf"):
        _can_convert(chosen)
    compiled = compile_all(specs, settings)
    from archc.writer import File, check_files, write_files

    out = out or Path(f"report.{chosen}")
    groups = {out / f"{one.path.stem}.{chosen}": [one] for one in compiled} if each else {}
    files = [
        File(file, _content(group, chosen, theme, path, module, settings))
        for file, group in (groups or {out: compiled}).items()
    ]
    if check:
        hint = "run archc report again, without --check"
        fail_on([finding._replace(hint=hint) for finding in check_files(files)])
        return
    outcome = write_files(files, force)
    fail_on(outcome.findings)
    for file in files:
        echo(f"wrote {file.path}" if file.path in outcome.written else f"{file.path} is current")


def _form_of(out: Path | None) -> "Form":
    """The format that a file's name ends with; a page where it ends otherwise."""
    suffix = "" if out is None else out.suffix.lower().removeprefix(".")
    for form in _FORMS:
        if form == suffix:
            return form
    return "html"


def _can_convert(form: str) -> None:
    from archc.drawing.picture import can_convert

    if not can_convert():
        raise click.UsageError(
            f"--format {form} needs what draws it: pip install 'archc-compiler[pictures]'"
        )


def _content(
    compiled: "list[Compiled]",
    form: "Form",
    theme: "Theme",
    path: str | None,
    module: str | None,
    settings: dict[str, float],
) -> bytes:
    """The bytes of one file."""
    from archc.builds import stamp_of
    from archc.stamps import sealed
    from archc.visible import visible

    stamp = visible(stamp_of(compiled, settings).text)
    if form == "html":
        from archc.page.document import write_page

        return sealed(write_page(compiled, stamp))
    from archc.drawing.picture import convert
    from archc.drawing.pictures import find_part, picture, picture_part

    analyses = [one.analysis for one in compiled]
    if path is None and module is None:
        svg = picture(analyses, theme, stamp)
    else:
        (analysis,) = analyses
        part = find_part(analysis.network, path, module)
        if part is None:
            what = f"row or layer {path}" if module is None else f"module {module}"
            raise click.UsageError(f"{analysis.network.name} has no {what}")
        svg = picture_part(analysis, part, module is not None, theme, stamp)
    return sealed(svg) if form == "svg" else convert(svg, form)
