"""``archc diff``."""

import click

from archc.commands.common import (
    compile_at,
    echo,
    echo_document,
    echo_lines,
    print_grid,
)
from archc.completion import complete_spec


@click.command("diff")
@click.argument("before", shell_complete=complete_spec)
@click.argument("after", shell_complete=complete_spec)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(before: str, after: str, form: str) -> None:
    """Show what changed between two specs, row by row.

    BEFORE and AFTER are specs, or REV:path for a spec as git has it at a revision.
    """
    from archc.difference_view import difference_grid, difference_json, difference_lines
    from archc.differences import compare

    first, second = compile_at(before), compile_at(after)
    difference = compare(first.analysis, second.analysis)
    if form == "json":
        import json

        echo_document(json.dumps(difference_json(before, after, difference), indent=1))
        return
    lines = difference_lines(difference)
    if not (lines or difference.rows or difference.aux):
        echo("no difference in the architecture")
        return
    print_grid(difference_grid(difference), form)
    bullet = "- " if form == "md" else ""
    echo_lines("\n".join(["", *(f"{bullet}{line}" for line in lines)]) if lines else "")
