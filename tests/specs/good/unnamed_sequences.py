"""SequencesNet. Sequences without a name inside those with one, and equal layers in a row.

For 3x16x16 images and 10 classes: 5,956 parameters, 844,608 multiply-accumulates, 11 layers
deep.
"""

from collections import OrderedDict

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


class Classifier(nn.Module):
    """Concat of fine and branch2."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.fine = nn.Conv2d(in_channels, num_classes, kernel_size=1)
        self.coarse = nn.Conv2d(in_channels, num_classes, kernel_size=1)
        self.smooth = nn.AvgPool2d(kernel_size=1, stride=1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x)  # num_classes x 1 x 1
        branch2 = self.coarse(x)  # num_classes x 1 x 1
        branch2 = self.smooth(branch2)  # num_classes x 1 x 1
        return torch.cat((fine, branch2), 1)


class SequencesNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.features = nn.Sequential(
            OrderedDict(
                [
                    ("keys", ConvReLU(3, 16, kernel_size=3, padding=1)),
                    ("values", ConvReLU(16, 16, kernel_size=3, padding=1)),
                    ("items", nn.MaxPool2d(kernel_size=2, stride=2)),
                ],
            ),
        )
        self.tower = nn.Sequential(
            ConvReLU(16, 8, kernel_size=1),
            *(ConvReLU(8, 8, kernel_size=3, padding=1) for _ in range(3)),
            ConvReLU(8, 16, kernel_size=1),
            ConvReLU(16, 16, kernel_size=1),
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.mixed = nn.Sequential(
            nn.Conv2d(16, 16, kernel_size=1), nn.Conv2d(16, 16, kernel_size=1)
        )
        self.fc = Classifier(16, num_classes)
        self.flatten = nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # 16x8x8
        x = self.tower(x)  # 16x8x8
        x = self.pool(x)  # 16x1x1
        x = self.mixed(x)  # 16x1x1
        x = self.fc(x)  # (2 * num_classes) x 1 x 1
        x = self.flatten(x)  # 2 * num_classes
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc.fine and fc.coarse for another number of
        classes. Everything else must match key for key, as in load_state_dict.
        """
        own = self.state_dict()
        for name in leave:
            if not any(key.startswith(f"{name}.") for key in own):
                raise ValueError(f"{name} is no layer with weights")
        kept = tuple(f"{name}." for name in leave)
        stay = {key: value for key, value in own.items() if key.startswith(kept)}
        given = {key: value for key, value in state.items() if not key.startswith(kept)}
        self.load_state_dict(given | stay)
        return list(stay)
