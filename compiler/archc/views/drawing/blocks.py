"""What a picture is made of: blocks with a size, and what stands in them at which place.

All numbers are whole pixels, counted from the upper left corner of the block that holds them.
"""

from typing import Literal, NamedTuple

Anchor = Literal["start", "middle", "end"]
Weight = Literal["plain", "bold", "muted"]


class Text(NamedTuple):
    """One line of text; ``x`` is where its ``anchor`` stands, ``y`` its baseline."""

    x: int
    y: int
    text: str
    anchor: Anchor = "middle"
    weight: Weight = "plain"


class Wire(NamedTuple):
    """What data flows along: a line through points; ``arrow`` at its end, where it enters."""

    points: tuple[tuple[int, int], ...]
    arrow: bool = False


class Join(NamedTuple):
    """Where branches end: a bar that joins their channels."""

    x: int
    y: int
    width: int


class Box(NamedTuple):
    """The frame of a block that stands for a layer or a row.

    ``path`` is that of the node; ``family`` colours it, such as ``pooling``; ``deck`` says that it
    stands for several alike, one behind the other; ``mark`` is what a comparison says of it.
    """

    path: str
    family: str
    deck: bool = False
    mark: str = ""


class Block(NamedTuple):
    """A part of a picture. Data enters at the top at ``axis`` and leaves below at the same."""

    width: int
    height: int
    axis: int
    parts: "tuple[Part, ...]" = ()
    box: Box | None = None


class Placed(NamedTuple):
    """A block at its place in another."""

    x: int
    y: int
    block: Block


Part = Text | Wire | Join | Placed
"""What may stand in a block."""
JOIN = 4
"""The height of a ``Join``."""
DECK = 3
"""How far the cards of a deck stand apart; the lowest is that much below the block."""
