"""Checkpoints that a command is given, matched against the network."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archc.commands.printing import DIAGNOSTICS, echo, print_diagnostics, refuse

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.checks.checkpoints.match import Match
    from archc.driver.backend import Backend
    from archc.driver.files.writer import File
    from archc.driver.optimize import Recipe
    from archc.driver.pipeline import Compiled


def given_weights(
    backend: "Backend",
    file: Path | None,
    compiled: "list[Compiled]",
    recipe: "Recipe | None",
    closing: str = "",
) -> "Mapping[str, Any] | None":
    """The tensors of a checkpoint for the one spec; exits with its findings where it has any.

    They are those of the network as written, of which the backend makes what the recipe needs.

    Raises UsageError where the backend or several specs have no use for them, BackendUnavailable
    where what reads the file is not installed.
    """
    if file is None:
        return None
    if "weights" not in backend.options:
        raise click.UsageError("--weights: the files of this backend hold no weights")
    if len(compiled) != 1:
        raise click.UsageError("--weights are those of one SPEC: say which")
    from archc.checks.checkpoints.match import match_checkpoint
    from archc.diagnostics import Diagnostic
    from archc.driver.optimize import optimize

    tensors = backend.read_weights(file)
    if isinstance(tensors, Diagnostic):
        refuse(tensors, closing)
    written = compiled[0].analysis
    match = match_checkpoint(written, tensors)
    made = optimize(written, recipe).analysis if recipe else None
    fail_on_match(match, file, tensors, written, made, closing, whole=True)
    return match.pick(tensors)


def remark_weights(files: "list[File]") -> None:
    """Say which files hold weights that were given, and that nothing is known of these."""
    from archc.driver.files.writer import given_weights as holding

    for path in holding(files):
        echo(f"{path} holds given weights: all else is checked, --weights FILE compares them")


def fail_on_match(
    match: "Match",
    file: Path,
    tensors: "Mapping[str, Any]",
    analysis: "Analysis",
    made: "Analysis | None" = None,
    closing: str = "",
    whole: bool = False,
) -> None:
    """Exits where the checkpoint does not fit the network, whose analysis is given.

    ``made`` is the network that it is to be converted for, if any: of a checkpoint that fits it,
    nothing is said but that. Otherwise it is said what the checkpoint does fit; with ``whole``,
    what it does fit with the weights of every layer.
    """
    if not match.diagnostics:
        return
    from archc.checks.checkpoints.match import match_checkpoint
    from archc.diagnostics import Code, Diagnostic
    from archc.driver.checkpoint_fits import find_fits

    if made and not match_checkpoint(made, tensors).diagnostics:
        message = f"{file} is a checkpoint of {made.network.name} already"
        refuse(Diagnostic(Code.UNCONVERTIBLE, message), closing)
    print_diagnostics(match.diagnostics)
    if not (match.prefix and len(match.diagnostics) == 1):  # which says how it fits
        for use in find_fits(analysis, tensors, whole):
            echo(f"{file} {use.words}", err=True)
    if closing:
        echo(closing, err=True)
    sys.exit(DIAGNOSTICS)
