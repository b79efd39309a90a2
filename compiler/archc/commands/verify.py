"""``archc verify``."""

import sys
from pathlib import Path

import click

from archc.commands.common import (
    FINDINGS,
    USAGE,
    all_specs,
    backend_option,
    can_optimize,
    chosen_backend,
    chosen_recipe,
    compile_all,
    echo,
    given_weights,
    merge_option,
    optimize_option,
    out_option,
    report,
    set_option,
    specs_argument,
    stop,
    weights_option,
)


@click.command("verify")
@specs_argument
@out_option
@backend_option
@set_option
@weights_option
@optimize_option
@merge_option
def command(
    specs: tuple[str, ...],
    out: Path,
    backend: str | None,
    settings: dict[str, float],
    weights: Path | None,
    optimize: bool,
    merge: bool,
) -> None:
    """Run the generated code and check it against the analysis. Needs what runs it, such as torch.

    ``--weights`` are those that the file was built with.
    """
    recipe = chosen_recipe(optimize, merge)
    compiled = compile_all(all_specs(specs), settings)
    from archc.backend import BackendUnavailable
    from archc.builds import emit_files
    from archc.diagnostics import Code, Diagnostic
    from archc.optimize import optimize as optimized
    from archc.writer import check_files

    chosen = chosen_backend(backend)
    failed = False
    given = "".join(f" --set {name}={value:g}" for name, value in settings.items())
    if backend is not None:
        given = f" --backend {backend}{given}"
    given += f" --{recipe.option}" if recipe else ""
    can_optimize(chosen, recipe)
    try:
        state = given_weights(chosen, weights, compiled, recipe)
        for spec in compiled:
            name = spec.network.sources[0].name
            analysis = optimized(spec.analysis, recipe).analysis if recipe else spec.analysis
            files, findings = emit_files([spec], chosen, out, settings, state, recipe)
            missing = [file.path for file in files if not file.path.is_file()]
            for path in missing:
                message, hint = f"{path} is missing", f"run archc build {name}{given}"
                findings.append(Diagnostic(Code.MISSING_FILE, message, hint=hint))
            findings += check_files(file for file in files if file.path not in missing)
            held = "" if missing or not files else chosen.verify(analysis, files[0].path)
            if isinstance(held, list):
                findings += held
            report(findings)
            failed = failed or bool(findings)
            if not findings:
                echo(f"{', '.join(str(file.path) for file in files)}: verified, {held}")
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    sys.exit(FINDINGS if failed else 0)
