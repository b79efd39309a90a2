"""``archc weights``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archc.commands.common import (
    USAGE,
    backend_option,
    chosen_backend,
    compile_all,
    counted,
    echo,
    fail_on,
    refuse,
    set_option,
    stop,
)
from archc.completion import complete_spec

if TYPE_CHECKING:
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
@backend_option
@set_option
def command(
    spec: str,
    checkpoint: Path,
    out: Path | None,
    origin: str | None,
    check: bool,
    force: bool,
    backend: str | None,
    settings: dict[str, float],
) -> None:
    """Turn a CHECKPOINT with other names into one for the generated network. Needs torch.

    Its keys go through a mapping that the spec declares among its checkpoints. Nothing is written
    where a tensor is missing, left over or of the wrong shape. A checkpoint without the auxiliary
    heads is fine.
    """
    if out is None and not check:
        raise click.UsageError("say -o FILE to write one, or --check to write nothing")
    (compiled,) = compile_all([spec], settings)
    from archc.backend import BackendUnavailable
    from archc.checkpoints import match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.writer import File, write_new

    renaming = _renaming(compiled, origin)
    chosen = chosen_backend(backend)
    try:
        tensors = chosen.read_weights(checkpoint)
        if isinstance(tensors, Diagnostic):
            refuse(tensors)
        match = match_checkpoint(compiled.analysis, tensors, renaming)
        fail_on(list(match.findings))
        what = f"{counted(len(match.sources), 'tensor')} of {compiled.network.name}"
        if out is not None and not check:
            given = {
                key: None if name is None else tensors[name] for key, name in match.sources.items()
            }
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
