"""``archc build``."""

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
from archc.commands.printing import USAGE, echo, echo_lines, fail_on, stop
from archc.commands.specs import all_specs, compile_all
from archc.diagnostics.wording import counted
from archc.language.settings import Settings


@click.command("build")
@specs_argument
@out_option
@backend_option
@set_option
@weights_option
@optimize_option
@merge_option
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not current.")
@click.option("--diff", is_flag=True, help="As --check, and show the differences.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace files that archc leaves alone, whatever they hold.",
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
    """Compile specs to code, generated/<spec's stem>.py.

    Settings stand in the name: --set width=0.25 gives <stem>_width_0p25. With --optimize it is
    <stem>_deploy, with --merge <stem>_merged, of any backend that takes them. By default a
    function in the file converts a state_dict of the plain file's class; where files hold
    --weights, these are those of the network as written, and a file that holds some is replaced
    only by one that does.
    """
    recipe = chosen_recipe(optimize, merge)
    unwritten = "" if check or diff else "nothing was written"
    compiled = compile_all(all_specs(specs), settings, unwritten)
    from archc.driver.backend import BackendUnavailable
    from archc.driver.build import emit_files, orphans
    from archc.driver.files.writer import check_files, diff_files, write_files

    chosen = chosen_backend(backend)
    can_optimize(chosen, recipe)
    try:
        state = given_weights(chosen, weights, compiled, recipe, unwritten)
        files, diagnostics = emit_files(compiled, chosen, out, state, recipe)
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    fail_on(diagnostics, unwritten)
    if check or diff:
        if diff and (differences := diff_files(files)):
            echo_lines(differences.removesuffix("\n"))
        command = build_command(specs, backend, settings, recipe, weights, out)
        stale = check_files(files, command)
        fail_on([*stale, *orphans(compiled, files, out, are_all=not specs)])
        verb = "is" if len(files) == 1 else "are"
        echo(f"{counted(len(files), 'generated file')} {verb} current")
        remark_weights(files)
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
            shows = f"archc check shows {counted(count, 'finding')}"
            echo(f"{spec.path}: not all is as the spec says, {shows}", err=True)
