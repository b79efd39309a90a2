"""Operators without weights."""

from archc.ops.plain import Dropout, Flatten, Identity
from archc_backends.pytorch.emit.expressions import Call
from archc_backends.pytorch.emit.operators.site import Made, Site


def dropout(site: Site) -> Made:
    """nn.Dropout."""
    return Made(Call("nn.Dropout", (site.value("p"),)))


def flatten(site: Site) -> Made:
    """nn.Flatten."""
    return Made(Call("nn.Flatten"))


def identity(site: Site) -> Made:
    """nn.Identity."""
    return Made(Call("nn.Identity"))


EMITTERS = {Dropout: dropout, Flatten: flatten, Identity: identity}
