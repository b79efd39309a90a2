"""``archc verify``."""

import sys
from pathlib import Path

import click

from archc.commands.checkpoints import given_weights, remark_weights
from archc.commands.options import (
    backend_option,
    build_command,
    can_optimize,
    chosen_backend,
    chosen_recipe,
    merge_option,
    optimize_option,
    out_option,
    set_option,
    specs_argument,
    weights_option,
)
from archc.commands.printing import DIAGNOSTICS, USAGE, echo, print_diagnostics, stop
from archc.commands.specs import all_specs, compile_all
from archc.language.settings import Settings


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
    from archc.driver.backend import BackendUnavailable
    from archc.driver.build import emit_files
    from archc.driver.files.writer import check_files
    from archc.driver.optimize import optimize as optimized

    chosen = chosen_backend(backend)
    failed = False
    can_optimize(chosen, recipe)
    try:
        state = given_weights(chosen, weights, compiled, recipe)
        for spec in compiled:
            name = spec.network.sources[0].name
            analysis = optimized(spec.analysis, recipe).analysis if recipe else spec.analysis
            files, diagnostics = emit_files([spec], chosen, out, state, recipe)
            again = build_command([name], backend, settings, recipe, weights, out)
            diagnostics += check_files(files, again)
            there = bool(files) and all(file.path.is_file() for file in files)
            held = chosen.verify(analysis, files[0].path) if there else ""
            if isinstance(held, list):
                diagnostics += held
            print_diagnostics(diagnostics)
            failed = failed or bool(diagnostics)
            if not diagnostics:
                echo(f"{', '.join(str(file.path) for file in files)}: verified, {held}")
                remark_weights(files)
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    sys.exit(DIAGNOSTICS if failed else 0)
