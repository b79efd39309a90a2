"""The network as a picture that can be walked through, what is known of a box beside it."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.network import ir
from archc.ops import FAMILIES
from archc.views.drawing.blocks import Block, Box, Placed
from archc.views.drawing.folding import fold
from archc.views.drawing.lines import Line, spoken
from archc.views.drawing.network import draw_part
from archc.views.drawing.svg import render
from archc.views.page.markup import element

MARKS = {
    "added": "+ added",
    "removed": "- removed",
    "changed": "~ changed",
    "affected": "as it was, with other numbers",
    "plain": "as it was",
}

READING = (
    "Read from top to bottom. What stands side by side reads the same input; a thick bar joins "
    "the channels in this order. Grey on the right: channels x height x width that come out."
)
_HOW = "Point at a box, tap it, or walk there with the arrow keys for its numbers."


def network_figure(block: Block, name: str, lines: Sequence[Line], prefix: str) -> Element:
    """The picture of a network as a tree, for the keyboard and for screen readers.

    A box leads to its line, whose id is its number behind ``prefix``.
    """
    numbers: dict[str, int] = {}
    for number, line in enumerate(lines):
        numbers.setdefault(line.node.path, number)

    def describe(group: Element, box: Box) -> None:
        number = numbers[box.path]
        group.set("role", "treeitem")
        group.set("tabindex", "-1")
        group.set("data-line", f"{prefix}{number}")
        group.set("aria-label", spoken(lines[number], box.mark))

    picture = render(block, describe)
    picture.set("role", "tree")
    picture.set("aria-label", f"{name}, from input to head")
    items = list(picture.iterfind(".//g[@role='treeitem']"))
    for item in items:
        # What is in an item of a tree has to be in a group of its own.
        for i, inner in enumerate(item):
            if inner.find(".//*[@role='treeitem']") is not None or inner.get("role"):
                item[i] = element("g", inner, role="group")
    for item in items[:1]:
        item.set("tabindex", "0")
    return element("figure", element("div", picture, class_="scroll"), class_="network")


def module_figures(analysis: Analysis) -> Element | None:
    """Each module as the spec defines it, with the columns that fill it; None without modules."""
    found: dict[str, tuple[ir.Call, list[str]]] = {}
    for row in analysis.network.rows_and_heads:
        for node in ir.walk(row):
            if isinstance(node, ir.Call):
                found.setdefault(node.module, (node, []))[1].append(node.path)
    if not found:
        return None
    figures = []
    folding = fold(analysis)
    for name, (call, paths) in found.items():
        module = analysis.network.modules.get(name)
        picture = render(draw_part(analysis, call, symbolic=True, folding=folding))
        picture.set("role", "img")
        picture.set("aria-label", f"The module {name}")
        about = module.about if module is not None else ""
        used = (
            f"Used {len(paths)} times, from {paths[0]} on." if paths[1:] else f"Used as {paths[0]}."
        )
        caption = element("figcaption", element("strong", name), f" {about} {used}")
        scroll = element("div", picture, class_="scroll", role="group", aria_label=f"{name}, drawn")
        figures.append(element("figure", scroll, caption))
    return element("div", *figures, class_="modules")


def legend(blocks: Iterable[Block]) -> Element:
    """How to read pictures, and what the colours mean that occur in them."""
    families: set[str] = set()
    marks: set[str] = set()
    for block in blocks:
        _collect(block, families, marks)
    items = [_key(name, family.words) for name, family in FAMILIES.items() if name in families]
    if marks:
        items = [_key(name, words) for name, words in MARKS.items() if name in marks | families]
    told = element("span", f" {_HOW}", class_="onscreen")
    keys = element("ul", *items, class_="legend")
    return element("div", element("p", READING, told), keys, class_="reading")


def _key(name: str, words: str) -> Element:
    swatch = element("rect", width=16, height=12, rx=3)
    picture = element(
        "svg", element("g", swatch, class_=name), class_="drawing", width=16, height=12
    )
    picture.set("aria-hidden", "true")
    return element("li", picture, f" {words}")


def _collect(block: Block, families: set[str], marks: set[str]) -> None:
    if block.box is not None:
        families.add(block.box.family)
        marks.update([block.box.mark] if block.box.mark else ())
    for part in block.parts:
        if isinstance(part, Placed):
            _collect(part.block, families, marks)
