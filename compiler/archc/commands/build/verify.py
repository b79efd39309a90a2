"""``archc verify``: runs generated code and checks it against the analysis."""

import sys
from pathlib import Path

import click

from archc.commands.checkpoints import load_weights, print_weight_notes
from archc.commands.options import (
    backend_option,
    build_command,
    check_optimizable,
    choose_backend,
    choose_recipe,
    examples,
    merge_option,
    optimize_option,
    out_option,
    set_option,
    specs_argument,
    weights_option,
)
from archc.commands.printing import EXIT_ERRORS, EXIT_USAGE, echo, print_diagnostics, stop
from archc.commands.specs import all_specs, compile_all
from archc.language.settings import Settings


@click.command(
    "verify",
    epilog=examples(
        "archc verify",
        "archc verify mine.yaml --optimize",
    ),
)
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
    """Run the generated code and check it against the analysis.

    Needs the package that runs it, such as torch. With --weights, archc also compares the weights
    in the generated file with that checkpoint.
    """
    recipe = choose_recipe(optimize, merge)
    compiled = compile_all(all_specs(specs), settings)
    from archc.driver.backend import BackendUnavailable
    from archc.driver.build import build_files
    from archc.driver.files.writer import check_files
    from archc.driver.optimize import optimize as optimized

    chosen = choose_backend(backend)
    failed = False
    check_optimizable(chosen, recipe)
    try:
        state = load_weights(chosen, weights, compiled, recipe)
        for spec in compiled:
            name = spec.network.sources[0].name
            analysis = optimized(spec.analysis, recipe).analysis if recipe else spec.analysis
            files, diagnostics = build_files([spec], chosen, out, state, recipe)
            rebuild = build_command([name], backend, settings, recipe, weights, out)
            diagnostics += check_files(files, rebuild)
            exist = bool(files) and all(file.path.is_file() for file in files)
            verified = chosen.verify(analysis, files[0].path) if exist else ""
            if isinstance(verified, list):
                diagnostics += verified
            print_diagnostics(diagnostics)
            failed = failed or bool(diagnostics)
            if not diagnostics:
                echo(f"{', '.join(str(file.path) for file in files)}: verified {verified}")
                print_weight_notes(files)
    except BackendUnavailable as unavailable:
        stop(str(unavailable), EXIT_USAGE)
    sys.exit(EXIT_ERRORS if failed else 0)
