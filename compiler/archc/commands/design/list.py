"""``archc list``: lists the specs that can be named without a path."""

import shutil
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from archc.commands.options import examples
from archc.commands.printing import echo, echo_document, echo_lines
from archc.commands.specs import disable_pydantic_plugins

if TYPE_CHECKING:
    from archc.driver.spec_list import ListedSpec

_HEADINGS = {"here": "Here", "specs": "In specs/", "shipped": "Shipped with archc"}


@click.command(
    "list",
    epilog=examples(
        "archc list",
        "archc list --format json",
    ),
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
def command(output_format: str) -> None:
    """List the specs that you can name without a path.

    Specs in the current folder, in specs/ and shipped with archc, with their parameters.
    """
    disable_pydantic_plugins()
    from archc.driver.spec_list import list_specs

    listed = list_specs()
    if output_format == "json":
        import json

        echo_document(json.dumps([one.record() for one in listed], indent=1))
        return
    width = max((len(one.file.path.stem) for one in listed), default=0)
    groups = [list(group) for _, group in groupby(listed, lambda one: one.where)]
    for number, group in enumerate(groups):
        heading = f"{_HEADINGS[group[0].where]}:"
        echo_lines("\n".join([*([""] if number else []), heading]))
        for one in group:
            echo(_line(one, width))


def _line(one: "ListedSpec", width: int) -> str:
    """Return the spec's line: name, parameters and description, cut to the terminal's width."""
    name = f"  {one.file.path.stem.ljust(width)}"
    if isinstance(one.compiled, list):
        return f"{name}  invalid; run archc check {one.file.name}"
    params, about = one.compiled.analysis.cost.params, one.compiled.network.about
    line = f"{name}  {params:>11,} params  {about}".rstrip()
    most = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."
