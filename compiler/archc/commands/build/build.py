"""``archc build``: generates code from specs."""

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
from archc.commands.printing import EXIT_USAGE, echo, echo_lines, fail_on, stop
from archc.commands.specs import all_specs, compile_all
from archc.diagnostics.wording import pluralize
from archc.language.settings import Settings


@click.command(
    "build",
    epilog=examples(
        "archc build",
        "archc build --check",
        "archc build mine.yaml --set classes=10",
        "archc build mine.yaml --optimize",
    ),
)
@specs_argument
@out_option
@backend_option
@set_option
@weights_option
@optimize_option
@merge_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is out of date.")
@click.option("--diff", is_flag=True, help="Like --check, and show the differences.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files even if they were edited, or archc did not write them.",
)
def command(
    specs: tuple[str, ...],
    out: Path,
    backend: str | None,
    settings: Settings,
    weights: Path | None,
    optimize: bool,
    merge: bool,
    check: bool,
    diff: bool,
    force: bool,
) -> None:
    """Generate code from specs, such as generated/mine.py.

    Options become part of the file name: mine_classes_10.py for --set classes=10, mine_deploy.py
    for --optimize, mine_merged.py for --merge. With the default backend, the optimised file has a
    function that converts a state_dict of the plain file's class.

    --weights takes a checkpoint of the network as written, even with --optimize. Without --weights,
    archc does not replace a generated file that contains trained weights.
    """
    recipe = choose_recipe(optimize, merge)
    unwritten = "" if check or diff else "nothing was written"
    compiled = compile_all(all_specs(specs), settings, unwritten)
    from archc.driver.backend import BackendUnavailable
    from archc.driver.build import build_files, check_orphans
    from archc.driver.files.writer import check_files, diff_files, write_files

    chosen = choose_backend(backend)
    check_optimizable(chosen, recipe)
    try:
        state = load_weights(chosen, weights, compiled, recipe, unwritten)
        files, diagnostics = build_files(compiled, chosen, out, state, recipe)
    except BackendUnavailable as unavailable:
        stop(str(unavailable), EXIT_USAGE)
    fail_on(diagnostics, unwritten)
    if check or diff:
        if diff and (differences := diff_files(files)):
            echo_lines(differences.removesuffix("\n"))
        command = build_command(specs, backend, settings, recipe, weights, out)
        stale = check_files(files, command)
        fail_on([*stale, *check_orphans(compiled, files, out, are_all=not specs)])
        verb = "is" if len(files) == 1 else "are"
        echo(f"{pluralize(len(files), 'generated file')} {verb} current")
        print_weight_notes(files)
        return
    outcome = write_files(files, force)
    for file in files:
        if file.path in outcome.written:
            echo(f"wrote {file.path}")
        elif not outcome.diagnostics:
            echo(f"unchanged {file.path}")
    fail_on(outcome.diagnostics, "" if outcome.written else unwritten)
    for spec in compiled:
        if count := len(spec.diagnostics):
            remain = "remains" if count == 1 else "remain"
            echo(f"{spec.path}: {pluralize(count, 'error')} {remain}; run archc check", err=True)
