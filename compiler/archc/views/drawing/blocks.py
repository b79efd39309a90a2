"""The elements of a picture: blocks with a size, and their parts at fixed positions.

All numbers are pixels from the upper left corner of the surrounding block.
"""

from typing import Literal, NamedTuple

Anchor = Literal["start", "middle", "end"]
Weight = Literal["plain", "bold", "muted"]


class Text(NamedTuple):
    """One line of text; ``x`` is the position of its ``anchor``, ``y`` its baseline."""

    x: int
    y: int
    text: str
    anchor: Anchor = "middle"
    weight: Weight = "plain"


class Wire(NamedTuple):
    """A line that data flows along; ``arrow`` draws an arrowhead at its end."""

    points: tuple[tuple[int, int], ...]
    arrow: bool = False


class Join(NamedTuple):
    """A bar at the end of branches, which concatenates their channels."""

    x: int
    y: int
    width: int


class Box(NamedTuple):
    """The frame of a layer or a row.

    ``path`` is the node's; ``family``, such as ``pooling``, sets the colour; ``deck`` draws a stack
    of cards for several equal nodes; ``mark`` is the result of a comparison, such as ``added``.
    """

    path: str
    family: str
    deck: bool = False
    mark: str = ""


class Block(NamedTuple):
    """A part of a picture. Data enters at the top and leaves at the bottom, at x = ``axis``."""

    width: int
    height: int
    axis: int
    parts: "tuple[Part, ...]" = ()
    box: Box | None = None


class Placed(NamedTuple):
    """A block at a position inside another block."""

    x: int
    y: int
    block: Block


Part = Text | Wire | Join | Placed
JOIN = 4
"""The height of a ``Join``."""
DECK = 3
"""The offset between the cards of a deck."""
