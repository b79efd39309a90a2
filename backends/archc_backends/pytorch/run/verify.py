"""Compares a generated file under torch with the analysis: state, shapes, parameters, FLOPs."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from archc.analyses import Analysis
from archc.checks.checkpoints.state import expected_state
from archc.diagnostics import Code, Diagnostic
from archc_backends.common.network import MAXIMUM_PARAMS, final_softmax
from archc_backends.common.requirements import require_torch

MAXIMUM_ACTIVATIONS = 2_000_000_000
TIMEOUT = 600.0
"""Seconds that a file may run: far more than any network within the limits needs."""
_SHOWN = 5


def verify_file(analysis: Analysis, file: Path) -> list[Diagnostic] | str:
    """Report the first differences between the file under torch and the analysis.

    Without differences, return a text that says what was compared.
    """
    require_torch()
    too_large = _too_large(analysis)
    if too_large:
        return [too_large]
    observed = _observe(probe_arguments(analysis, file))
    if isinstance(observed, str):
        return [Diagnostic(Code.DIFFERENT, f"{file} cannot be run: {observed}")]
    found = list(differences(analysis, observed))
    diagnostics = [Diagnostic(Code.DIFFERENT, f"{file}: {words}") for words in found[:_SHOWN]]
    if len(found) > _SHOWN:
        message = f"{file}: {len(found) - _SHOWN} more differences"
        diagnostics.append(Diagnostic(Code.DIFFERENT, message))
    if diagnostics:
        return diagnostics
    cost = analysis.cost_with_aux
    heads = " with auxiliary heads" if analysis.aux else ""
    return (
        "every layer's shape, every parameter, and the totals: "
        f"{cost.params:,} params and {cost.macs:,} MACs{heads}"
    )


def probe_arguments(
    analysis: Analysis, file: Path
) -> tuple[str, str, list[int], list[str], str, bool]:
    """Return the arguments of the probe for the file."""
    network = analysis.network
    softmax = final_softmax(network) != ""
    last = network.rows[-2 if softmax else -1].name
    heads = [head.name for head in network.aux]
    return str(file), network.name, list(network.input), heads, last, softmax


def _observe(arguments: tuple[Any, ...]) -> dict[str, Any] | str:
    """Run the probe and return its observations, or the reason why it failed."""
    probe = Path(__file__).with_name("probe.py")
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "observed.json")
        # -P keeps the probe's folder off the path, where its files could shadow torch's imports.
        command = [sys.executable, "-P", str(probe), json.dumps(arguments), str(result)]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired:
            return f"it ran for more than {TIMEOUT:g} seconds"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it failed without a message"])[-1]
        try:
            observed: dict[str, Any] = json.loads(result.read_bytes())
        except (OSError, ValueError):
            return "it exited before its results were written"
    return observed


def _too_large(analysis: Analysis) -> Diagnostic | None:
    params = analysis.cost_with_aux.params
    if params <= MAXIMUM_PARAMS and analysis.memory <= MAXIMUM_ACTIVATIONS:
        return None
    message = (
        f"{analysis.network.name} has {params:,} params and {analysis.memory:,} activations, "
        f"more than verify can run ({MAXIMUM_PARAMS:,} and {MAXIMUM_ACTIVATIONS:,})"
    )
    return Diagnostic(Code.LIMIT, message, analysis.network.span)


def differences(analysis: Analysis, observed: dict[str, Any]) -> Iterator[str]:
    """Describe where the probe's observations differ from the analysis."""
    network = analysis.network
    found = dict(observed["state"])
    other = list(state_differences(analysis, found))
    yield from other
    expected = list(expected_state(analysis))
    if not other and list(found) != expected:
        yield "the parameters are in another order than the spec's layers"
    if network.aux:
        heads = tuple(f"{head.name}." for head in network.aux)
        without = [key for key in expected if not key.startswith(heads)]
        if observed["state_without_aux"] != without:
            yield "the state without auxiliary heads differs from the rest of the state"
    main = {layer.op.path: layer for row in analysis.rows for layer in row.layers}
    aux = {layer.op.path: layer for row in analysis.aux for layer in row.layers}
    softmax = final_softmax(network)
    runs = {
        "layers_eval": main,
        "layers_train": {path: main[path] for path in main if path != softmax} | aux,
        "layers_cpu": main | aux,
    }
    for run, layers in runs.items():
        where = {"layers_eval": "eval", "layers_train": "training", "layers_cpu": "CPU"}[run]
        for path, layer in layers.items():
            shape = observed[run].get(path)
            if shape != list(layer.output):
                yield f"the output of {path} is {shape}, expected {list(layer.output)} ({where})"
    for name, right in observed["outputs"].items():
        if not right:
            yield f"the output {name} is not the output of its layers (training)"
    numbers = (
        ("params", analysis.cost_with_aux.params, "params", ""),
        ("flops_eval", 2 * analysis.cost.macs, "FLOPs in eval", " (twice the MACs)"),
        ("flops_train", 2 * analysis.cost_with_aux.macs, "FLOPs in training", " (twice the MACs)"),
    )
    for key, analysed, what, note in numbers:
        if observed[key] != analysed:
            yield f"torch counts {observed[key]:,} {what}, expected {analysed:,}{note}"
    if not observed["finite"]:
        yield "the output is not finite for random images"


def state_differences(analysis: Analysis, found: Mapping[str, list[int]]) -> Iterator[str]:
    """Describe where a state, shapes by key, differs from the network's, ignoring its order."""
    expected = {key: list(tensor.shape) for key, tensor in expected_state(analysis).items()}
    for key, shape in expected.items():
        if key not in found:
            yield f"the parameter {key} is missing"
        elif found[key] != shape:
            yield f"{key} has the shape {found[key]}, expected {shape}"
    for key in found:
        if key not in expected:
            yield f"unknown parameter {key}"
