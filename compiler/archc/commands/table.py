"""``archc table``."""

import click

from archc.commands.common import (
    compile_all,
    echo_document,
    fail_on,
    print_csv,
    print_grid,
    set_option,
)
from archc.completion import complete_spec


@click.command("table")
@click.argument("spec", shell_complete=complete_spec)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md", "csv", "latex"]),
    default="text",
    show_default=True,
    help="How to print.",
)
@click.option("--conventions", is_flag=True, help="Rank conventions by the cells they explain.")
@click.option("--layers", is_flag=True, help="Every layer instead of every row.")
@set_option
def command(
    spec: str, form: str, conventions: bool, layers: bool, settings: dict[str, float]
) -> None:
    """Print the paper's table, each cell checked, and the totals.

    Exit status 1 where a printed cell is neither what is computed nor a declared erratum.
    """
    if conventions and layers:
        raise click.UsageError("--conventions and --layers are two different tables")
    (compiled,) = compile_all([spec], settings)
    from archc import presentation, records
    from archc.conformance import rank_conventions

    analysis, conformance = compiled.analysis, compiled.conformance
    ranking = rank_conventions(analysis) if conventions else []
    if conventions and not ranking:
        raise click.UsageError(f"{spec} states no table with params or ops to explain")
    if form == "json":
        import json

        result: object = records.table_json(analysis, conformance)
        if conventions:
            result = records.conventions_json(ranking)
        elif layers:
            result = records.layers_records(analysis, repeats=False)
        echo_document(json.dumps(result, indent=1))
    elif form == "csv":
        if conventions:
            print_csv(records.conventions_records(ranking))
        elif layers:
            print_csv(records.layers_records(analysis))
        else:
            print_csv(records.table_records(analysis, conformance))
    else:
        grid = presentation.table_grid(analysis, conformance)
        if conventions:
            grid = presentation.conventions_grid(ranking)
        elif layers:
            grid = presentation.layers_grid(analysis)
        notes = [] if conventions else presentation.summary(analysis, conformance, layers)
        print_grid(grid, form, notes)
    fail_on(list(conformance.findings))
