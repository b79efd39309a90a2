"""``archc schema``."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs, by which editors complete and check them."""
    from archc.editor_schema import schema_text

    click.echo(schema_text(), nl=False)
