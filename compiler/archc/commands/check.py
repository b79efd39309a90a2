"""``archc check``."""

import sys
from functools import cache

import click

from archc.commands.common import (
    FINDINGS,
    all_specs,
    compile_one,
    echo,
    report,
    set_option,
    specs_argument,
)


@click.command("check")
@specs_argument
@set_option
def command(specs: tuple[str, ...], settings: dict[str, float]) -> None:
    """Validate specs and hold their tables and budgets against what is computed."""
    from archc.backend import load_backend
    from archc.diagnostics import in_file_order

    default_backend = cache(load_backend)
    failed = False
    for name in all_specs(specs):
        compiled = compile_one(name, settings)
        findings = compiled if isinstance(compiled, list) else compiled.findings
        if not isinstance(compiled, list) and (backend := default_backend()) is not None:
            findings = in_file_order([*findings, *backend.check(compiled.analysis)])
        report(findings)
        failed = failed or bool(findings)
        if not isinstance(compiled, list) and not findings:
            cost = compiled.analysis.cost
            matches, errata = (compiled.conformance.count(v) for v in ("match", "erratum"))
            cells = f"{matches} cells match, {errata} errata"
            table = cells if compiled.network.table else "no printed table"
            echo(f"{name}: ok, {cost.params:,} params, {cost.macs:,} MACs, {table}")
    sys.exit(FINDINGS if failed else 0)
