"""Picture files: SVG, and PNG and PDF by vl-convert."""

import io
from importlib.util import find_spec
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from archc.diagnostics.escapes import escape_invisible
from archc.views.drawing.blocks import Block, Box
from archc.views.drawing.svg import Theme, render, style

SCALE = 3
"""Pixels of a PNG per pixel of the drawing: 288 dpi."""


def write_picture(
    block: Block, title: str, captions: dict[str, str], theme: Theme = "auto", stamp: str = ""
) -> bytes:
    """Return the drawing as a self-contained SVG file.

    ``captions`` are the boxes' tooltips by path; ``stamp`` is kept in the file as text.
    """

    def describe(group: Element, box: Box) -> None:
        if box.path in captions:
            SubElement(group, "title").text = escape_invisible(captions[box.path])

    root = render(block, describe)
    root.set("role", "img")
    heading, data, sheet = Element("title"), Element("metadata"), Element("style")
    heading.text, data.text, sheet.text = (
        escape_invisible(title),
        escape_invisible(stamp),
        style(theme),
    )
    for element in (sheet, *([data] if stamp else []), heading):
        root.insert(0, element)
    content: bytes = tostring(root, encoding="utf-8")
    return content + b"\n"


def convert(svg: bytes, output_format: Literal["png", "pdf"]) -> bytes:
    """Convert an SVG file to PNG, or to PDF with selectable text. Needs the extra ``pictures``."""
    import vl_convert

    if output_format == "png":
        return bytes(vl_convert.svg_to_png(svg.decode(), scale=SCALE))
    return _reproducible(vl_convert.svg_to_pdf(svg.decode()))


def _reproducible(pdf: bytes) -> bytes:
    """Return the PDF with sorted objects; vl-convert's order varies from run to run."""
    from pypdf import PdfReader, PdfWriter

    reader = PdfReader(io.BytesIO(pdf))
    for page in reader.pages:
        fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
        ordered = sorted(fonts.items())
        fonts.clear()
        fonts.update(ordered)
    output = io.BytesIO()
    PdfWriter(clone_from=reader).write(output)
    return output.getvalue()


def can_convert() -> bool:
    """Return whether the packages for PNG and PDF are installed."""
    return all(find_spec(name) for name in ("vl_convert", "pypdf"))
