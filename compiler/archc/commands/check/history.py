"""``archc history``."""

from pathlib import Path

import click

from archc.commands.completion import complete_spec
from archc.commands.printing import echo, echo_document, print_csv, print_table, refuse
from archc.commands.specs import quickly


@click.command("history")
@click.argument("spec", shell_complete=complete_spec)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md", "csv"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Draw it, as .svg, .png or .pdf.",
)
def command(spec: str, form: str, plot: Path | None) -> None:
    """Show what a network cost over its commits, newest first.

    Commits that changed it count, in the specs that it extends too; a merge is one commit. A spec
    that was renamed is followed.
    """
    quickly()
    from archc.diagnostics import Diagnostic
    from archc.driver.revisions.history import history_of
    from archc.language.library import find_spec
    from archc.views.tables.history import draw, history_grid, history_records

    if plot is not None:
        from archc.views.plots import check_plot

        if problem := check_plot(plot):
            raise click.UsageError(problem)
    file = find_spec(spec)
    if isinstance(file, Diagnostic):
        refuse(file)
    history = history_of(file.path)
    if isinstance(history, Diagnostic):
        refuse(history)
    if form == "json":
        import json

        echo_document(json.dumps(history_records(history), indent=1))
    elif form == "csv":
        print_csv(history_records(history))
    else:
        print_table(history_grid(history), form)
    if history.is_shallow:
        echo("this clone is shallow and lacks older commits: git fetch --unshallow", err=True)
    if plot is not None:
        if diagnostic := draw(spec, history, plot):
            refuse(diagnostic)
        echo(f"wrote {plot}", err=True)
