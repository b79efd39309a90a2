"""``archc table``: prints a network's table, checked against the paper's."""

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples, set_option
from archc.commands.printing import echo_document, fail_on, print_csv, print_table
from archc.commands.specs import compile_all
from archc.language.settings import Settings


@click.command(
    "table",
    epilog=examples(
        "archc table mine.yaml",
        "archc table mine.yaml --layers --format csv",
        "archc table mine.yaml --explain 1.5G",
        "archc table mine.yaml --set classes=10",
    ),
)
@click.argument("spec", shell_complete=complete_spec)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "md", "csv", "latex", "badge"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--conventions",
    is_flag=True,
    help="Rank ways of counting by the printed cells they explain.",
)
@click.option("--layers", is_flag=True, help="List layers instead of rows.")
@click.option(
    "--explain",
    "number",
    metavar="NUMBER",
    help="Find the ways of counting that give the number of another tool or paper, such as 13.0M.",
)
@set_option
def command(
    spec: str,
    output_format: str,
    conventions: bool,
    layers: bool,
    number: str | None,
    settings: Settings,
) -> None:
    """Print a network's table, checked against the paper's, and totals.

    Exits 1 if a printed cell differs from the computed value and no erratum declares it.
    """
    if conventions + layers + (number is not None) > 1:
        raise click.UsageError("use only one of --conventions, --layers and --explain")
    if output_format == "badge" and (conventions or layers or number is not None):
        raise click.UsageError(
            "--format badge cannot be used with --conventions, --layers or --explain"
        )
    if number is not None:
        _explain(spec, number, output_format, settings)
        return
    (compiled,) = compile_all([spec], settings)
    from archc.checks.conventions import rank_conventions
    from archc.views.tables import counting, network

    analysis, conformance = compiled.analysis, compiled.conformance
    ranking = rank_conventions(analysis) if conventions else []
    if conventions and not ranking:
        raise click.UsageError(f"the table of {spec} has no params or ops to explain")
    if output_format in ("json", "badge"):
        import json

        from archc.views.tables.json import badge_json, network_json

        make = badge_json if output_format == "badge" else network_json
        result: object = make(analysis, conformance)
        if conventions:
            result = counting.conventions_json(ranking)
        elif layers:
            result = network.layers_records(analysis, repeats=False)
        echo_document(json.dumps(result, indent=1))
    elif output_format == "csv":
        if conventions:
            print_csv(counting.conventions_records(ranking))
        elif layers:
            print_csv(network.layers_records(analysis))
        else:
            print_csv(network.rows_records(analysis, conformance))
    else:
        table = network.rows_table(analysis, conformance)
        if conventions:
            table = counting.conventions_table(ranking)
        elif layers:
            table = network.layers_table(analysis)
        notes = [] if conventions else network.summary(analysis, conformance, layers)
        print_table(table, output_format, notes)
    fail_on(list(conformance.diagnostics))


def _explain(spec: str, number: str, output_format: str, settings: Settings) -> None:
    """Print which counts of the network round to the number."""
    from archc.checks.explain_number import explain_number, parse_quantity
    from archc.views.tables.counting import interpretations_records, interpretations_table

    quantity = parse_quantity(number)
    if quantity is None:
        raise click.UsageError(
            f"--explain {number}: expected a number such as 13.0M, 1.5 GFLOPs or 1,582,671,872"
        )
    (compiled,) = compile_all([spec], settings)
    readings = explain_number(compiled.analysis, quantity)
    if output_format == "json":
        import json

        echo_document(json.dumps(interpretations_records(readings), indent=1))
    elif output_format == "csv":
        print_csv(interpretations_records(readings))
    else:
        print_table(interpretations_table(quantity, readings), output_format)
