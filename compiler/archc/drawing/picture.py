"""A drawing as a file of its own: SVG, and by vl-convert PNG and PDF."""

from importlib.util import find_spec
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from archc.analysis import Analysis
from archc.drawing.blocks import Block, Box
from archc.drawing.lines import lines_of, spoken
from archc.drawing.network import draw_network, draw_part, find_part
from archc.drawing.svg import Theme, render, style
from archc.visible import visible

PictureForm = Literal["svg", "png", "pdf"]
SCALE = 3
"""Pixels of a PNG for each of the drawing: 288 an inch."""


def write_picture(
    block: Block, title: str, captions: dict[str, str], theme: Theme = "auto", stamp: str = ""
) -> bytes:
    """The drawing as an SVG file that needs nothing else.

    ``captions`` say by path what boxes are, where a reader points at them; ``stamp`` is kept in the
    file, as text.
    """

    def describe(group: Element, box: Box) -> None:
        if box.path in captions:
            _text(group, "title", captions[box.path])

    root = render(block, describe)
    root.set("role", "img")
    heading, data, sheet = Element("title"), Element("metadata"), Element("style")
    heading.text, data.text, sheet.text = visible(title), visible(stamp), style(theme)
    for element in (sheet, *([data] if stamp else []), heading):
        root.insert(0, element)
    content: bytes = tostring(root, encoding="utf-8")
    return content + b"\n"


def draw_file(
    analysis: Analysis,
    path: str | None = None,
    module: str | None = None,
    theme: Theme = "auto",
    stamp: str = "",
) -> bytes | None:
    """A network as an SVG file, or the part of it at a path, or a module as it is defined.

    None where there is no such part.
    """
    name = analysis.network.name
    if path is None and module is None:
        block, title = draw_network(analysis), name
    else:
        node = find_part(analysis, path, module)
        if node is None:
            return None
        block = draw_part(analysis, node, symbolic=module is not None)
        title = f"{path if module is None else module} of {name}"
    captions = {line.node.path: spoken(line) for line in lines_of(analysis)}
    return write_picture(block, title, captions, theme, stamp)


def convert(svg: bytes, form: Literal["png", "pdf"]) -> bytes:
    """An SVG file as a PNG, or as a PDF whose text is text. Needs the extra ``pictures``."""
    import vl_convert

    if form == "png":
        return bytes(vl_convert.svg_to_png(svg.decode(), scale=SCALE))
    return bytes(vl_convert.svg_to_pdf(svg.decode()))


def can_convert() -> bool:
    """Whether what converts pictures is installed."""
    return find_spec("vl_convert") is not None


def _text(parent: Element, tag: str, text: str) -> None:
    child = Element(tag)
    child.text = visible(text)
    parent.append(child)
