"""``archc schema``."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs, for editors."""
    from archc.views.json_schema import schema_text

    click.echo(schema_text(), nl=False)
