"""ColumnsNet. A module passes its columns on to another.

For 3x16x16 images and 10 classes: 13,566 parameters, 3,168,192 multiply-accumulates, 7 layers
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


class Factorised(nn.Module):
    """A square kernel as a row and a column."""

    def __init__(self, in_channels: int, *, reduce: int, out: int) -> None:
        super().__init__()
        self.squeeze = ConvReLU(in_channels, reduce, kernel_size=1)
        self.row = ConvReLU(reduce, reduce, kernel_size=(1, 7), padding=(0, 3))
        self.column = ConvReLU(reduce, out, kernel_size=(7, 1), padding=(3, 0))

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        x = self.row(x)
        x = self.column(x)
        return x


class Mixed(nn.Module):
    """Concat of branch1x1, branch7x7 and branch7x7_narrow."""

    def __init__(self, in_channels: int, *, n1x1: int, n7x7_reduce: int, n7x7: int) -> None:
        super().__init__()
        self.branch1x1 = ConvReLU(in_channels, n1x1, kernel_size=1)
        self.branch7x7 = Factorised(in_channels, reduce=n7x7_reduce, out=n7x7)
        self.branch7x7_narrow = Factorised(in_channels, reduce=4, out=n7x7)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.branch1x1(x), self.branch7x7(x), self.branch7x7_narrow(x)), 1)


class ColumnsNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU from He's uniform
    distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.mixed1 = Mixed(3, n1x1=16, n7x7_reduce=8, n7x7=24)
        self.mixed2 = Mixed(64, n1x1=32, n7x7_reduce=16, n7x7=32)
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(96, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mixed1(x)  # 64x16x16
        x = self.mixed2(x)  # 96x16x16
        x = self.pool(x)  # 96x1x1
        x = torch.flatten(x, 1)  # 96
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
