"""``archc diff``: compares specs, also with an older revision."""

import re
from fractions import Fraction
from typing import TYPE_CHECKING

import click

from archc.commands.completion import complete_spec
from archc.commands.options import examples
from archc.commands.printing import echo, echo_document, echo_lines, fail, fail_on, print_table
from archc.commands.specs import all_specs, compile_all, compile_revision
from archc.diagnostics.escapes import escape_line

if TYPE_CHECKING:
    from archc.analyses.differences import Difference
    from archc.driver.revisions.changes import Limit

COUNTS = ("params", "params_with_aux", "macs", "macs_with_aux", "depth", "activations")
_PERCENT = re.compile(r"([0-9]+(?:\.[0-9]+)?)%", re.ASCII)


def _limits(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> "list[Limit]":
    """Parse ``COUNT=PERCENT%`` pairs."""
    from archc.driver.revisions.changes import Limit

    limits = []
    for value in values:
        name, _, number = value.partition("=")
        percent = _PERCENT.fullmatch(number)
        if percent is None:
            raise click.BadParameter(f"expected COUNT=PERCENT% such as params=5%, got {value!r}")
        if name not in COUNTS:
            raise click.BadParameter(f"unknown count {name}: the counts are {', '.join(COUNTS)}")
        limits.append(Limit(name, Fraction(percent[1])))
    return limits


@click.command(
    "diff",
    epilog=examples(
        "archc diff base.yaml mine.yaml",
        "archc diff HEAD:specs/mine.yaml specs/mine.yaml",
        "archc diff --against main --max-increase params=5%",
    ),
)
@click.argument(
    "specs", nargs=-1, metavar="BEFORE AFTER... | [SPEC]...", shell_complete=complete_spec
)
@click.option("--against", metavar="REV", help="Compare each SPEC with its version at REV in git.")
@click.option(
    "--max-increase",
    "limits",
    multiple=True,
    callback=_limits,
    metavar="COUNT=PERCENT%",
    help="Exit 1 if a count grew by more, such as params=5%.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json", "md"]),
    default="text",
    show_default=True,
    help="Output format.",
)
def command(
    specs: tuple[str, ...], against: str | None, limits: "list[Limit]", output_format: str
) -> None:
    """Compare specs, row by row and in total.

    BEFORE and AFTER are specs, or REV:path for a spec at a revision in git. Each AFTER is compared
    with BEFORE. With --against, each SPEC, or all of specs/, is compared with its version at REV.
    """
    if against is not None:
        _compare_all(specs, against, limits, output_format)
        return
    if len(specs) < 2:
        raise click.UsageError("name BEFORE and AFTER, or use --against REV")
    from archc.analyses.differences import compare
    from archc.driver.revisions.changes import check_limits
    from archc.views.tables.difference import difference_json

    before, *afters = specs
    first = compile_revision(before).analysis
    differences = {after: compare(first, compile_revision(after).analysis) for after in afters}
    if output_format == "json":
        import json

        documents = [difference_json(before, after, one) for after, one in differences.items()]
        whole: object = documents if len(afters) > 1 else documents[0]
        echo_document(json.dumps(whole, indent=1))
    else:
        for number, (after, difference) in enumerate(differences.items()):
            if len(afters) > 1:
                gap = [""] if number else []
                echo_lines("\n".join([*gap, _heading(before, after, output_format), ""]))
            if difference.is_empty:
                echo("no difference in the architecture")
            else:
                _print(difference, output_format)
    fail_on(
        [
            diagnostic
            for after, difference in differences.items()
            for diagnostic in check_limits(after, difference.totals, limits, before)
        ]
    )


def _heading(before: str, after: str, output_format: str) -> str:
    if output_format != "md":
        return f"{escape_line(before)} -> {escape_line(after)}"
    from archc.views.markdown import escape

    return f"### {escape(before)} -> {escape(after)}"


def _print(difference: "Difference", output_format: str) -> None:
    """Print the rows that differ, the totals, and the changes in each row."""
    from archc.views.tables.difference import difference_lines, difference_table, totals_table

    print_table(difference_table(difference), output_format)
    echo("")
    print_table(totals_table(difference.totals), output_format, difference_lines(difference))


def _compare_all(
    names: tuple[str, ...], revision: str, limits: "list[Limit]", output_format: str
) -> None:
    from archc.diagnostics import Diagnostic
    from archc.driver.revisions.changes import changes_since, check_limits, path_of
    from archc.language.spec_files import SpecFile
    from archc.views.tables.changes import as_comment, changes_json, closing_line, summary_table

    files = all_specs(names)
    compiled = compile_all(files)
    paths = [path_of(file) for file in files if isinstance(file, SpecFile)]
    changes = changes_since(revision, dict(zip(paths, compiled, strict=True)), not names)
    if isinstance(changes, Diagnostic):
        fail(changes)
    if output_format == "json":
        import json

        echo_document(json.dumps(changes_json(changes, revision), indent=1))
    elif output_format == "md":
        echo_lines(as_comment(changes, revision))
    else:
        if any(change.kind != "unchanged" for change in changes):
            print_table(summary_table(changes), output_format)
            echo("")
        for change in changes:
            if change.difference and not change.difference.is_empty:
                echo(f"{change.spec}:")
                _print(change.difference, output_format)
                echo("")
        echo(closing_line(changes, revision))
    diagnostics: list[Diagnostic] = []
    for change in changes:
        if change.difference:
            diagnostics += check_limits(change.spec, change.difference.totals, limits, revision)
    fail_on(diagnostics)
