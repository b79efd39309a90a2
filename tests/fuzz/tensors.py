"""Evaluates a spec's plain data with tensors: only torch.nn decides what fits and what results."""

from collections.abc import MutableMapping
from typing import Any

import torch
from fuzz.arithmetic import pair, window
from fuzz.others import READINGS
from fuzz.plain import Data, Reader, below
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

State = MutableMapping[str, Tensor]

torch.set_num_threads(1)  # the networks are so small that more threads would only wait

STRICTER = {
    "residual": "torch's + broadcasts different sizes, which a residual network never intends",
    "linear": "on maps, torch's Linear takes the width as the features, if the number fits",
    "affine": "torch broadcasts one number to all channels, and features to maps",
    "same": "an even kernel needs extra padding on one side, and papers differ on which",
    "count_padding": "networks differ on whether padded zeros count, and torch has a default",
    "aux": "torch computes losses for any number of outputs; one loss needs the same classes",
}
"""Cases that torch accepts and archc rejects, with reasons. Nothing else may differ."""


class Tensors(Reader[Tensor]):
    """Builds each layer for its input, and runs it.

    ``state`` maps keys to weights and receives running statistics; without it, layers have their
    initial weights. ``stricter`` collects the cases of STRICTER that occur.
    """

    def __init__(self, spec: Data, state: State | None = None, training: bool = False) -> None:
        super().__init__(spec)
        self.state = state
        self.training = training
        self.stricter: set[str] = set()

    def network(self, x: Tensor, training: bool = True) -> list[Tensor]:
        outputs = super().network(x, training)
        if any(output.shape != outputs[0].shape or output.dim() != 2 for output in outputs[1:]):
            self.stricter.add("aux")
        return outputs

    def join(self, branches: list[Tensor]) -> Tensor:
        return torch.cat(branches, 1)

    def add(self, body: Tensor, scale: float, shortcut: Tensor, activation: Any) -> Tensor:
        total = body * scale + shortcut
        if body.shape != shortcut.shape:
            self.stricter.add("residual")
        return self.activated(activation, total)

    def operator(self, path: str, kind: str, fields: Data, x: Tensor) -> Tensor:
        if kind in READINGS:
            return READINGS[kind].tensor(fields, x)
        if kind in ("Conv", "SeparableConv"):
            return self.convolution(path, kind, fields, x)
        if kind == "Linear":
            x = x.flatten(1) if x.shape[2:] == (1, 1) else x
            linear = nn.Linear(
                x.shape[1], fields["Linear"], fields.get("bias", True), x.device, x.dtype
            )
            out = self.run(path, linear, x)
            if x.dim() == 4:
                self.stricter.add("linear")
            return self.activated(fields.get("activation", "none"), out)
        if kind == "BatchNorm":
            return self.normalized(path, fields, x)
        if kind == "Affine":
            return self.affine(fields, x)
        if kind in ("MaxPool", "AvgPool"):
            return self.pooled(kind, fields, x)
        if kind == "AdaptiveAvgPool":
            pooled: Tensor = nn.AdaptiveAvgPool2d(pair(fields[kind]))(x)
            return pooled
        if kind == "LRN":
            numbers = {"alpha": 1e-4, "beta": 0.75, "k": 1.0} | fields
            return F.local_response_norm(
                x, fields["LRN"], *(numbers[n] for n in ("alpha", "beta", "k"))
            )
        if kind == "Flatten":
            return x.flatten(1)
        if kind in ("Dropout", "Identity"):
            return x
        return self.activated(kind, x)

    def run(self, path: str, layer: nn.Module, x: Tensor) -> Tensor:
        """Run a torch layer, with its state loaded from ``path`` and stored there."""
        if self.state is None:
            out: Tensor = layer.eval()(x)
            return out
        own = {key: self.state[f"{path}.{key}"] for key in layer.state_dict()}
        layer.load_state_dict(own)
        out = layer.train(self.training)(x)
        for key, value in layer.state_dict().items():
            self.state[f"{path}.{key}"] = value
        return out

    def activated(self, written: Any, x: Tensor) -> Tensor:
        (kind, fields) = next(iter(written.items())) if isinstance(written, dict) else (written, {})
        if kind in READINGS:
            return READINGS[kind].tensor(fields, x)
        if kind == "ReLU":
            return F.relu(x)
        if kind == "Softmax":
            return F.softmax(x, 1)
        assert kind == "none", f"{kind} is not read"
        return x

    def normalized(self, path: str, fields: Data, x: Tensor) -> Tensor:
        layer = nn.BatchNorm1d if x.dim() == 2 else nn.BatchNorm2d
        eps, momentum = fields.get("eps", 1e-5), fields.get("momentum", 0.1)
        norm = layer(x.shape[1], eps, momentum, device=x.device, dtype=x.dtype)
        return self.run(path, norm, x)

    def affine(self, fields: Data, x: Tensor) -> Tensor:
        numbers = [fields["Affine"], fields.get("shift", [0.0] * len(fields["Affine"]))]
        scales, shift = (
            torch.tensor(row, dtype=x.dtype, device=x.device).view(-1, 1, 1) for row in numbers
        )
        out = x * scales + shift
        if x.dim() == 2 or any(len(row) != x.shape[1] for row in numbers):
            self.stricter.add("affine")
        return out

    def convolution(self, path: str, kind: str, fields: Data, x: Tensor) -> Tensor:
        kernel, stride, padding = window(fields[kind], fields.get("padding"), same=True)
        if (
            "padding" not in fields
            and "valid" not in fields[kind]
            and 0 in (kernel[0] % 2, kernel[1] % 2)
        ):
            self.stricter.add("same")
        norm = fields.get("norm", "none")
        bias = fields.get("bias", norm == "none")
        channels, out = x.shape[1], fields["out"]
        if kind == "Conv":
            x = self.run(
                path if norm == "none" else below(path, "conv"),
                nn.Conv2d(
                    channels, out, kernel, stride, padding, 1, fields.get("groups", 1), bias,
                    device=x.device, dtype=x.dtype,
                ),
                x,
            )  # fmt: skip
        else:
            middle = channels * fields.get("multiplier", 1)
            depthwise = nn.Conv2d(
                channels, middle, kernel, stride, padding, 1, channels, False,
                device=x.device, dtype=x.dtype,
            )  # fmt: skip
            x = self.run(below(path, "depthwise"), depthwise, x)
            pointwise = nn.Conv2d(middle, out, 1, bias=bias, device=x.device, dtype=x.dtype)
            x = self.run(below(path, "pointwise"), pointwise, x)
        if norm != "none":
            x = self.normalized(below(path, "bn"), self.norm(norm), x)
        return self.activated(fields.get("activation", "none"), x)

    def pooled(self, kind: str, fields: Data, x: Tensor) -> Tensor:
        if fields[kind] == "global":
            return x.mean((2, 3), keepdim=True)
        kernel, stride, padding = window(fields[kind], fields.get("padding"), same=False)
        if (
            fields[kind].endswith(" same")
            and "padding" not in fields
            and 0 in (kernel[0] % 2, kernel[1] % 2)
        ):
            self.stricter.add("same")
        ceil = fields.get("ceil", False)
        if kind == "MaxPool":
            out: Tensor = nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil)(x)
            return out
        if any(padding) and "count_padding" not in fields:
            self.stricter.add("count_padding")
        counts = fields.get("count_padding", True)
        mean: Tensor = nn.AvgPool2d(kernel, stride, padding, ceil, counts)(x)
        return mean
