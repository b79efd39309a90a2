"""``archc new``: starts a variant of a spec."""

from pathlib import Path

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples
from archc.commands.printing import echo, fail_on
from archc.commands.specs import compile_all


@click.command(
    "new",
    epilog=examples(
        "archc new mine.yaml --from base.yaml",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "base",
    required=True,
    metavar="SPEC",
    help="Spec to extend.",
    shell_complete=complete_spec,
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def command(file: Path, base: str, force: bool) -> None:
    """Start a variant of a spec.

    FILE lists everything that a variant can change, as comments. Also writes archc.schema.json, for
    editors, unless it exists.
    """
    (compiled,) = compile_all([base])
    from archc.driver.files.writer import File, write_new
    from archc.language.spec_files import name_of_base
    from archc.views.json_schema import schema_text
    from archc.views.new_variant import SCHEMA_FILE, start_variant

    extends = name_of_base(compiled.path, file.parent)
    text = start_variant(compiled.network, extends, file)
    if not isinstance(text, str):
        fail_on([text])
        return
    schema = file.with_name(SCHEMA_FILE)
    contents = {file: (text, f"a variant of {extends}")}
    if not schema.exists():
        contents[schema] = (schema_text(), "its schema for editors")
    for path, (content, what) in contents.items():
        diagnostic = write_new(File(path, content.encode()), force)
        fail_on([diagnostic] if diagnostic else [])
        echo(f"wrote {path}, {what}")
