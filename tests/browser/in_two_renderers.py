"""Tests that Chromium and resvg render an SVG alike: shapes, and positions of labels."""

import io
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from browser.opening import opened
from browser.pages import COMPARED, SHIPPED
from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import Browser

from archc.cli import cli
from archc.views.drawing.export import SCALE, convert

Pixels = npt.NDArray[np.int16]
SEEN = 64
"""Out of 255. Differently smoothed edges differ by less, or in few pixels."""


class Label(NamedTuple):
    """A text and its frame, in pixels of the picture."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


LABELS = """() => [...document.querySelectorAll("text")].map(text => {
  const box = text.getBoundingClientRect();
  return [text.textContent, box.left, box.top, box.right, box.bottom];
})"""


def pixels(content: bytes) -> Pixels:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.int16)


def in_chromium(browser: Browser, svg: Path) -> tuple[Pixels, list[Label]]:
    with opened(browser, svg, device_scale_factor=SCALE) as page:
        shot = page.locator("svg").screenshot()
        labels = [Label(*found) for found in page.evaluate(LABELS)]
    return pixels(shot), labels


def drawn(folder: Path, *arguments: str) -> Path:
    out = folder / "picture.svg"
    done = CliRunner().invoke(cli, ["report", *arguments, "-o", str(out), "--theme", "light"])
    assert done.exit_code == 0, done.output
    return out


PICTURES = [*((spec,) for spec in SHIPPED), COMPARED, ("googlenet.yaml", "--module", "Inception")]


@pytest.mark.parametrize("arguments", PICTURES, ids=" ".join)
def test_both_draw_the_same(browser: Browser, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    svg = drawn(tmp_path, *arguments)
    ours, labels = in_chromium(browser, svg)
    other = pixels(convert(svg.read_bytes(), "png"))
    assert ours.shape == other.shape
    paper = np.array([255, 255, 255], dtype=np.int16)
    assert len(labels) > 5
    for label in labels:
        left, top, right, bottom = (round(side * SCALE) for side in label[1:])
        inks = []
        for image in (ours, other):
            part = image[top:bottom, left:right]
            ground = np.median(part.reshape(-1, 3), axis=0)
            inks.append(float((np.abs(part - ground).max(axis=2) > SEEN).mean()))
        assert min(inks) > 0.02, (label, inks)
        assert max(inks) < 2 * min(inks), (label, inks)
    assert (np.abs(ours - paper).max(axis=2) > 2).mean() > 0.05
    bare = svg.with_name("bare.svg")
    bare.write_text(re.sub(r"<text [^>]*>[^<]*</text>", "", svg.read_text()))
    ours, none = in_chromium(browser, bare)
    assert none == []
    other = pixels(convert(bare.read_bytes(), "png"))
    differing = (np.abs(ours - other).max(axis=2) > SEEN).mean()
    assert differing < 0.001
