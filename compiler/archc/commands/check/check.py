"""``archc check``: validates and lints specs, checks tables and budgets."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from archc.commands.options import examples, set_option, specs_argument
from archc.commands.printing import EXIT_ERRORS, echo, echo_document, echo_lines, fail_on
from archc.commands.specs import all_specs, disable_pydantic_plugins
from archc.diagnostics.wording import pluralize
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.checks.lints import LintSelection
    from archc.diagnostics.check_result import CheckResult
    from archc.language.spec_files import SpecFile

TEXT_FORMATS = ("full", "concise")
"""Formats for people: each spec is printed as soon as it is checked."""
DOCUMENT_FORMATS = ("json", "sarif", "github", "junit")
"""Formats for tools: one document for all specs, written by ``views/formats``."""


@click.command(
    "check",
    epilog=examples(
        "archc check",
        "archc check mine.yaml --fix",
        "archc check --strict --format github",
    ),
)
@specs_argument
@set_option
@click.option(
    "--format",
    "output_format",
    type=click.Choice([*TEXT_FORMATS, *DOCUMENT_FORMATS]),
    default="full",
    show_default=True,
    help="Output format.",
)
@click.option("--fix", is_flag=True, help="Apply safe fixes to the specs.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.option("--select", multiple=True, metavar="LINT", help="Run only this lint (repeatable).")
@click.option(
    "--ignore", multiple=True, metavar="LINT", help="Skip this lint, or all (repeatable)."
)
@click.option("--target", metavar="NAME", help="Hardware for performance lints.")
def command(
    specs: tuple[str, ...],
    settings: Settings,
    output_format: str,
    fix: bool,
    strict: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    target: str | None,
) -> None:
    """Validate and lint specs; check their tables and budgets.

    Printed tables and budgets are checked against the values that archc computes. LINT is a lint's
    name or code; archc explain lists them.
    """
    disable_pydantic_plugins()
    from archc.driver.check import check_spec

    selection = _selection(select, ignore, target)
    results = []
    for spec in all_specs(specs):
        if fix:
            _fix(spec, settings, selection)
        result = check_spec(spec, settings, selection)
        results.append(result)
        if output_format in TEXT_FORMATS:
            _print(result, output_format)
    if output_format in DOCUMENT_FORMATS:
        document = import_module(f"archc.views.formats.{output_format}").write(results)
        if document:
            echo_document(document)
    else:
        _print_counts(results, fix)
    failed = any(result.diagnostics if strict else result.errors for result in results)
    sys.exit(EXIT_ERRORS if failed else 0)


def _selection(
    select: tuple[str, ...], ignore: tuple[str, ...], target: str | None
) -> "LintSelection":
    from archc.checks.lints import ALL, LintSelection, lints
    from archc.diagnostics import suggest_keyword
    from archc.language.sections.lint_settings import TARGETS

    if select or ignore:
        known = {ALL, *lints(), *(lint.code for lint in lints().values())}
        for word in (*select, *ignore):
            if word not in known:
                hint = suggest_keyword(word, known) or f"the lints are {', '.join(lints())}"
                raise click.UsageError(f"unknown lint {word}: {hint}")
    if target is not None and target not in TARGETS:
        raise click.UsageError(f"unknown target {target}: the targets are {', '.join(TARGETS)}")
    return LintSelection(select, ignore, target)


def _fix(spec: "str | SpecFile", settings: Settings, selection: "LintSelection") -> None:
    from archc.driver.fix import fix_spec

    fixed = fix_spec(spec, settings, selection)
    if fixed.number:
        echo(f"{spec}: {pluralize(fixed.number, 'diagnostic')} fixed", err=True)
    fail_on([fixed.diagnostic] if fixed.diagnostic else [])


def _print(result: "CheckResult", output_format: str) -> None:
    """Print diagnostics on standard error, and a line on standard output for a valid spec."""
    from archc.diagnostics import render

    for diagnostic in result.diagnostics:
        if output_format == "full":
            echo_lines(render(diagnostic), err=True)
        else:
            hint = f"; {diagnostic.hint}" if diagnostic.hint else ""
            echo(f"{diagnostic.headline}{hint}", err=True)
    summary = result.summary
    if summary is not None and not result.errors:
        cells = f"{summary.matches} cells match, {summary.errata} errata"
        table = cells if summary.matches or summary.errata else "no printed table"
        warned = f", {pluralize(len(result.diagnostics), 'warning')}" if result.diagnostics else ""
        totals = f"{summary.params:,} params, {summary.macs:,} MACs"
        echo(f"{result.spec}: ok, {totals}, {table}{warned}")


def _print_counts(results: "list[CheckResult]", fix: bool) -> None:
    """Print the number of diagnostics, and how many --fix would fix, or that it fixes none."""
    from archc.diagnostics import Severity
    from archc.diagnostics.check_result import count_diagnostics

    numbers = {severity: count_diagnostics(results, severity) for severity in Severity}
    if not any(numbers.values()):
        return
    safe = sum(len(result.fixable) for result in results)
    found = ", ".join(pluralize(number, severity) for severity, number in numbers.items() if number)
    fixes = f"; archc check --fix fixes {safe}" if safe else "; no safe fix" if fix else ""
    echo(f"{found}{fixes}", err=True)
