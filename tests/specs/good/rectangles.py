"""RectangleNet. Kernels, strides, padding and pools of every form.

For 1x40x96 images and 10 classes: 7,018 parameters, 1,472,832 multiply-accumulates, 5 layers
deep.
"""

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


class RectangleNet(nn.Module):
    """The network; returns the logits.

    Weights start as PyTorch's layers do by default, those of ConvReLU and LinearReLU from He's
    uniform distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10) -> None:
        super().__init__()
        # stem
        self.conv1 = ConvReLU(1, 8, kernel_size=(3, 9), stride=(1, 2), padding=(1, 4))
        self.conv2 = ConvReLU(8, 16, kernel_size=4, stride=2, padding=1)
        self.pool1 = nn.MaxPool2d(kernel_size=(3, 2), stride=(3, 2), ceil_mode=True)
        self.conv3 = ConvReLU(16, 16, kernel_size=(1, 5))
        self.pool2 = nn.AvgPool2d(kernel_size=3, stride=2, padding=1, count_include_pad=False)
        self.norm = nn.LocalResponseNorm(5, alpha=0.001, k=2.0)
        self.grid = nn.AdaptiveAvgPool2d((2, 3))
        # head
        self.flatten = nn.Flatten()
        self.fc1 = LinearReLU(96, 32)
        self.fc2 = nn.Linear(32, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # 8x40x48
        x = self.conv2(x)  # 16x20x24
        x = self.pool1(x)  # 16x7x12
        x = self.conv3(x)  # 16x7x8
        x = self.pool2(x)  # 16x4x4
        x = self.norm(x)  # 16x4x4
        x = self.grid(x)  # 16x2x3
        x = self.flatten(x)  # 96
        x = self.fc1(x)  # 32
        x = self.fc2(x)  # num_classes
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc2 for another number of classes. Everything
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
