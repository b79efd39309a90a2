"""``archc weights``: converts a checkpoint for the generated network."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.commands.checkpoints import fail_on_match
from archc.commands.completion import complete_spec
from archc.commands.options import (
    backend_option,
    check_optimizable,
    choose_backend,
    choose_recipe,
    examples,
    merge_option,
    optimize_option,
    set_option,
)
from archc.commands.printing import EXIT_USAGE, echo, fail, fail_on, stop
from archc.commands.specs import compile_all
from archc.diagnostics.wording import pluralize
from archc.language.settings import Settings

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.driver.optimize import Optimized
    from archc.driver.pipeline import Compiled
    from archc.language.sections.checkpoint_keys import KeyMapping


def _names(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Split names at commas."""
    return tuple(name.strip() for value in values for name in value.split(","))


@click.command(
    "weights",
    epilog=examples(
        "archc weights mine.yaml theirs.pt -o ours.pt",
        "archc weights mine.yaml theirs.pt --leave classes --set classes=10 -o start.pt",
        "archc weights mine.yaml theirs.pt --strip-prefix module. --check",
    ),
)
@click.argument("spec", shell_complete=complete_spec)
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="Checkpoint to write: .pt, .pth or .safetensors.",
)
@click.option(
    "--from",
    "origin",
    default=None,
    metavar="NAME",
    help="Entry of the section checkpoints that maps the keys, or none.  [default: the only one]",
)
@click.option(
    "--strip-prefix",
    "prefix",
    default="",
    metavar="PREFIX",
    help="Remove PREFIX, such as module., from the checkpoint's keys.",
)
@click.option(
    "--leave",
    multiple=True,
    callback=_names,
    metavar="LAYER,...",
    help="Leave these layers as initialised: paths such as fc or aux1.fc2. The word classes "
    "means all layers that depend on the number of classes.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the checkpoint does not fit.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option("--back", is_flag=True, help="Undo the conversion of --optimize or --merge.")
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
    """Convert a checkpoint for the generated network.

    The section checkpoints of the spec maps the keys. Fails if a tensor is missing, unknown, of the
    wrong shape or type, or not finite; auxiliary heads may be missing. Needs the package that reads
    CHECKPOINT, such as torch.

    With --leave, the new file lacks those layers: load it with load_checkpoint of the generated
    class. With --optimize or --merge, it fits the file that archc build writes with that option;
    CHECKPOINT may then already have the keys of the plain network.
    """
    if out is None and not check:
        raise click.UsageError("use -o FILE to write a checkpoint, or --check to write nothing")
    recipe = choose_recipe(optimize, merge)
    if back and (recipe is None or origin is not None):
        raise click.UsageError("--back needs --optimize or --merge, and cannot be used with --from")
    if leave and recipe is not None:
        raise click.UsageError(
            f"--leave cannot be used with --{recipe.option}, which needs every layer's weights"
        )
    (compiled,) = compile_all([spec], settings)
    from archc.checks.checkpoints.match import match_checkpoint
    from archc.checks.checkpoints.state import expected_state
    from archc.checks.checkpoints.values import check_values
    from archc.diagnostics import Diagnostic
    from archc.driver.backend import BackendUnavailable
    from archc.driver.files.writer import File, write_new
    from archc.driver.optimize import optimize as apply_recipe

    key_mapping = None if back else _key_mapping(compiled, origin)
    chosen = choose_backend(backend)
    check_optimizable(chosen, recipe)
    analysis = target = compiled.analysis
    if optimized := apply_recipe(analysis, recipe) if recipe else None:
        _check_invertible(back, optimized)
        target = analysis if back else optimized.analysis
        analysis = optimized.analysis if back else analysis
    try:
        tensors = chosen.read_weights(checkpoint)
        if isinstance(tensors, Diagnostic):
            fail(tensors)
        match = match_checkpoint(analysis, tensors, key_mapping, leave=leave, prefix=prefix)
        if optimized and key_mapping and origin is None:
            unmapped = match_checkpoint(analysis, tensors, prefix=prefix)
            match = match if unmapped.diagnostics else unmapped
        fail_on_match(match, checkpoint, tensors, analysis, target if optimized else None)
        given = match.pick(tensors)
        fail_on(check_values(analysis, _used(given, analysis, target)))
        if optimized:
            converted = chosen.convert_weights(optimized, given, back)
            if isinstance(converted, Diagnostic):
                fail(converted)
            given = {key: converted[key] for key in expected_state(target) if key in converted}
        what = f"{pluralize(len(given), 'tensor')} of {target.network.name}"
        if out is not None and not check:
            encoded = chosen.encode_weights(given, out.suffix)
            if isinstance(encoded, Diagnostic):
                fail(encoded)
            if (diagnostic := write_new(File(out, encoded), force)) is not None:
                fail(diagnostic)
            echo(f"wrote {out}: {what}")
        else:
            echo(f"{checkpoint}: fits, {what}")
    except BackendUnavailable as unavailable:
        stop(str(unavailable), EXIT_USAGE)
    for note in match.notes:
        echo(note)


def _used(given: dict[str, Any], analysis: "Analysis", target: "Analysis") -> dict[str, Any]:
    """Return the tensors that the target needs, without auxiliary heads that it lacks."""
    heads, kept = ({head.name for head in a.network.aux} for a in (analysis, target))
    return {key: value for key, value in given.items() if key.partition(".")[0] not in heads - kept}


def _check_invertible(back: bool, optimized: "Optimized") -> None:
    """Raise UsageError for --back if norms were folded."""
    from archc.driver.optimize import is_invertible

    if back and not is_invertible(optimized.analysis):
        raise click.UsageError(
            "--back cannot restore norms that --optimize folded; it can undo --merge"
        )


def _key_mapping(compiled: "Compiled", origin: str | None) -> "KeyMapping | None":
    declared = compiled.network.checkpoints
    if origin == "none" or (origin is None and not declared):
        return None
    if origin is None and len(declared) == 1:
        (origin,) = declared
    if origin is None:
        raise click.UsageError(f"choose --from one of {', '.join(declared)}, or --from none")
    if origin not in declared:
        known = ", ".join(declared) or "none"
        raise click.UsageError(f"unknown checkpoint {origin}: the spec declares {known}")
    return declared[origin]
