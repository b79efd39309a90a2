"""SeparableNet. A separable first layer, as in the BN-Inception paper's appendix.

For 3x32x32 images and 10 classes: 4,978 parameters, 715,072 multiply-accumulates, 4 layers deep.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class SeparableConvBNReLU(nn.Module):
    """Depthwise convolution, then a 1x1 that mixes its channels, batch normalisation, ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        multiplier: int = 1,
    ) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels,
            in_channels * multiplier,
            kernel_size,
            stride=stride,
            padding=padding,
            groups=in_channels,
            bias=False,
        )
        self.pointwise = nn.Conv2d(
            in_channels * multiplier, out_channels, kernel_size=1, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.pointwise(self.depthwise(x)))
        return functional.relu(x, inplace=True)


class SeparableNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # stem
        self.conv1 = SeparableConvBNReLU(3, 16, kernel_size=7, stride=2, padding=3, multiplier=8)
        self.conv2 = SeparableConvBNReLU(16, 32, kernel_size=3, padding=1)
        self.conv3 = nn.Conv2d(32, 32, kernel_size=3, stride=2, padding=1, groups=4)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 16x16x16
        x = self.conv2(x)  # 32x16x16
        x = self.conv3(x)  # 32x8x8
        x = self.pool(x)  # 32x1x1
        x = torch.flatten(x, 1)  # 32
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
