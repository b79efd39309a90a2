"""``archc weights``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.commands.checkpoints import fail_on_match
from archc.commands.completion import complete_spec
from archc.commands.options import (
    backend_option,
    can_optimize,
    chosen_backend,
    chosen_recipe,
    merge_option,
    optimize_option,
    set_option,
)
from archc.commands.printing import USAGE, echo, fail_on, refuse, stop
from archc.commands.specs import compile_all
from archc.diagnostics.wording import counted
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.driver.optimize import Optimized
    from archc.driver.pipeline import Compiled
    from archc.language.sections.checkpoint_keys import KeyMapping


def _names(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Names, several with commas between them."""
    return tuple(name.strip() for value in values for name in value.split(","))


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
@click.option(
    "--strip-prefix",
    "prefix",
    default="",
    metavar="PREFIX",
    help="Take PREFIX off the checkpoint's keys, such as module. or model.",
)
@click.option(
    "--leave",
    multiple=True,
    callback=_names,
    metavar="LAYER,...",
    help="Take no weights for these layers, which stay as initialised: paths such as fc or "
    "aux1.fc2. The word classes stands for all that depend on the number of classes.",
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
    prefix: str,
    leave: tuple[str, ...],
    check: bool,
    force: bool,
    back: bool,
    optimize: bool,
    merge: bool,
    backend: str | None,
    settings: Settings,
) -> None:
    """Turn a CHECKPOINT into one for the generated network. Needs what reads it, such as torch.

    Its keys go through a mapping that the spec declares among its checkpoints. Nothing is written
    where a tensor is missing, left over or of the wrong shape, or where its numbers cannot be
    weights. A checkpoint without the auxiliary heads is fine. With --leave the file has no weights
    for those layers: load it with the generated class's load_checkpoint. With --optimize or --merge
    it becomes one for what archc build gives with the same option; keys that are those of the plain
    network then need no mapping.
    """
    if out is None and not check:
        raise click.UsageError("say -o FILE to write one, or --check to write nothing")
    recipe = chosen_recipe(optimize, merge)
    if back and (recipe is None or origin is not None):
        raise click.UsageError("--back goes with --optimize or --merge, and with no --from")
    if leave and recipe is not None:
        raise click.UsageError(
            f"--leave: what --{recipe.option} converts needs the weights of every layer"
        )
    (compiled,) = compile_all([spec], settings)
    from archc.checks.checkpoints.match import check_values, expected_state, match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.driver.backend import BackendUnavailable
    from archc.driver.files.writer import File, write_new
    from archc.driver.optimize import optimize as optimized_by

    key_mapping = None if back else _key_mapping(compiled, origin)
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
        match = match_checkpoint(analysis, tensors, key_mapping, leave=leave, prefix=prefix)
        if optimized and key_mapping and origin is None:
            plainly = match_checkpoint(analysis, tensors, prefix=prefix)
            match = match if plainly.diagnostics else plainly
        fail_on_match(match, checkpoint, tensors, analysis, target if optimized else None)
        given = match.pick(tensors)
        fail_on(check_values(analysis, _used(given, analysis, target)))
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
            if (diagnostic := write_new(File(out, encoded), force)) is not None:
                refuse(diagnostic)
            echo(f"wrote {out}: {what}")
        else:
            echo(f"{checkpoint}: fits, {what}")
    except BackendUnavailable as unavailable:
        stop(str(unavailable), USAGE)
    for note in match.notes:
        echo(note)


def _used(given: dict[str, Any], analysis: "Analysis", target: "Analysis") -> dict[str, Any]:
    """The tensors of which something is made: none of auxiliary heads that the target lacks."""
    heads, kept = ({head.name for head in a.network.aux} for a in (analysis, target))
    return {key: value for key, value in given.items() if key.partition(".")[0] not in heads - kept}


def _can_go(back: bool, optimized: "Optimized") -> None:
    """Raises UsageError where a checkpoint is to be turned back, and norms are folded in it."""
    from archc.driver.weight_origins import is_invertible

    if back and not is_invertible(optimized.analysis):
        raise click.UsageError(
            "folded norms cannot be had back, the weights no longer tell what they were; "
            "--merge folds none"
        )


def _key_mapping(compiled: "Compiled", origin: str | None) -> "KeyMapping | None":
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
