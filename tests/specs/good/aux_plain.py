"""DeepNet. Auxiliary heads that are no module.

For 3x24x24 images and 10 classes: 14,666 parameters (15,830 with the auxiliary heads), 560,192
multiply-accumulates, 4 layers deep.
"""

from collections import OrderedDict
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


class DeepNetOutput(NamedTuple):
    """What DeepNet returns in training; a head that the model lacks is None."""

    logits: Tensor
    early: Tensor | None
    late: Tensor | None


class DeepNet(nn.Module):
    """The network; returns DeepNetOutput in training, the logits alone in eval mode.

    ``aux`` builds the auxiliary heads, early on conv1 and late on conv2; they run in training
    only.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10, aux: bool = True) -> None:
        super().__init__()
        # body
        self.conv1 = ConvReLU(3, 16, kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvReLU(16, 32, kernel_size=3, stride=2, padding=1)
        self.conv3 = ConvReLU(32, 32, kernel_size=3, padding=1)
        # aux
        self.early = (
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, num_classes))
            if aux
            else None
        )
        self.late = (
            nn.Sequential(
                OrderedDict(
                    [
                        ("pool", nn.AvgPool2d(kernel_size=2, stride=2)),
                        ("conv", ConvReLU(32, 8, kernel_size=1)),
                        ("flatten", nn.Flatten()),
                        ("fc", nn.Linear(72, num_classes)),
                    ],
                ),
            )
            if aux
            else None
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(32, num_classes)
        self.prob = nn.Softmax(dim=1)

    def forward(self, x: Tensor) -> Tensor | DeepNetOutput:
        x = self.conv1(x)  # 16x12x12
        early = self.early(x) if self.training and self.early is not None else None
        x = self.conv2(x)  # 32x6x6
        late = self.late(x) if self.training and self.late is not None else None
        x = self.conv3(x)  # 32x6x6
        x = self.pool(x)  # 32x1x1
        x = self.dropout(x)  # 32x1x1
        x = torch.flatten(x, 1)  # 32
        x = self.fc(x)  # num_classes
        if self.training:
            return DeepNetOutput(x, early, late)
        return x

    def probabilities(self, x: Tensor) -> Tensor:
        """Class probabilities, the softmax of the logits; meant for eval mode."""
        output = self(x)
        logits = output if isinstance(output, Tensor) else output.logits
        probabilities: Tensor = self.prob(logits)
        return probabilities

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc, early.2 and late.fc for another number of
        classes, and the auxiliary heads where the model or the checkpoint has none. Everything
        else must match key for key, as in load_state_dict.
        """
        own = self.state_dict()
        for name in leave:
            if not any(key.startswith(f"{name}.") for key in own):
                raise ValueError(f"{name} is no layer with weights")
        kept = tuple(f"{name}." for name in leave)
        heads = ("early.", "late.")
        if self.early is None or not any(key.startswith(heads) for key in state):
            kept += heads
        stay = {key: value for key, value in own.items() if key.startswith(kept)}
        given = {key: value for key, value in state.items() if not key.startswith(kept)}
        self.load_state_dict(given | stay)
        return list(stay)


def total_loss(output: DeepNetOutput, target: Tensor) -> Tensor:
    """The training loss: cross entropy of the logits, and of each auxiliary head by its weight."""
    loss = functional.cross_entropy(output.logits, target)
    if output.early is not None:
        loss = loss + 0.2 * functional.cross_entropy(output.early, target)
    if output.late is not None:
        loss = loss + 0.4 * functional.cross_entropy(output.late, target)
    return loss
