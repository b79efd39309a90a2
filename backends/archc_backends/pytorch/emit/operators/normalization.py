"""Normalisations and the fixed scaling of an input."""

from archc.ops.normalization import LRN, Affine, BatchNorm
from archc_backends.pytorch.emit.expressions import Call, Group
from archc_backends.pytorch.emit.operators.site import Made, Site, literal, options
from archc_backends.pytorch.emit.views import Attribute, ClassView, Helper, HelperUses, Statement


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
    """A helper class without an entry in the state_dict."""
    operator = site.operator
    assert isinstance(operator, Affine)
    shift = operator.shift or (0.0,) * len(operator.scales)
    numbers = (Group("()", tuple(map(literal, part))) for part in (operator.scales, shift))
    call = Call("Affine", tuple(numbers))
    return Made(call, Helper("Affine", affine_class, operator, {}, {}))


def affine_class(uses: HelperUses) -> ClassView:
    """The class Affine."""
    return ClassView(
        "Affine",
        "nn.Module",
        "x * scale + shift with fixed numbers for each channel, none of them in the state_dict.",
        ("scale: tuple[float, ...]", "shift: tuple[float, ...]"),
        (
            Attribute("scale", "nn.Buffer(torch.tensor(scale).view(-1, 1, 1), persistent=False)"),
            Attribute("shift", "nn.Buffer(torch.tensor(shift).view(-1, 1, 1), persistent=False)"),
        ),
        (Statement("x", "x * self.scale + self.shift"),),
        "x",
    )


EMITTERS = {BatchNorm: batch_norm, LRN: lrn, Affine: affine}
