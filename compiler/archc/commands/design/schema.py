"""``archc schema``: prints the JSON Schema of specs."""

import click

from archc.commands.options import examples


@click.command(
    "schema",
    epilog=examples(
        "archc schema > archc.schema.json",
    ),
)
def command() -> None:
    """Print the JSON Schema of specs, for editors."""
    from archc.views.json_schema import schema_text

    click.echo(schema_text(), nl=False)
