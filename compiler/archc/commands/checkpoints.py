"""Read the checkpoint that a command names and match it against the network."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.commands.printing import EXIT_ERRORS, echo, fail, print_diagnostics

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.checks.checkpoints.match import Match
    from archc.driver.backend import Backend
    from archc.driver.files.writer import File
    from archc.driver.optimize import Recipe
    from archc.driver.pipeline import Compiled


def load_weights(
    backend: "Backend",
    file: Path | None,
    compiled: "list[Compiled]",
    recipe: "Recipe | None",
    closing: str = "",
) -> "Mapping[str, Any] | None":
    """Return the tensors of a checkpoint; exit if it does not fit the spec. None without a file.

    The checkpoint belongs to the network as written, even with a recipe: the backend converts it.
    Raises UsageError if there are several specs or the backend's files hold no weights, and
    BackendUnavailable if the package that reads the file is not installed.
    """
    if file is None:
        return None
    if "weights" not in backend.options:
        raise click.UsageError("--weights: this backend's files hold no weights")
    if len(compiled) != 1:
        raise click.UsageError("--weights needs exactly one SPEC")
    from archc.checks.checkpoints.match import match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.driver.optimize import optimize

    tensors = backend.read_weights(file)
    if isinstance(tensors, Diagnostic):
        fail(tensors, closing)
    written = compiled[0].analysis
    match = match_checkpoint(written, tensors)
    made = optimize(written, recipe).analysis if recipe else None
    fail_on_match(match, file, tensors, written, made, closing, whole=True)
    return match.pick(tensors)


def print_weight_notes(files: "list[File]") -> None:
    """Print a note for each generated file with a checkpoint's weights, which are not checked."""
    from archc.driver.files.writer import find_given_weights

    for path in find_given_weights(files):
        echo(f"{path}: weights not checked; --weights FILE compares them with a checkpoint")


def fail_on_match(
    match: "Match",
    file: Path,
    tensors: "Mapping[str, Any]",
    analysis: "Analysis",
    made: "Analysis | None" = None,
    closing: str = "",
    whole: bool = False,
) -> None:
    """Exit if the checkpoint does not fit the network.

    ``made`` is the analysis of the optimised network that the checkpoint is converted for. If the
    checkpoint already fits that network, the message says only this. Otherwise it lists the options
    and specs that the checkpoint fits; with ``whole``, only those for which it has every layer's
    weights.
    """
    if not match.diagnostics:
        return
    from archc.checks.checkpoints.match import match_checkpoint
    from archc.diagnostics import Code, Diagnostic
    from archc.driver.checkpoint_fits import find_fits

    if made and not match_checkpoint(made, tensors).diagnostics:
        message = f"{file} already is a checkpoint of {made.network.name}"
        fail(Diagnostic(Code.UNCONVERTIBLE, message), closing)
    print_diagnostics(match.diagnostics)
    if not (match.prefix and len(match.diagnostics) == 1):  # this diagnostic says how to fit it
        for fit in find_fits(analysis, tensors, whole):
            echo(f"{file} {fit.description}", err=True)
    if closing:
        echo(closing, err=True)
    sys.exit(EXIT_ERRORS)
