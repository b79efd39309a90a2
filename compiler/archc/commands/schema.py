"""``archc schema``."""

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of specs, for editors."""
    import json

    from archc.editor_schema import editor_schema

    click.echo(json.dumps(editor_schema(), indent=1))
