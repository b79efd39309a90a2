"""Operators without weights that keep or flatten their input."""

from typing import Annotated, ClassVar

from pydantic import Field

from archc.ops.family import Family
from archc.ops.operator import POINTWISE, Operator, ReceptiveWindow, Shape

PLAIN = Family("plain", "other", ("#ebedef", "#868e97"), ("#2b3138", "#7d8791"), position=99)


class Dropout(Operator):
    """Zeroes elements with probability ``p`` while training."""

    family: ClassVar[Family] = PLAIN
    is_view: ClassVar[bool] = True
    training_only: ClassVar[bool] = True
    positional_field: ClassVar[str | None] = "p"
    column_fields: ClassVar[tuple[str, ...]] = ("p",)

    p: Annotated[float, Field(ge=0, lt=1)]
    """The probability with which an element is zeroed."""


class Flatten(Operator):
    """Turns CxHxW into C*H*W features."""

    family: ClassVar[Family] = PLAIN
    is_view: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        """(C*H*W,)."""
        return shape if len(shape) == 1 else (shape[0] * shape[1] * shape[2],)

    def receptive_window(self, shape: Shape) -> ReceptiveWindow:
        """The whole input, because every later layer sees all of it."""
        return POINTWISE if len(shape) == 1 else ReceptiveWindow((shape[1], shape[2]))


class Identity(Operator):
    """Passes its input through, for example as a branch of a Concat."""

    family: ClassVar[Family] = PLAIN
    is_view: ClassVar[bool] = True
