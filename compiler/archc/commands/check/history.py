"""``archc history``: shows how a network's cost changed over its commits."""

from pathlib import Path

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples
from archc.commands.printing import echo, echo_document, fail, print_csv, print_table
from archc.commands.specs import disable_pydantic_plugins


@click.command(
    "history",
    epilog=examples(
        "archc history mine.yaml",
        "archc history mine.yaml --plot history.svg",
    ),
)
@click.argument("spec", shell_complete=complete_spec)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "md", "csv"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a chart to FILE (.svg, .png or .pdf).",
)
def command(spec: str, output_format: str, plot: Path | None) -> None:
    """Show how a network's cost changed over its commits.

    Lists the commits that changed the spec or a spec that it extends, newest first. A merge is one
    commit. Renames are followed.
    """
    disable_pydantic_plugins()
    from archc.diagnostics import Diagnostic
    from archc.driver.revisions.history import history_of
    from archc.language.spec_files import find_spec
    from archc.views.tables.history import draw, history_records, history_table

    if plot is not None:
        from archc.views.plots import check_plot

        if problem := check_plot(plot):
            raise click.UsageError(problem)
    file = find_spec(spec)
    if isinstance(file, Diagnostic):
        fail(file)
    history = history_of(file.path)
    if isinstance(history, Diagnostic):
        fail(history)
    if output_format == "json":
        import json

        echo_document(json.dumps(history_records(history), indent=1))
    elif output_format == "csv":
        print_csv(history_records(history))
    else:
        print_table(history_table(history), output_format)
    if history.is_shallow:
        echo("this clone is shallow and lacks older commits: git fetch --unshallow", err=True)
    if plot is not None:
        if diagnostic := draw(spec, history, plot):
            fail(diagnostic)
        echo(f"wrote {plot}", err=True)
