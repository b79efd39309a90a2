"""``archc new``."""

from pathlib import Path

import click

from archc.commands.common import (
    compile_all,
    echo,
    fail_on,
)
from archc.completion import complete_spec


@click.command("new")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "base",
    required=True,
    metavar="SPEC",
    help="The spec to start from.",
    shell_complete=complete_spec,
)
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def command(file: Path, base: str, force: bool) -> None:
    """Start a variant of a spec.

    FILE has everything that may be changed in it, as comments. The schema that editors check it by
    is written beside it, archc.schema.json.
    """
    (compiled,) = compile_all([base])
    from archc.editor_schema import schema_text
    from archc.library import name_of_base
    from archc.starter import SCHEMA_FILE, start_variant
    from archc.writer import File, write_new

    extends = name_of_base(compiled.path, file.parent)
    text = start_variant(compiled.network, extends, file)
    if not isinstance(text, str):
        fail_on([text])
        return
    schema = file.with_name(SCHEMA_FILE)
    contents = {file: (text, f"a variant of {extends}")}
    if not schema.exists():
        contents[schema] = (schema_text(), "by which editors check it")
    for path, (content, what) in contents.items():
        finding = write_new(File(path, content.encode()), force)
        fail_on([finding] if finding else [])
        echo(f"wrote {path}, {what}")
