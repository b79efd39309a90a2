"""``archc verify``."""

import sys
from pathlib import Path

import click

from archc.commands.common import (
    FINDINGS,
    USAGE,
    all_specs,
    backend_option,
    build_command,
    can_optimize,
    chosen_backend,
    chosen_recipe,
    compile_all,
    echo,
    given_weights,
    merge_option,
    optimize_option,
    out_option,
    remark_weights,
    report,
    set_option,
    specs_argument,
    stop,
    weights_option,
)
from archc.settings import Settings


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
    settings: Settings,
    weights: Path | None,
    optimize: bool,
    merge: bool,
) -> None:
    """Run the generated code and check it against the analysis. Needs what runs it, such as torch.

    Where a file holds weights that were given, --weights compares them with a checkpoint; without
    it all but the weights is verified.
    """
    recipe = chosen_recipe(optimize, merge)
    compiled = compile_all(all_specs(specs), settings)
    from archc.backend import BackendUnavailable
    from archc.builds import emit_files
    from archc.optimize import optimize as optimized
    from archc.writer import check_files

    chosen = chosen_backend(backend)
    failed = False
    can_optimize(chosen, recipe)
    try:
        state = given_weights(chosen, weights, compiled, recipe)
        for spec in compiled:
            name = spec.network.sources[0].name
            analysis = optimized(spec.analysis, recipe).analysis if recipe else spec.analysis
            files, findings = emit_files([spec], chosen, out, state, recipe)
            again = build_command([name], backend, settings, recipe, weights, out)
            findings += check_files(files, again)
            there = bool(files) and all(file.path.is_file() for file in files)
            held = chosen.verify(analysis, files[0].path) if there else ""
            if isinstance(held, list):
                findings += held
            report(findings)
            failed = failed or bool(findings)
            if not findings:
                echo(f"{', '.join(str(file.path) for file in files)}: verified, {held}")
                remark_weights(files)
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    sys.exit(FINDINGS if failed else 0)
