"""Provides generated classes with random weights, for tests that compare outputs."""

from types import ModuleType
from typing import Any

import torch
from torch import nn


def executed(source: bytes, name: str = "Net") -> Any:
    """Return the generated network's class."""
    module = ModuleType("net")
    exec(compile(source, "net.py", "exec"), module.__dict__)
    return module.__dict__[name]


def randomized(model: nn.Module) -> None:
    """Draw weights and running statistics with which every layer has an effect."""
    generator = torch.Generator().manual_seed(0)
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.01, 2, generator=generator)
        elif value.is_floating_point():
            fan = max(1, value[0].numel()) if value.dim() > 1 else 2
            value.normal_(0, (2 / fan) ** 0.5, generator=generator)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
