"""A block as SVG: text as text, the same bytes for the same block."""

from collections.abc import Callable, Mapping
from colorsys import hls_to_rgb
from typing import Literal
from xml.etree.ElementTree import Element, SubElement
from zlib import crc32

from archc.ops import FAMILIES
from archc.ops.family import Colours, Family
from archc.views.drawing.blocks import DECK, JOIN, Block, Box, Join, Placed, Text, Wire
from archc.views.drawing.text import FAMILY, SIZE

Theme = Literal["auto", "light", "dark"]
Describe = Callable[[Element, Box], None]
"""Gives the group of a box what is to be known of it."""

MARGIN = 6
_INK = {"light": ("#1f2328", "#59636e", "#ffffff"), "dark": ("#f0f3f6", "#a6b0ba", "#15191f")}
"""Text, what is muted and wires, and the ground."""
_FILLS: Mapping[str, tuple[Colours, Colours]] = {
    "frame": (("#f6f8fa", "#c3cad2"), ("#1c2128", "#444c56")),
    "sum": (("#ffffff", "#868e97"), ("#15191f", "#7d8791")),
    "added": (("#c9f0d2", "#1a7f37"), ("#12431f", "#3fb950")),
    "removed": (("#ffd9d6", "#b3261e"), ("#5a1d1a", "#f85149")),
    "changed": (("#ffe8b3", "#8a5a00"), ("#4d3800", "#d8a013")),
    "affected": (("#fff8e5", "#a88b4a"), ("#2e2817", "#9d8449")),
}
"""Fill and line of frames, sums and marks, light and dark; a family has its own colours."""


def render(block: Block, describe: Describe | None = None) -> Element:
    """The block as an ``svg`` element, without colours: ``style`` has them."""
    width, height = block.width + 2 * MARGIN, block.height + 2 * MARGIN
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "drawing",
            "viewBox": f"0 0 {width} {height}",
            "width": str(width),
            "height": str(height),
        },
    )
    SubElement(root, "rect", {"class": "ground", "width": str(width), "height": str(height)})
    _draw(SubElement(root, "g", {"transform": f"translate({MARGIN},{MARGIN})"}), block, describe)
    return root


def style(theme: Theme = "auto") -> str:
    """The style sheet of drawings; ``auto`` follows the reader's screen, and is light on paper."""
    base = (
        f".drawing text{{font:{SIZE}px {FAMILY};text-anchor:middle}}"
        ".drawing .bold{font-weight:bold;text-anchor:start}"
        ".drawing .start{text-anchor:start}.drawing .end{text-anchor:end}"
        ".drawing path{fill:none;stroke-width:1}"
    )
    if theme == "dark":
        return base + _colours("dark")
    if theme == "light":
        return base + _colours("light")
    dark = f"@media screen and (prefers-color-scheme:dark){{{_colours('dark')}}}"
    return base + _colours("light") + dark


def colours(family: Family) -> tuple[Colours, Colours]:
    """Fill and line of a family, light and dark; the hue comes from its name if it has none."""
    hue = crc32(family.name.encode()) % 360 / 360
    light = family.light or (_hex(hue, 0.9, 0.6), _hex(hue, 0.5, 0.35))
    return light, family.dark or (_hex(hue, 0.2, 0.4), _hex(hue, 0.6, 0.4))


def _hex(hue: float, lightness: float, saturation: float) -> str:
    red, green, blue = (round(255 * part) for part in hls_to_rgb(hue, lightness, saturation))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _colours(theme: Literal["light", "dark"]) -> str:
    ink, muted, ground = _INK[theme]
    rules = [
        f".drawing text{{fill:{ink}}}.drawing .muted{{fill:{muted}}}",
        f".drawing path{{stroke:{muted}}}",
        f".drawing .join,.drawing .head{{fill:{muted}}}.drawing .ground{{fill:{ground}}}",
    ]
    fills = {**{name: colours(family) for name, family in FAMILIES.items()}, **_FILLS}
    for name, pair in fills.items():
        fill, line = pair[theme == "dark"]
        rules.append(f".drawing .{name}>rect{{fill:{fill};stroke:{line}}}")
    # What is marked in a frame is to stand out from it.
    pale = _FILLS["affected"][theme == "dark"][0]
    rules.append(f".drawing .frame.changed>rect{{fill:{pale};stroke-width:2}}")
    return "".join(rules)


def _draw(group: Element, block: Block, describe: Describe | None) -> None:
    if block.box is not None:
        group = _frame(group, block, block.box, describe)
    wires = [part for part in block.parts if isinstance(part, Wire)]
    if wires:
        SubElement(group, "path", {"d": "".join(map(_way, wires))})
    if heads := "".join(_head(wire) for wire in wires if wire.arrow):
        SubElement(group, "path", {"class": "head", "d": heads})
    for part in block.parts:
        if isinstance(part, Text):
            attributes = {"x": str(part.x), "y": str(part.y)}
            names = [name for name in (part.weight, part.anchor) if name not in ("plain", "middle")]
            if names:
                attributes["class"] = " ".join(names)
            SubElement(group, "text", attributes).text = part.text
        elif isinstance(part, Placed):
            inner = SubElement(group, "g", {"transform": f"translate({part.x},{part.y})"})
            _draw(inner, part.block, describe)
        elif isinstance(part, Join):
            _bar(group, part)


def _frame(group: Element, block: Block, box: Box, describe: Describe | None) -> Element:
    """What a box is drawn with; its cards behind it first."""
    group.set("class", f"{box.family} {box.mark}".strip())
    if describe is not None and box.path:
        describe(group, box)
    radius = str(min(9, block.height // 4))
    for depth in (2, 1, 0) if box.deck else (0,):
        place = {"x": str(depth * DECK), "y": str(depth * DECK)} if depth else {}
        size = {"width": str(block.width - 2 * DECK * box.deck), "height": str(block.height)}
        SubElement(group, "rect", {**place, **size, "rx": radius})
    return group


def _way(wire: Wire) -> str:
    (x, y), *rest = wire.points
    way = f"M{x} {y}"
    for then in rest:
        way += f"V{then[1]}" if then[0] == x else f"H{then[0]}"
        x, y = then
    return way


def _head(wire: Wire) -> str:
    """The arrow at the wire's end."""
    (before, _), (x, y) = wire.points[-2:]
    if before == x:
        return f"M{x - 3} {y - 5}h6l-3 5z"
    side = 5 if before < x else -5
    return f"M{x - side} {y - 3}v6l{side} -3z"


def _bar(group: Element, bar: Join) -> None:
    place = {"x": str(bar.x), "y": str(bar.y), "width": str(bar.width), "height": str(JOIN)}
    SubElement(group, "rect", {"class": "join", **place, "rx": "2"})
