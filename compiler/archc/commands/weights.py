"""``archc weights``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.common import (
    USAGE,
    backend_option,
    can_optimize,
    chosen_backend,
    chosen_recipe,
    compile_all,
    counted,
    echo,
    fail_on_match,
    merge_option,
    optimize_option,
    refuse,
    set_option,
    stop,
)
from archc.completion import complete_spec

if TYPE_CHECKING:
    from archc.optimize import Optimized
    from archc.pipeline import Compiled
    from archc.renaming import Renaming


@click.command("weights")
@click.argument("spec", shell_complete=complete_spec)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="What to write: .pt, .pth or .safetensors.",
)
@click.option(
    "--from",
    "origin",
    default=None,
    metavar="NAME",
    help="The mapping that the checkpoint's keys go through, one of the spec's checkpoints, or "
    "none for keys as they are. By default the only one.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where it does not fit.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.option(
    "--back", is_flag=True, help="With --optimize or --merge: undo what it does to a checkpoint."
)
@optimize_option
@merge_option
@backend_option
@set_option
def command(
    spec: str,
    checkpoint: Path,
    out: Path | None,
    origin: str | None,
    check: bool,
    force: bool,
    back: bool,
    optimize: bool,
    merge: bool,
    backend: str | None,
    settings: dict[str, float],
) -> None:
    """Turn a CHECKPOINT into one for the generated network. Needs what reads it, such as torch.

    Its keys go through a mapping that the spec declares among its checkpoints. Nothing is written
    where a tensor is missing, left over or of the wrong shape. A checkpoint without the auxiliary
    heads is fine. With --optimize or --merge it becomes one for what archc build gives with the
    same option; keys that are those of the plain network then need no mapping.
    """
    if out is None and not check:
        raise click.UsageError("say -o FILE to write one, or --check to write nothing")
    recipe = chosen_recipe(optimize, merge)
    if back and (recipe is None or origin is not None):
        raise click.UsageError("--back goes with --optimize or --merge, and with no --from")
    (compiled,) = compile_all([spec], settings)
    from archc.backend import BackendUnavailable
    from archc.checkpoints import expected_state, match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.optimize import optimize as optimized_by
    from archc.writer import File, write_new

    renaming = None if back else _renaming(compiled, origin)
    chosen = chosen_backend(backend)
    can_optimize(chosen, recipe)
    analysis = target = compiled.analysis
    if optimized := optimized_by(analysis, recipe) if recipe else None:
        _can_go(back, optimized)
        target = analysis if back else optimized.analysis
        analysis = optimized.analysis if back else analysis
    try:
        tensors = chosen.read_weights(checkpoint)
        if isinstance(tensors, Diagnostic):
            refuse(tensors)
        match = match_checkpoint(analysis, tensors, renaming)
        if optimized and renaming and origin is None:
            plainly = match_checkpoint(analysis, tensors)
            match = match if plainly.findings else plainly
        fail_on_match(match, checkpoint, tensors, target if optimized else None)
        given = {
            key: None if name is None else tensors[name] for key, name in match.sources.items()
        }
        if optimized:
            converted = chosen.convert_weights(optimized, given, back)
            if isinstance(converted, Diagnostic):
                refuse(converted)
            given = {key: converted[key] for key in expected_state(target) if key in converted}
        what = f"{counted(len(given), 'tensor')} of {target.network.name}"
        if out is not None and not check:
            encoded = chosen.encode_weights(given, out.suffix)
            if isinstance(encoded, Diagnostic):
                refuse(encoded)
            if (finding := write_new(File(out, encoded), force)) is not None:
                refuse(finding)
            echo(f"wrote {out}: {what}")
        else:
            echo(f"{checkpoint}: fits, {what}")
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    for note in match.notes:
        echo(note)


def _can_go(back: bool, optimized: "Optimized") -> None:
    """Raises UsageError where a checkpoint is to be turned back, and norms are folded in it."""
    from archc.origins import is_invertible

    if back and not is_invertible(optimized.analysis):
        raise click.UsageError(
            "folded norms cannot be had back, the weights no longer tell what they were; "
            "--merge folds none"
        )


def _renaming(compiled: "Compiled", origin: str | None) -> "Renaming | None":
    declared = compiled.network.checkpoints
    if origin == "none" or (origin is None and not declared):
        return None
    if origin is None and len(declared) == 1:
        (origin,) = declared
    if origin is None:
        raise click.UsageError(f"say --from one of {', '.join(declared)}, or --from none")
    if origin not in declared:
        known = ", ".join(declared) or "none"
        raise click.UsageError(f"no checkpoint {origin}: the spec declares {known}")
    return declared[origin]
