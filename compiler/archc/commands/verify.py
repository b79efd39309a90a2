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
    chosen_recipe,
    compile_all,
    echo,
    merge_option,
    optimize_option,
    out_option,
    report,
    set_option,
    specs_argument,
    stop,
)


@click.command("verify")
@specs_argument
@out_option
@backend_option
@set_option
@optimize_option
@merge_option
def command(
    specs: tuple[str, ...],
    out: Path,
    backend: str | None,
    settings: dict[str, float],
    optimize: bool,
    merge: bool,
) -> None:
    """Run the generated code and hold it against the analysis. Needs torch."""
    recipe = chosen_recipe(optimize, merge)
    names = all_specs(specs)
    compiled = compile_all(names, settings)
    from archc.backend import BackendUnavailable
    from archc.builds import emit_files
    from archc.diagnostics import Code, Diagnostic
    from archc.optimize import optimize as optimized
    from archc.writer import check_files

    chosen = chosen_backend(backend)
    failed = False
    given = "".join(f" --set {name}={value:g}" for name, value in settings.items())
    given += f" --{recipe.option}" if recipe else ""
    for name, spec in zip(names, compiled, strict=True):
        files, findings = emit_files([spec], chosen, out, settings, recipe)
        analysis = optimized(spec.analysis, recipe).analysis if recipe else spec.analysis
        for file in files:
            if not file.path.is_file():
                hint = f"run archc build {name}{given}"
                message = f"{file.path} is missing"
                findings.append(Diagnostic(Code.MISSING_FILE, message, hint=hint))
                continue
            findings += check_files([file])
            try:
                findings += chosen.verify(analysis, file.path)
            except BackendUnavailable as unavailable:
                stop(str(unavailable), USAGE)
        report(findings)
        failed = failed or bool(findings)
        if not findings:
            cost = analysis.cost_with_aux
            heads = ", auxiliary heads included," if analysis.aux else ""
            echo(
                f"{', '.join(str(file.path) for file in files)}: verified, every layer's shape, "
                f"every parameter, {cost.params:,} params and {cost.macs:,} MACs{heads} as analysed"
            )
    sys.exit(FINDINGS if failed else 0)
