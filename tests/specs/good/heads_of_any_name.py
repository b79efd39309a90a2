"""HeadsNet. Auxiliary heads whose names cannot be variables as they stand.

For 3x16x16 images and 10 classes: 1,562 parameters (35,644 with the auxiliary heads), 32,416
multiply-accumulates, 3 layers deep.
"""

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


class Classifier(nn.Module):
    """Sequence of pool and fc."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(x)
        x = torch.flatten(x, 1)
        x = self.fc(x)  # num_classes
        return x


class HeadsNetOutput(NamedTuple):
    """What HeadsNet returns in training; a head that the model lacks is None."""

    logits: Tensor
    aux_logits: Tensor | None
    aux_logits_2: Tensor | None
    count_2: Tensor | None
    torch_2: Tensor | None
    the_auxiliary_head_that_has_a_long_name: Tensor | None


class HeadsNet(nn.Module):
    """The network; returns HeadsNetOutput in training, the logits alone in eval mode.

    ``aux`` builds the auxiliary heads, AuxLogits on conv1, aux_logits on conv1, count on conv2,
    torch on conv2 and the_auxiliary_head_that_has_a_long_name on conv2; they run in training
    only.

    Weights start as PyTorch's layers do by default, those of ConvReLU and LinearReLU from He's
    uniform distribution with zero biases.
    """

    def __init__(self, num_classes: int = 10, aux: bool = True) -> None:
        super().__init__()
        # body
        self.conv1 = ConvReLU(3, 8, kernel_size=3, stride=2, padding=1)
        self.conv2 = ConvReLU(8, 16, kernel_size=3, stride=2, padding=1)
        # aux
        self.AuxLogits = Classifier(8, num_classes) if aux else None
        self.aux_logits = (
            nn.Sequential(nn.Flatten(), LinearReLU(512, 64), nn.Linear(64, num_classes))
            if aux
            else None
        )
        self.count = Classifier(16, num_classes) if aux else None
        self.torch = Classifier(16, num_classes) if aux else None
        self.the_auxiliary_head_that_has_a_long_name = Classifier(16, num_classes) if aux else None
        # head
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, num_classes)

    def forward(self, x: Tensor) -> Tensor | HeadsNetOutput:
        x = self.conv1(x)  # 8x8x8
        aux_logits = self.AuxLogits(x) if self.training and self.AuxLogits is not None else None
        aux_logits_2 = self.aux_logits(x) if self.training and self.aux_logits is not None else None
        x = self.conv2(x)  # 16x4x4
        count_2 = self.count(x) if self.training and self.count is not None else None
        torch_2 = self.torch(x) if self.training and self.torch is not None else None
        the_auxiliary_head_that_has_a_long_name = (
            self.the_auxiliary_head_that_has_a_long_name(x)
            if self.training and self.the_auxiliary_head_that_has_a_long_name is not None
            else None
        )
        x = self.pool(x)  # 16x1x1
        x = torch.flatten(x, 1)  # 16
        x = self.fc(x)  # num_classes
        if self.training:
            return HeadsNetOutput(
                x,
                aux_logits,
                aux_logits_2,
                count_2,
                torch_2,
                the_auxiliary_head_that_has_a_long_name,
            )
        return x

    def load_checkpoint(self, state: dict[str, Tensor], leave: tuple[str, ...] = ()) -> list[str]:
        """Load a state_dict; return the keys of the weights that stay as they are.

        Those are the layers in ``leave``, such as fc, AuxLogits.fc, aux_logits.2, count.fc,
        torch.fc and the_auxiliary_head_that_has_a_long_name.fc for another number of classes,
        and the auxiliary heads where the model or the checkpoint has none. Everything else must
        match key for key, as in load_state_dict.
        """
        own = self.state_dict()
        for name in leave:
            if not any(key.startswith(f"{name}.") for key in own):
                raise ValueError(f"{name} is no layer with weights")
        kept = tuple(f"{name}." for name in leave)
        heads = (
            "AuxLogits.",
            "aux_logits.",
            "count.",
            "torch.",
            "the_auxiliary_head_that_has_a_long_name.",
        )
        if self.AuxLogits is None or not any(key.startswith(heads) for key in state):
            kept += heads
        stay = {key: value for key, value in own.items() if key.startswith(kept)}
        given = {key: value for key, value in state.items() if not key.startswith(kept)}
        self.load_state_dict(given | stay)
        return list(stay)


def total_loss(output: HeadsNetOutput, target: Tensor) -> Tensor:
    """The training loss: cross entropy of the logits, and of each auxiliary head by its weight."""
    loss = functional.cross_entropy(output.logits, target)
    if output.aux_logits is not None:
        loss = loss + functional.cross_entropy(output.aux_logits, target)
    if output.aux_logits_2 is not None:
        loss = loss + 0.4 * functional.cross_entropy(output.aux_logits_2, target)
    if output.count_2 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.count_2, target)
    if output.torch_2 is not None:
        loss = loss + 0.3 * functional.cross_entropy(output.torch_2, target)
    if output.the_auxiliary_head_that_has_a_long_name is not None:
        loss = loss + 0.1 * functional.cross_entropy(
            output.the_auxiliary_head_that_has_a_long_name, target
        )
    return loss
