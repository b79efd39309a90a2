"""``archc report``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.common import compile_all, echo, fail_on, set_option
from archc.completion import complete_spec

if TYPE_CHECKING:
    from typing import Literal

    from archc.drawing.picture import PictureForm
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
@click.option("--force", is_flag=True, help="Replace FILE, whatever it is.")
@set_option
def command(
    specs: tuple[str, ...],
    out: Path | None,
    form: "Form | None",
    theme: "Theme",
    path: str | None,
    module: str | None,
    force: bool,
    settings: dict[str, float],
) -> None:
    """Show networks: as a page with pictures and tables, or as a picture for a paper.

    Several SPECs stand side by side, and what differs from the first is marked. A page is one
    file that loads nothing. PNG and PDF need the extra pictures.
    """
    chosen = form or _form_of(out)
    if (path or module) and (chosen == "html" or len(specs) > 1 or (path and module)):
        raise click.UsageError("--at and --module draw a part of one SPEC, and not a page")
    if theme != "auto" and chosen == "html":
        raise click.UsageError("--theme is for pictures; a page follows the reader's screen")
    compiled = compile_all(specs, settings)
    from archc.builds import stamp_of
    from archc.stamps import sealed
    from archc.visible import visible
    from archc.writer import File, write_files, write_new

    out = out or Path(f"report.{chosen}")
    stamp = visible(stamp_of(compiled, settings).text)
    if chosen == "html":
        from archc.page.document import write_page

        content = write_page(compiled, stamp)
    else:
        content = _picture(compiled, chosen, theme, path, module, stamp)
    if chosen in ("png", "pdf"):
        # Nothing in it tells that archc wrote it.
        fail_on([finding] if (finding := write_new(File(out, content), force)) else [])
    else:
        outcome = write_files([File(out, sealed(content))], force)
        fail_on(outcome.findings)
        if not outcome.written:
            echo(f"{out} is current")
            return
    echo(f"wrote {out}")


def _form_of(out: Path | None) -> "Form":
    """The format that a file's name ends with; a page where it ends otherwise."""
    suffix = "" if out is None else out.suffix.lower().removeprefix(".")
    for form in _FORMS:
        if form == suffix:
            return form
    return "html"


def _picture(
    compiled: "list[Compiled]",
    form: "PictureForm",
    theme: "Theme",
    path: str | None,
    module: str | None,
    stamp: str,
) -> bytes:
    from archc.difference_marks import differences_to_first, marks_of
    from archc.drawing.network import draw_network, draw_side_by_side
    from archc.drawing.picture import can_convert, convert, draw_file, write_picture

    if form != "svg" and not can_convert():
        raise click.UsageError(
            f"--format {form} needs what draws it: pip install 'archc-compiler[pictures]'"
        )
    if len(compiled) == 1:
        analysis = compiled[0].analysis
        drawn = draw_file(analysis, path, module, theme, stamp)
        if drawn is None:
            what = f"row or layer {path}" if module is None else f"module {module}"
            raise click.UsageError(f"{analysis.network.name} has no {what}")
    else:
        analyses = [one.analysis for one in compiled]
        marks = marks_of(analyses, differences_to_first(analyses))
        blocks = [draw_network(*pair) for pair in zip(analyses, marks, strict=True)]
        names = [one.network.name for one in analyses]
        block = draw_side_by_side(tuple(zip(names, blocks, strict=True)))
        drawn = write_picture(block, ", ".join(names), {}, theme, stamp)
    return drawn if form == "svg" else convert(drawn, form)
