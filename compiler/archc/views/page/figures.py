"""The network as an interactive picture, its modules, and the legend."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.network import ir
from archc.ops import FAMILIES
from archc.views.drawing.blocks import Block, Box, Placed
from archc.views.drawing.folding import fold
from archc.views.drawing.network import draw_part
from archc.views.drawing.outline import Entry, describe_entry
from archc.views.drawing.svg import render
from archc.views.page.markup import element

MARKS = {
    "added": "+ added",
    "removed": "- removed",
    "changed": "~ changed",
    "affected": "unchanged, with other numbers",
    "plain": "unchanged",
}

READING = (
    "Data flows from top to bottom. Branches side by side read the same input; a thick bar "
    "concatenates their channels, left to right. Grey, on the right: the output, channels x height "
    "x width."
)
_USAGE = "Point at a box, tap it, or reach it with the arrow keys to see its numbers."


def network_figure(block: Block, name: str, entries: Sequence[Entry], prefix: str) -> Element:
    """Return the picture as a tree for the keyboard and for screen readers.

    Each box refers to its line in the table of layers by id: ``prefix`` and the line's number.
    """
    numbers: dict[str, int] = {}
    for number, entry in enumerate(entries):
        numbers.setdefault(entry.node.path, number)

    def describe(group: Element, box: Box) -> None:
        number = numbers[box.path]
        group.set("role", "treeitem")
        group.set("tabindex", "-1")
        group.set("data-line", f"{prefix}{number}")
        group.set("aria-label", describe_entry(entries[number], box.mark))

    picture = render(block, describe)
    picture.set("role", "tree")
    picture.set("aria-label", f"{name}, from input to head")
    items = list(picture.iterfind(".//g[@role='treeitem']"))
    for item in items:
        # ARIA requires the children of a tree item to be in a group.
        for i, inner in enumerate(item):
            if inner.find(".//*[@role='treeitem']") is not None or inner.get("role"):
                item[i] = element("g", inner, role="group")
    for item in items[:1]:
        item.set("tabindex", "0")
    return element("figure", element("div", picture, class_="scroll"), class_="network")


def module_figures(analysis: Analysis) -> Element | None:
    """Return each module as the spec defines it, with its columns; None without modules."""
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
            f"Used {len(paths)} times, first as {paths[0]}."
            if paths[1:]
            else f"Used once, as {paths[0]}."
        )
        caption = element("figcaption", element("strong", name), f" {about} {used}")
        label = f"Picture of {name}"
        scroll = element("div", picture, class_="scroll", role="group", aria_label=label)
        figures.append(element("figure", scroll, caption))
    return element("div", *figures, class_="modules")


def legend(blocks: Iterable[Block]) -> Element:
    """Return the legend: how to read the pictures, and the colours that occur in them."""
    families: set[str] = set()
    marks: set[str] = set()
    for block in blocks:
        _collect(block, families, marks)
    items = [
        _legend_item(name, family.legend) for name, family in FAMILIES.items() if name in families
    ]
    if marks:
        items = [
            _legend_item(name, words) for name, words in MARKS.items() if name in marks | families
        ]
    usage = element("span", f" {_USAGE}", class_="onscreen")
    keys = element("ul", *items, class_="legend")
    return element("div", element("p", READING, usage), keys, class_="reading")


def _legend_item(name: str, words: str) -> Element:
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
