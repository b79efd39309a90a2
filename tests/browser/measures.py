"""Measurements in the document of an open page."""

import json
from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

FAULTS = """() => {
  const faults = [];
  const inside = (a, b) => a.left >= b.left - 0.5 && a.right <= b.right + 0.5
    && a.top >= b.top - 0.5 && a.bottom <= b.bottom + 0.5;
  const touch = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5;
  for (const picture of document.querySelectorAll("svg.drawing")) {
    const whole = picture.getBoundingClientRect();
    const texts = [...picture.querySelectorAll("text")].map((node) => {
      const box = node.closest("g:has(> rect)");
      return {node, box, said: node.textContent, at: node.getBoundingClientRect()};
    });
    const boxes = [...picture.querySelectorAll("g > rect:not(.join)")].map((node) =>
      ({group: node.parentElement, at: node.getBoundingClientRect()}));
    const ends = [...picture.querySelectorAll("path:not(.head)")].flatMap((path) => {
      const matrix = path.getScreenCTM(), length = path.getTotalLength();
      return Array.from({length: Math.ceil(length / 3) + 1}, (_, i) =>
        path.getPointAtLength(Math.min(3 * i, length)).matrixTransform(matrix));
    });
    texts.forEach(({node, box, said, at}, i) => {
      if (!at.width) faults.push(`${said} is not shown`);
      const cards = box ? [...box.children].filter((child) => child.tagName === "rect") : [];
      const frame = cards.length ? cards.at(-1).getBoundingClientRect() : whole;
      if (!inside(at, frame) || !inside(at, whole)) faults.push(`${said} is cut`);
      for (const other of texts.slice(i + 1))
        if (touch(at, other.at)) faults.push(`${said} and ${other.said} overlap`);
      for (const other of boxes)
        if (!other.group.contains(node) && touch(at, other.at)) faults.push(`${said} in a box`);
      if (ends.some(({x, y}) => x > at.left && x < at.right && y > at.top + 2 && y < at.bottom - 2))
        faults.push(`a wire runs through ${said}`);
    });
  }
  return faults;
}"""

CONTRASTS = """() => {
  const light = (colour) => {
    const parts = colour.match(/[0-9.]+/g).slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  return [...document.querySelectorAll("svg.drawing text")].map((text) => {
    const ground = text.closest("g:has(> rect)")?.querySelector(":scope > rect")
      ?? text.closest("svg").querySelector(".ground");
    const both = [text, ground].map((node) => light(getComputedStyle(node).fill)).sort();
    return Math.max(...both) / Math.min(...both);
  });
}"""

PANEL = """() => Object.fromEntries([["", document.querySelector("#panel h3").textContent],
  ...[...document.querySelectorAll("#panel dt")].map((term) =>
    [term.textContent, term.nextElementSibling.textContent])])"""


def label_faults(page: Page) -> list[str]:
    """Return labels of pictures that are cut off, or overlap other labels, boxes or wires."""
    found: list[str] = page.evaluate(FAULTS)
    return found


def lowest_contrast(page: Page) -> float:
    """Return the contrast of a label with its background."""
    found: list[float] = page.evaluate(CONTRASTS)
    return min(found)


def panel(page: Page) -> dict[str, str]:
    """Return the panel's terms; the empty key holds its heading."""
    found: dict[str, str] = page.evaluate(PANEL)
    return found


def serious_diagnostics(page: Page) -> list[str]:
    """Return axe-core's serious and critical violations, in a context that bypasses the policy."""
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {json.dumps([node['target'] for node in violation['nodes'][:5]])}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
