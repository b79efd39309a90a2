"""PathsNet. Features that depend on the size, of layers in lists and of two with one name.

For 3x32x32 images and 10 classes: 1,230 parameters (19,958 with the auxiliary heads), 110,712
multiply-accumulates, 3 layers deep.
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


class LinearReLU(nn.Linear):
    """A linear layer with a ReLU behind it, under the state_dict keys of the linear layer."""

    def reset_parameters(self) -> None:
        """Weights start from He's uniform distribution, biases from zero."""
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.linear(x, self.weight, self.bias)
        return functional.relu(x, inplace=True)


class Head(nn.Module):
    """Sequence of Concat and mlp."""

    def __init__(
        self, num_classes: int, *, left_fc_in_features: int, right_fc_in_features: int
    ) -> None:
        super().__init__()
        self.left = nn.Sequential(
            OrderedDict(
                [
                    ("pool", nn.AvgPool2d(kernel_size=2, stride=2)),
                    ("flatten", nn.Flatten()),
                    ("fc", nn.Linear(left_fc_in_features, 16)),
                ],
            ),
        )
        self.right = nn.Sequential(
            OrderedDict(
                [
                    ("pool", nn.AvgPool2d(kernel_size=4, stride=4)),
                    ("flatten", nn.Flatten()),
                    ("fc", nn.Linear(right_fc_in_features, 16)),
                ],
            ),
        )
        self.mlp = nn.Sequential(LinearReLU(32, 16), nn.Linear(16, num_classes))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.cat((self.left(x), self.right(x)), 1)  # 32
        x = self.mlp(x)  # num_classes
        return x


class Listed(nn.Module):
    """Sequence of pool and mlp."""

    def __init__(self, num_classes: int, *, mlp_1_in_features: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(kernel_size=4, stride=4)
        self.mlp = nn.Sequential(
            nn.Flatten(), LinearReLU(mlp_1_in_features, 16), nn.Linear(16, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        x = self.mlp(x)  # num_classes
        return x


class PathsNetOutput(NamedTuple):
    """What PathsNet returns in training; a head that the model lacks is None."""

    logits: Tensor
    aux1: Tensor | None
    aux2: Tensor | None
    aux3: Tensor | None
    aux4: Tensor | None


class PathsNet(nn.Module):
    """The network; returns PathsNetOutput in training, the logits alone in eval mode.

    ``aux`` builds the auxiliary heads, aux1 on conv1, aux2 on conv2, aux3 on conv1 and aux4 on
    conv2; they run in training only.

    Weights start as PyTorch's layers do by default, those of ConvReLU and LinearReLU from He's
    uniform distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10, aux: bool = True) -> None:
        super().__init__()
        # body
        self.conv1 = ConvReLU(3, 8, kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvReLU(8, 12, kernel_size=3, stride=2, padding=1)
        # aux
        self.aux1 = (
            Head(num_classes, left_fc_in_features=512, right_fc_in_features=128) if aux else None
        )
        self.aux2 = (
            Head(num_classes, left_fc_in_features=192, right_fc_in_features=48) if aux else None
        )
        self.aux3 = Listed(num_classes, mlp_1_in_features=128) if aux else None
        self.aux4 = Listed(num_classes, mlp_1_in_features=48) if aux else None
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(12, num_classes)

    def forward(self, x: Tensor) -> Tensor | PathsNetOutput:
        x = self.conv1(x)  # 8x16x16
        aux1 = self.aux1(x) if self.training and self.aux1 is not None else None
        aux3 = self.aux3(x) if self.training and self.aux3 is not None else None
        x = self.conv2(x)  # 12x8x8
        aux2 = self.aux2(x) if self.training and self.aux2 is not None else None
        aux4 = self.aux4(x) if self.training and self.aux4 is not None else None
        x = self.pool(x)  # 12x1x1
        x = torch.flatten(x, 1)  # 12
        x = self.fc(x)  # num_classes
        if self.training:
            return PathsNetOutput(x, aux1, aux2, aux3, aux4)
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc, aux1.mlp.1, aux2.mlp.1, aux3.mlp.2 and
        aux4.mlp.2 for another number of classes, and the auxiliary heads where the model or the
        checkpoint has none. Everything else must match key for key, as in load_state_dict.
        """
        own = self.state_dict()
        for name in leave:
            if not any(key.startswith(f"{name}.") for key in own):
                raise ValueError(f"{name} is no layer with weights")
        kept = tuple(f"{name}." for name in leave)
        heads = ("aux1.", "aux2.", "aux3.", "aux4.")
        if self.aux1 is None or not any(key.startswith(heads) for key in state):
            kept += heads
        stay = {key: value for key, value in own.items() if key.startswith(kept)}
        given = {key: value for key, value in state.items() if not key.startswith(kept)}
        self.load_state_dict(given | stay)
        return list(stay)


def total_loss(output: PathsNetOutput, target: Tensor) -> Tensor:
    """The training loss: cross entropy of the logits, and of each auxiliary head by its weight."""
    loss = functional.cross_entropy(output.logits, target)
    if output.aux1 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux1, target)
    if output.aux2 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux2, target)
    if output.aux3 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux3, target)
    if output.aux4 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.aux4, target)
    return loss
