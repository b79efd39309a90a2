"""ListNet. Linear layers inside lists, on channels x 1 x 1 and on features.

For 3x16x16 images and 10 classes: 4,208 parameters, 47,424 multiply-accumulates, 5 layers deep.
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


class FlattenLinearReLU(nn.Linear):
    """A linear layer on features that come as channels x 1 x 1, with a ReLU behind it."""

    def reset_parameters(self) -> None:
        """Weights start from He's uniform distribution, biases from zero."""
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.linear(torch.flatten(x, 1), self.weight, self.bias)
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


class Squeeze(nn.Sequential):
    """Layers without names, a list from the first to the last."""

    def __init__(self, in_channels: int, *, width: int) -> None:
        super().__init__(
            ConvReLU(in_channels, width, kernel_size=3, stride=2, padding=1),
            ConvReLU(width, width, kernel_size=1),
        )


class ListNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU, FlattenLinearReLU and
    LinearReLU from He's uniform distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # body
        self.squeeze = Squeeze(3, width=16)
        self.features = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), FlattenLinearReLU(16, 64), nn.Dropout(0.2)
        )
        # head
        self.classifier = nn.Sequential(LinearReLU(64, 32), nn.Linear(32, num_classes, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)  # 16x8x8
        x = self.features(x)  # 64
        x = self.classifier(x)  # num_classes
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as classifier.1 for another number of classes.
        Everything else must match key for key, as in load_state_dict.
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
