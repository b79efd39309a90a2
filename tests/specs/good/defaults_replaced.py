"""DefaultsNet. Defaults that mean nothing where a layer says something else.

For 3x16x16 images and 10 classes: 2,506 parameters, 468,912 multiply-accumulates, 4 layers deep.
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


class DefaultsNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.conv1 = ConvReLU(3, 8, kernel_size=3)
        self.conv2 = ConvReLU(8, 8, kernel_size=3, padding=1)
        self.conv3 = ConvReLU(8, 8, kernel_size=5, padding=2)
        self.pool1 = nn.AvgPool2d(kernel_size=3, stride=2, padding=1, ceil_mode=True)
        self.pool2 = nn.AvgPool2d(kernel_size=3, stride=2, ceil_mode=True)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 8x14x14
        x = self.conv2(x)  # 8x14x14
        x = self.conv3(x)  # 8x14x14
        x = self.pool1(x)  # 8x8x8
        x = self.pool2(x)  # 8x4x4
        x = self.pool(x)  # 8x1x1
        x = torch.flatten(x, 1)  # 8
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
