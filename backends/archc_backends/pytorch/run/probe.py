"""Runs a generated file under torch in a process of its own and writes its observations as JSON.

The command line has the arguments of ``observe`` as JSON, and the file to write. This file imports
torch but not archc.
"""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

_BATCH = 2  # normalisation over a batch needs more than one value per channel


def observe(
    file: str, name: str, shape: list[int], heads: list[str], last: str, softmax: bool
) -> dict[str, Any]:
    """Observe state, layer shapes and FLOPs of the class, on the meta device and on the CPU.

    ``last`` is the row that returns the logits, ``softmax`` whether a softmax follows it.
    """
    network = _import(file, name)
    with torch.device("meta"):
        model = network()
        result: dict[str, Any] = {
            "state": [[key, list(value.shape)] for key, value in model.state_dict().items()],
            "params": sum(parameter.numel() for parameter in model.parameters()),
        }
        images = torch.empty(_BATCH, *shape)
        for mode in (False, True):
            flops = FlopCounterMode(display=False)
            with flops:
                layers = _layers(model.train(mode), images, softmax and not mode)
            key = "train" if mode else "eval"
            result[f"layers_{key}"] = layers
            result[f"flops_{key}"] = flops.get_total_flops() // _BATCH
    if heads:
        with torch.device("meta"):
            result["state_without_aux"] = list(network(aux=False).state_dict())
    model = network()
    with torch.no_grad():
        images = torch.rand(_BATCH, *shape)
        result["layers_cpu"] = _layers(model.eval(), images, softmax)
        kept: dict[str, Any] = dict.fromkeys(("", last, *heads))
        result["layers_cpu"] |= _layers(model.train(), images, False, kept)
        result["outputs"] = _come_from_layers(kept[""], heads, last, kept)
        outputs = model.eval()(images)
        result["finite"] = bool(torch.isfinite(outputs).all())
        result["output"] = list(outputs.shape[1:])
    return result


def _import(file: str, name: str) -> Any:
    # The import system may use stale bytecode if the file was just rewritten.
    module = ModuleType("generated")
    sys.modules["generated"] = module
    exec(compile(Path(file).read_bytes(), file, "exec"), module.__dict__)
    return getattr(module, name)


def _layers(
    model: Any, images: torch.Tensor, softmax: bool, kept: dict[str, Any] | None = None
) -> dict[str, list[int]]:
    """Return the output shape of every module that runs, and fill ``kept`` with outputs by key."""
    shapes: dict[str, list[int]] = {}

    def record(path: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                shapes[path] = list(output.shape[1:])
            if kept is not None and path in kept:
                kept[path] = output

        return hook

    hooks = [module.register_forward_hook(record(path)) for path, module in model.named_modules()]
    try:
        if softmax:
            model.probabilities(images)
        else:
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return shapes


def _come_from_layers(
    output: Any, heads: list[str], last: str, kept: dict[str, Any]
) -> dict[str, bool]:
    """Whether each output in training is the output of its module, for those with a module.

    A view, such as a flattened output, counts as the same: both have the same storage.
    """
    values = dict(zip(("logits", *heads), output if heads else (output,), strict=True))
    values |= {name: getattr(output, name) for name in values if hasattr(output, name)}
    right = {}
    for name, path in zip(values, (last, *heads), strict=True):
        expected, value = kept[path], values[name]
        if isinstance(expected, torch.Tensor):
            right[name] = (
                isinstance(value, torch.Tensor)
                and value.numel() == expected.numel()
                and value.data_ptr() == expected.data_ptr()
            )
    return right


if __name__ == "__main__":
    observed = observe(*json.loads(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(observed), encoding="utf-8")
