"""Write blocks as SVG. Texts stay selectable, and equal blocks give equal bytes."""

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
"""Adds the description of a box to its group."""

MARGIN = 6
_INK = {"light": ("#1f2328", "#59636e", "#ffffff"), "dark": ("#f0f3f6", "#a6b0ba", "#15191f")}
"""The colours of text, of muted text and wires, and of the background."""
_FILLS: Mapping[str, tuple[Colours, Colours]] = {
    "frame": (("#f6f8fa", "#c3cad2"), ("#1c2128", "#444c56")),
    "sum": (("#ffffff", "#868e97"), ("#15191f", "#7d8791")),
    "added": (("#c9f0d2", "#1a7f37"), ("#12431f", "#3fb950")),
    "removed": (("#ffd9d6", "#b3261e"), ("#5a1d1a", "#f85149")),
    "changed": (("#ffe8b3", "#8a5a00"), ("#4d3800", "#d8a013")),
    "affected": (("#fff8e5", "#a88b4a"), ("#2e2817", "#9d8449")),
}
"""Fill and stroke of frames, sums and marks, light and dark. Families have their own colours."""


def render(block: Block, describe: Describe | None = None) -> Element:
    """Return the block as an ``svg`` element. Its colours are in ``style``."""
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
    """Return the style sheet; ``auto`` follows the reader's settings, and is light in print."""
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
    """Return a family's fill and stroke, light and dark; by default its name determines the hue."""
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
    # A changed frame is pale, so that marked boxes inside it stand out.
    pale = _FILLS["affected"][theme == "dark"][0]
    rules.append(f".drawing .frame.changed>rect{{fill:{pale};stroke-width:2}}")
    return "".join(rules)


def _draw(group: Element, block: Block, describe: Describe | None) -> None:
    if block.box is not None:
        group = _frame(group, block, block.box, describe)
    wires = [part for part in block.parts if isinstance(part, Wire)]
    if wires:
        SubElement(group, "path", {"d": "".join(map(_line, wires))})
    if arrowheads := "".join(_arrowhead(wire) for wire in wires if wire.arrow):
        SubElement(group, "path", {"class": "head", "d": arrowheads})
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
            place = {"x": str(part.x), "y": str(part.y)}
            size = {"width": str(part.width), "height": str(JOIN)}
            SubElement(group, "rect", {"class": "join", **place, **size, "rx": "2"})


def _frame(group: Element, block: Block, box: Box, describe: Describe | None) -> Element:
    """Draw the frame of a box, after the cards behind it; return its group."""
    group.set("class", f"{box.family} {box.mark}".strip())
    if describe is not None and box.path:
        describe(group, box)
    radius = str(min(9, block.height // 4))
    for depth in (2, 1, 0) if box.deck else (0,):
        place = {"x": str(depth * DECK), "y": str(depth * DECK)} if depth else {}
        size = {"width": str(block.width - 2 * DECK * box.deck), "height": str(block.height)}
        SubElement(group, "rect", {**place, **size, "rx": radius})
    return group


def _line(wire: Wire) -> str:
    (x, y), *rest = wire.points
    path = f"M{x} {y}"
    for point in rest:
        path += f"V{point[1]}" if point[0] == x else f"H{point[0]}"
        x, y = point
    return path


def _arrowhead(wire: Wire) -> str:
    (before, _), (x, y) = wire.points[-2:]
    if before == x:
        return f"M{x - 3} {y - 5}h6l-3 5z"
    side = 5 if before < x else -5
    return f"M{x - side} {y - 3}v6l{side} -3z"
