"""NormNet. Batch normalisation with more than one epsilon, also on features.

For 3x16x16 images and 10 classes: 7,898 parameters, 332,096 multiply-accumulates, 4 layers deep.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Affine(nn.Module):
    """x * scale + shift with fixed numbers for each channel, none of them in the state_dict."""

    def __init__(self, scale: tuple[float, ...], shift: tuple[float, ...]) -> None:
        super().__init__()
        self.scale = nn.Buffer(torch.tensor(scale).view(-1, 1, 1), persistent=False)
        self.shift = nn.Buffer(torch.tensor(shift).view(-1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.scale + self.shift
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
        bias: bool = False,
        eps: float = 0.001,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel_size, stride=stride, padding=padding, bias=bias
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=eps, momentum=momentum)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return functional.relu(x, inplace=True)


class NormNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.whiten = Affine((0.5, 0.25, 0.125), (0.1, 0.0, -0.1))
        self.conv1 = ConvBNReLU(3, 16, kernel_size=3, padding=1)
        self.conv2 = ConvBNReLU(16, 16, kernel_size=3, stride=2, padding=1)
        self.conv3 = ConvBNReLU(
            16, 32, kernel_size=3, stride=2, padding=1, bias=True, eps=0.01, momentum=0.2
        )
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.norm = nn.BatchNorm1d(32)
        self.fc = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.whiten(x)  # 3x16x16
        x = self.conv1(x)  # 16x16x16
        x = self.conv2(x)  # 16x8x8
        x = self.conv3(x)  # 32x4x4
        x = self.pool(x)  # 32x1x1
        x = self.flatten(x)  # 32
        x = self.norm(x)  # 32
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
