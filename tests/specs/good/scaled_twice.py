"""ScaledNet. A column that scales two residuals, whole in the first row only.

For 3x16x16 images and 10 classes: 628 parameters, 145,182 multiply-accumulates, 8 layers deep.
"""

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


class Twice(nn.Module):
    """Residual of conv1 and Residual."""

    def __init__(self, in_channels: int, *, gain: float) -> None:
        super().__init__()
        self.conv1 = ConvReLU(in_channels, 3, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(3, 3, kernel_size=3, padding=1)
        self.gain = gain

    def forward(self, x: Tensor) -> Tensor:
        residual = self.conv1(x)  # 3x16x16
        residual_2 = self.conv2(residual)  # 3x16x16
        residual = residual_2 + residual  # 3x16x16
        x = residual * self.gain + x  # 3x16x16
        return x


class Nested(nn.Module):
    """Sequence of before and Residual."""

    def __init__(self, in_channels: int, *, gain: float) -> None:
        super().__init__()
        self.before = Twice(in_channels, gain=gain)
        self.conv = nn.Conv2d(3, 3, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.before(x)  # 3x16x16
        residual = self.conv(x)  # 3x16x16
        x = residual + x  # 3x16x16
        return x


class ScaledNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.block1 = Twice(3, gain=1)
        self.block2 = Twice(3, gain=0.5)
        self.block3 = Nested(3, gain=0.25)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(3, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.block1(x)  # 3x16x16
        x = self.block2(x)  # 3x16x16
        x = self.block3(x)  # 3x16x16
        x = self.pool(x)  # 3x1x1
        x = torch.flatten(x, 1)  # 3
        x = self.fc(x)  # num_classes
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc for another number of classes. Everything
        else must match key for key, as in load_state_dict.
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
