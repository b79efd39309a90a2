"""The analysis held against torch: state, shapes, parameters, torch's own FLOP counter."""

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
from archc_backends.common.network import MAXIMUM_PARAMS, softmax_behind
from archc_backends.common.requirements import require_torch

MAXIMUM_ACTIVATIONS = 2_000_000_000
TIMEOUT = 600.0
"""Seconds that a file may run: far more than any network within those limits takes."""
_SHOWN = 5


def verify_file(analysis: Analysis, file: Path) -> list[Diagnostic] | str:
    """The first differences between what the file does under torch and what is analysed.

    Without any, in words, what is not different.
    """
    require_torch()
    too_large = _too_large(analysis)
    if too_large:
        return [too_large]
    observed = _observe(request(analysis, file))
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
    heads = ", auxiliary heads included," if analysis.aux else ""
    return (
        f"every layer's shape, every parameter, {cost.params:,} params and {cost.macs:,} MACs"
        f"{heads} as analysed"
    )


def request(analysis: Analysis, file: Path) -> tuple[str, str, list[int], list[str], str, bool]:
    """What the probe is to be asked about the file."""
    network = analysis.network
    softmax = softmax_behind(network) != ""
    last = network.rows[-2 if softmax else -1].name
    heads = [head.name for head in network.aux]
    return str(file), network.name, list(network.input), heads, last, softmax


def _observe(asked: tuple[Any, ...]) -> dict[str, Any] | str:
    """What the probe observes, or why it observed nothing."""
    probe = Path(__file__).with_name("probe.py")
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, "observed.json")
        # -P: the probe's own folder must not shadow what torch imports.
        command = [sys.executable, "-P", str(probe), json.dumps(asked), str(result)]
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
            return f"it did not end within {TIMEOUT:g} seconds"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        try:
            observed: dict[str, Any] = json.loads(result.read_bytes())
        except (OSError, ValueError):
            return "it ended before it was observed"
    return observed


def _too_large(analysis: Analysis) -> Diagnostic | None:
    params = analysis.cost_with_aux.params
    if params <= MAXIMUM_PARAMS and analysis.memory <= MAXIMUM_ACTIVATIONS:
        return None
    message = (
        f"{analysis.network.name} has {params:,} params and {analysis.memory:,} activations, "
        f"more than verify runs ({MAXIMUM_PARAMS:,} and {MAXIMUM_ACTIVATIONS:,})"
    )
    return Diagnostic(Code.LIMIT, message, analysis.network.span)


def differences(analysis: Analysis, observed: dict[str, Any]) -> Iterator[str]:
    """Where what the probe observed is not what is analysed, in words."""
    network = analysis.network
    found = dict(observed["state"])
    other = list(state_differences(analysis, found))
    yield from other
    expected = list(expected_state(analysis))
    if not other and list(found) != expected:
        yield "the parameters stand in another order than the spec's layers"
    if network.aux:
        heads = tuple(f"{head.name}." for head in network.aux)
        without = [key for key in expected if not key.startswith(heads)]
        if observed["state_without_aux"] != without:
            yield "its state without auxiliary heads is not the rest of its state"
    main = {layer.op.path: layer for row in analysis.rows for layer in row.layers}
    aux = {layer.op.path: layer for row in analysis.aux for layer in row.layers}
    softmax = softmax_behind(network)
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
                yield f"{path} gives {shape}, {list(layer.output)} is analysed ({where})"
    for name, right in observed["outputs"].items():
        if not right:
            yield f"the output {name} is not what its layers give (training)"
    numbers = (
        ("params", analysis.cost_with_aux.params, "params"),
        ("flops_eval", 2 * analysis.cost.macs, "FLOPs in eval, twice the MACs"),
        ("flops_train", 2 * analysis.cost_with_aux.macs, "FLOPs in training, twice the MACs"),
    )
    for key, analysed, what in numbers:
        if observed[key] != analysed:
            yield f"torch counts {observed[key]:,} {what}, {analysed:,} is analysed"
    if not observed["finite"]:
        yield "its output is not finite for random images"


def state_differences(analysis: Analysis, found: Mapping[str, list[int]]) -> Iterator[str]:
    """Where a state, shapes by key, is not the network's, in words; its order is not looked at."""
    expected = {key: list(tensor.shape) for key, tensor in expected_state(analysis).items()}
    for key, shape in expected.items():
        if key not in found:
            yield f"the parameter {key} is missing"
        elif found[key] != shape:
            yield f"{key} has the shape {found[key]}, {shape} is analysed"
    for key in found:
        if key not in expected:
            yield f"the parameter {key} is not in the analysis"
