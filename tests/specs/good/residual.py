"""SmallResNet. Basic blocks, one of them with a projection.

For 3x32x32 images and 10 classes: 38,554 parameters, 13,549,888 multiply-accumulates, 8 layers
deep.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBN(nn.Module):
    """Convolution, batch normalisation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return x


class ConvBNReLU(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return functional.relu(x, inplace=True)


class Basic(nn.Module):
    """Two 3x3 convolutions around an identity."""

    def __init__(self, in_channels: int, *, width: int) -> None:
        super().__init__()
        self.conv1 = ConvBNReLU(in_channels, width, kernel_size=3, padding=1)
        self.conv2 = ConvBN(width, width, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.conv1(x)
        residual = self.conv2(residual)
        return functional.relu(residual + x, inplace=True)


class Down(nn.Module):
    """Halves the size; a 1x1 convolution projects the shortcut."""

    def __init__(self, in_channels: int, *, width: int) -> None:
        super().__init__()
        self.conv1 = ConvBNReLU(in_channels, width, kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvBN(width, width, kernel_size=3, padding=1)
        self.shortcut = ConvBN(in_channels, width, kernel_size=1, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        residual = self.conv1(x)
        residual = self.conv2(residual)
        shortcut = self.shortcut(x)
        return functional.relu(residual + shortcut, inplace=True)


class SmallResNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # stem
        self.conv = ConvBNReLU(3, 16, kernel_size=3, padding=1)
        # body
        self.block1 = Basic(16, width=16)
        self.block2 = Down(16, width=32)
        self.block3 = Basic(32, width=32)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)  # 16x32x32
        x = self.block1(x)  # 16x32x32
        x = self.block2(x)  # 32x16x16
        x = self.block3(x)  # 32x16x16
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
