"""``archc verify``."""

import sys
from pathlib import Path

import click

from archc.commands.common import (
    FINDINGS,
    USAGE,
    all_specs,
    backend_option,
    chosen_backend,
    compile_all,
    echo,
    out_option,
    report,
    specs_argument,
    stop,
)


@click.command("verify")
@specs_argument
@out_option
@backend_option
def command(specs: tuple[str, ...], out: Path, backend: str | None) -> None:
    """Run the generated code and hold it against the analysis. Needs torch."""
    compiled = compile_all(all_specs(specs))
    from archc.backend import BackendUnavailable
    from archc.builds import emit_files
    from archc.diagnostics import Code, Diagnostic

    chosen = chosen_backend(backend)
    failed = False
    for spec in compiled:
        files, findings = emit_files([spec], chosen, out)
        for file in files:
            if not file.path.is_file():
                hint = f"run archc build {spec.path}"
                message = f"{file.path} is missing"
                findings.append(Diagnostic(Code.MISSING_FILE, message, hint=hint))
                continue
            try:
                findings += chosen.verify(spec.analysis, file.path)
            except BackendUnavailable as unavailable:
                stop(str(unavailable), USAGE)
        report(findings)
        failed = failed or bool(findings)
        if not findings:
            cost = spec.analysis.cost_with_aux
            heads = ", auxiliary heads included," if spec.analysis.aux else ""
            echo(
                f"{', '.join(str(file.path) for file in files)}: verified, every layer's shape, "
                f"every parameter, {cost.params:,} params and {cost.macs:,} MACs{heads} as analysed"
            )
    sys.exit(FINDINGS if failed else 0)
