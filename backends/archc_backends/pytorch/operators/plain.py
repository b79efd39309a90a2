"""Operators without weights."""

from archc.ops.activation import ReLU, Softmax
from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.pytorch.expressions import Call
from archc_backends.pytorch.operators.site import Made, Site


def relu(site: Site) -> Made:
    """nn.ReLU, not in place: its input may be read by another branch."""
    return Made(Call("nn.ReLU"))


def softmax(site: Site) -> Made:
    """nn.Softmax over the channels."""
    return Made(Call("nn.Softmax", (), (("dim", "1"),)))


def dropout(site: Site) -> Made:
    """nn.Dropout."""
    return Made(Call("nn.Dropout", (site.value("p"),)))


def flatten(site: Site) -> Made:
    """nn.Flatten."""
    return Made(Call("nn.Flatten"))


def identity(site: Site) -> Made:
    """nn.Identity."""
    return Made(Call("nn.Identity"))


EMITTERS = {
    ReLU: relu,
    Softmax: softmax,
    Dropout: dropout,
    Flatten: flatten,
    Identity: identity,
}

FUNCTIONS = {ReLU: "functional.relu({}, inplace=True)", Softmax: "functional.softmax({}, dim=1)"}
"""Activations as expressions, behind a convolution, a linear layer or a sum."""
