"""SizedHeads. One head on maps of two sizes, whose features depend on height and width.

For 3x32x32 images and 10 classes: 14,666 parameters (36,270 with the auxiliary heads), 995,648
multiply-accumulates, 4 layers deep.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvReLU(nn.Conv2d):
    """A convolution with a ReLU behind it, under the state_dict keys of the convolution."""

    def reset_parameters(self) -> None:
        """Weights start from He's uniform distribution, biases from zero."""
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
        return functional.relu(x, inplace=True)


class LinearReLU(nn.Linear):
    """A linear layer with a ReLU behind it, under the state_dict keys of the linear layer."""

    def reset_parameters(self) -> None:
        """Weights start from He's uniform distribution, biases from zero."""
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.linear(x, self.weight, self.bias)
        return functional.relu(x, inplace=True)


class Head(nn.Module):
    """Auxiliary classifier."""

    def __init__(self, in_channels: int, num_classes: int, *, fc1_in_features: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)
        self.conv = ConvReLU(in_channels, 8, kernel_size=1)
        self.flatten = nn.Flatten()
        self.fc1 = LinearReLU(fc1_in_features, 32)
        self.fc2 = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        x = self.conv(x)
        x = self.flatten(x)
        x = self.fc1(x)  # 32
        x = self.fc2(x)  # num_classes
        return x


class SizedHeadsOutput(NamedTuple):
    """What SizedHeads returns in training; a head that the model lacks is None."""

    logits: Tensor
    aux1: Tensor | None
    aux2: Tensor | None


class SizedHeads(nn.Module):
    """The network; returns SizedHeadsOutput in training, the logits alone in eval mode.

    ``aux`` builds the auxiliary heads, aux1 on conv1 and aux2 on conv2; they run in training
    only.

    Weights start as PyTorch's layers do by default, those of ConvReLU and LinearReLU from He's
    uniform distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10, aux: bool = True) -> None:
        super().__init__()
        # body
        self.conv1 = ConvReLU(3, 16, kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvReLU(16, 32, kernel_size=3, stride=2, padding=1)
        self.conv3 = ConvReLU(32, 32, kernel_size=3, padding=1)
        # aux
        self.aux1 = Head(16, num_classes, fc1_in_features=512) if aux else None
        self.aux2 = Head(32, num_classes, fc1_in_features=128) if aux else None
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor | SizedHeadsOutput:
        x = self.conv1(x)  # 16x16x16
        aux1 = self.aux1(x) if self.training and self.aux1 is not None else None
        x = self.conv2(x)  # 32x8x8
        aux2 = self.aux2(x) if self.training and self.aux2 is not None else None
        x = self.conv3(x)  # 32x8x8
        x = self.pool(x)  # 32x1x1
        x = torch.flatten(x, 1)  # 32
        x = self.fc(x)  # num_classes
        if self.training:
            return SizedHeadsOutput(x, aux1, aux2)
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc, aux1.fc2 and aux2.fc2 for another number
        of classes, and the auxiliary heads where the model or the checkpoint has none.
        Everything else must match key for key, as in load_state_dict.
        """
        own = self.state_dict()
        for name in leave:
            if not any(key.startswith(f"{name}.") for key in own):
                raise ValueError(f"{name} is no layer with weights")
        kept = tuple(f"{name}." for name in leave)
        heads = ("aux1.", "aux2.")
        if self.aux1 is None or not any(key.startswith(heads) for key in state):
            kept += heads
        stay = {key: value for key, value in own.items() if key.startswith(kept)}
        given = {key: value for key, value in state.items() if not key.startswith(kept)}
        self.load_state_dict(given | stay)
        return list(stay)


def total_loss(output: SizedHeadsOutput, target: Tensor) -> Tensor:
    """The training loss: cross entropy of the logits, and of each auxiliary head by its weight."""
    loss = functional.cross_entropy(output.logits, target)
    if output.aux1 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux1, target)
    if output.aux2 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux2, target)
    return loss
