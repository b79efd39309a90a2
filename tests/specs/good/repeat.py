"""RepeatNet. Scaled residual blocks, the last with a scale of its own.

For 3x16x16 images and 10 classes: 21,362 parameters, 5,320,944 multiply-accumulates, 23 layers
deep.
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


class Block(nn.Module):
    """Scaled residual block."""

    def __init__(self, in_channels: int, *, scale: float) -> None:
        super().__init__()
        self.branch0 = ConvReLU(in_channels, 8, kernel_size=1)
        self.branch1 = nn.Sequential(
            ConvReLU(in_channels, 8, kernel_size=1), ConvReLU(8, 8, kernel_size=3, padding=1)
        )
        self.conv = nn.Conv2d(16, 16, kernel_size=1)
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        residual = torch.cat((self.branch0(x), self.branch1(x)), 1)  # 16x16x16
        residual = self.conv(residual)  # 16x16x16
        return functional.relu(residual * self.scale + x, inplace=True)


class RepeatNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # stem
        self.conv = ConvReLU(3, 16, kernel_size=3, padding=1)
        # body
        self.repeat = nn.Sequential(*(Block(16, scale=0.17) for _ in range(5)))
        self.last = Block(16, scale=1)
        self.narrow = nn.Sequential(
            ConvReLU(16, 24, kernel_size=3, padding=1),
            ConvReLU(24, 24, kernel_size=3, padding=1),
            ConvReLU(24, 24, kernel_size=3, padding=1),
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(24, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)  # 16x16x16
        x = self.repeat(x)  # 16x16x16
        x = self.last(x)  # 16x16x16
        x = self.narrow(x)  # 24x16x16
        x = self.pool(x)  # 24x1x1
        x = torch.flatten(x, 1)  # 24
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
