"""Runs a generated file in a process of its own and prints, as JSON, what torch makes of it.

Called with the file, the class's name, the input's shape, and whether there are auxiliary heads
and a softmax behind the logits. It imports torch and nothing of archc.
"""

import importlib.util
import json
import sys
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

_BATCH = 2  # normalisation over a batch needs more than one value per channel


def observe(file: str, name: str, shape: list[int], aux: bool, softmax: bool) -> dict[str, Any]:
    """State, layer shapes and FLOPs of the class, on the meta device and on the CPU."""
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
    if aux:
        with torch.device("meta"):
            result["state_without_aux"] = list(network(aux=False).state_dict())
    model = network()
    with torch.no_grad():
        images = torch.rand(_BATCH, *shape)
        result["layers_cpu"] = _layers(model.eval(), images, softmax)
        result["layers_cpu"] |= _layers(model.train(), images, False)
        outputs = model.eval()(images)
        result["finite"] = bool(torch.isfinite(outputs).all())
        result["output"] = list(outputs.shape[1:])
    return result


def _import(file: str, name: str) -> Any:
    spec = importlib.util.spec_from_file_location("generated", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated"] = module
    spec.loader.exec_module(module)
    return getattr(module, name)


def _layers(model: Any, images: torch.Tensor, softmax: bool) -> dict[str, list[int]]:
    """The output shape of every module that runs, by its path."""
    shapes: dict[str, list[int]] = {}

    def record(path: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                shapes[path] = list(output.shape[1:])

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


if __name__ == "__main__":
    print(json.dumps(observe(*json.loads(sys.argv[1]))))
