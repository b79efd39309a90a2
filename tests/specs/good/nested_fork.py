"""InceptionTail. Inception v3's last module, with forks inside two of its branches.

For 64x8x8 images and 10 classes: 157,690 parameters, 9,832,880 multiply-accumulates, 7 layers
deep.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvBNReLU(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv(x))
        return functional.relu(x, inplace=True)


class InceptionE(nn.Module):
    """Expanded filter banks, figure 7."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBNReLU(in_channels, 32, kernel_size=1)
        self.branch3x3_1 = ConvBNReLU(in_channels, 48, kernel_size=1)
        self.branch3x3_2a = ConvBNReLU(48, 48, kernel_size=(1, 3), padding=(0, 1))
        self.branch3x3_2b = ConvBNReLU(48, 48, kernel_size=(3, 1), padding=(1, 0))
        self.branch3x3dbl_1 = ConvBNReLU(in_channels, 56, kernel_size=1)
        self.branch3x3dbl_2 = ConvBNReLU(56, 48, kernel_size=3, padding=1)
        self.branch3x3dbl_3a = ConvBNReLU(48, 48, kernel_size=(1, 3), padding=(0, 1))
        self.branch3x3dbl_3b = ConvBNReLU(48, 48, kernel_size=(3, 1), padding=(1, 0))
        self.branch_pool = nn.Sequential(
            nn.AvgPool2d(kernel_size=3, stride=1, padding=1),
            ConvBNReLU(in_channels, 24, kernel_size=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)  # 32x8x8
        branch3x3 = self.branch3x3_1(x)  # 48x8x8
        branch3x3 = torch.cat((self.branch3x3_2a(branch3x3), self.branch3x3_2b(branch3x3)), 1)
        branch3x3dbl = self.branch3x3dbl_1(x)  # 56x8x8
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)  # 48x8x8
        branch3x3dbl = torch.cat(
            (self.branch3x3dbl_3a(branch3x3dbl), self.branch3x3dbl_3b(branch3x3dbl)), 1
        )  # 96x8x8
        branch_pool = self.branch_pool(x)  # 24x8x8
        return torch.cat((branch1x1, branch3x3, branch3x3dbl, branch_pool), 1)


class InceptionTail(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.mixed_7b = InceptionE(64)
        self.mixed_7c = InceptionE(248)
        # head
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(248, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mixed_7b(x)  # 248x8x8
        x = self.mixed_7c(x)  # 248x8x8
        x = self.avgpool(x)  # 248x1x1
        x = torch.flatten(x, 1)  # 248
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
