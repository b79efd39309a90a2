"""Normalisations and the fixed scaling of an input."""

from archc.ops.normalization import LRN, Affine, BatchNorm
from archc_backends.pytorch.expressions import Call, Group
from archc_backends.pytorch.operators.site import Helper, Made, Site, literal, options


def batch_norm(site: Site) -> Made:
    """nn.BatchNorm2d, or nn.BatchNorm1d on features."""
    assert isinstance(site.operator, BatchNorm)
    name = "nn.BatchNorm2d" if site.spatial else "nn.BatchNorm1d"
    keywords = options(eps=(site.value("eps"), "1e-05"), momentum=(site.value("momentum"), "0.1"))
    return Made(Call(name, (site.channels,), keywords))


def lrn(site: Site) -> Made:
    """nn.LocalResponseNorm, which divides alpha by the size as Caffe does."""
    assert isinstance(site.operator, LRN)
    keywords = options(
        alpha=(site.value("alpha"), "0.0001"),
        beta=(site.value("beta"), "0.75"),
        k=(site.value("k"), "1.0"),
    )
    return Made(Call("nn.LocalResponseNorm", (site.value("size"),), keywords))


def affine(site: Site) -> Made:
    """A class of its own: nothing of it is in the state_dict."""
    operator = site.operator
    assert isinstance(operator, Affine)
    shift = operator.shift or (0.0,) * len(operator.scales)
    numbers = (Group("()", tuple(map(literal, part))) for part in (operator.scales, shift))
    call = Call("Affine", tuple(numbers))
    return Made(call, Helper("Affine", "affine", operator, {}, {}))


EMITTERS = {BatchNorm: batch_norm, LRN: lrn, Affine: affine}
