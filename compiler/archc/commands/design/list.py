"""``archc list``."""

import shutil
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from archc.commands.printing import echo, echo_document, echo_lines
from archc.commands.specs import quickly

if TYPE_CHECKING:
    from archc.driver.spec_list import ListedSpec

_HEADINGS = {"here": "Here", "specs": "In specs/", "shipped": "Shipped with archc"}


@click.command("list")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print.",
)
def command(form: str) -> None:
    """List the specs that are found by name.

    Those here, in specs/ and shipped with archc, each with its parameters and what it is.
    """
    quickly()
    from archc.driver.spec_list import list_specs

    listed = list_specs()
    if form == "json":
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
    """Name, parameters and description, on a terminal as far as it is wide."""
    name = f"  {one.file.path.stem.ljust(width)}"
    if isinstance(one.compiled, list):
        return f"{name}  not valid: archc check {one.file.name} says why"
    params, about = one.compiled.analysis.cost.params, one.compiled.network.about
    line = f"{name}  {params:>11,} params  {about}".rstrip()
    most = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
    return line if len(line) <= most else f"{line[: most - 3].rstrip()}..."
