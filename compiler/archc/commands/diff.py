"""``archc diff``."""

from typing import TYPE_CHECKING

import click

from archc.commands.common import (
    compile_at,
    echo,
    echo_document,
    echo_lines,
    print_grid,
)
from archc.completion import complete_spec
from archc.visible import one_line

if TYPE_CHECKING:
    from archc.differences import Difference


@click.command("diff")
@click.argument("before", shell_complete=complete_spec)
@click.argument("afters", nargs=-1, required=True, metavar="AFTER...", shell_complete=complete_spec)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(before: str, afters: tuple[str, ...], form: str) -> None:
    """Show what changed between two specs, row by row.

    BEFORE and AFTER are specs, or REV:path for a spec as git has it at a revision. With several
    AFTER, each is compared with BEFORE.
    """
    from archc.difference_view import difference_json
    from archc.differences import compare

    first = compile_at(before).analysis
    differences = {after: compare(first, compile_at(after).analysis) for after in afters}
    if form == "json":
        import json

        documents = [difference_json(before, after, one) for after, one in differences.items()]
        whole: object = documents if len(afters) > 1 else documents[0]
        echo_document(json.dumps(whole, indent=1))
        return
    for number, (after, difference) in enumerate(differences.items()):
        if len(afters) > 1:
            heading = f"{one_line(before)} -> {one_line(after)}"
            gap = [""] if number else []
            echo_lines("\n".join([*gap, f"### {heading}" if form == "md" else heading, ""]))
        _print_difference(difference, form)


def _print_difference(difference: "Difference", form: str) -> None:
    from archc.difference_view import difference_grid, difference_lines

    lines = difference_lines(difference)
    if not (lines or difference.rows or difference.aux):
        echo("no difference in the architecture")
        return
    print_grid(difference_grid(difference), form)
    bullet = "- " if form == "md" else ""
    echo_lines("\n".join(["", *(f"{bullet}{line}" for line in lines)]) if lines else "")
