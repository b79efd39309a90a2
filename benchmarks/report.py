"""Measures pages of archc report in chromium: when they paint, and when they are ready to use.

    python benchmarks/report.py [--rounds N] [--json]

Opens every page in turn, round after round, in a new window of one browser; a page with one word
is the baseline. `paints` is the first contentful paint and `ready` the first frame after the load
event, both measured from the request. Needs the extra `test`, and chromium.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from browser.opening import launch
from browser.pages import COMPARED, LONG, Pages

WARM_UP = 1
PAINTS, READY = 200, 2000
TIMES = """() => new Promise((resolve) => {
  const ready = () => requestAnimationFrame(() => setTimeout(() => {
    const end = performance.now();
    new PerformanceObserver((list) => {
      const paint = list.getEntriesByName("first-contentful-paint")[0];
      if (paint) resolve([paint.startTime, end]);
    }).observe({type: "paint", buffered: true});
  }));
  ready();
})"""


class Result(NamedTuple):
    """Medians in milliseconds, and ratios of medians to the baseline's."""

    name: str
    kilobytes: float
    elements: int
    paints: float
    ready: float
    paints_ratio: float
    ready_ratio: float
    target: str


def times(browser: Browser, path: Path) -> tuple[float, float, int]:
    """Return when the page paints, when it is ready, and how many elements it has."""
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        paints, ready = page.evaluate(TIMES)
        return paints, ready, page.evaluate("document.querySelectorAll('*').length")


def measure(rounds: int) -> list[Result]:
    """Measure every page in every round, after a warm-up round."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        pages = Pages(Path(folder))
        empty = Path(folder) / "empty.html"
        empty.write_text("<!doctype html><title>Empty</title><p>Empty</p>", encoding="utf-8")
        paths = {"a page with one word": empty, "googlenet": pages.of("googlenet.yaml")}
        paths["googlenet, googlenet_factorised"] = pages.of(*COMPARED)
        paths |= {f"thousands, {name}": pages.long(name) for name in LONG}
        found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in paths}
        for turn in range(WARM_UP + rounds):
            for name, path in paths.items():
                one = times(browser, path)
                if turn >= WARM_UP:
                    found[name].append(one)
        sizes = {name: path.stat().st_size / 1000 for name, path in paths.items()}
    base = [median(column) for column in zip(*found["a page with one word"], strict=True)]
    results = []
    for name, rows in found.items():
        paints, ready, elements = (median(column) for column in zip(*rows, strict=True))
        ratios = paints / base[0], ready / base[1]
        target = _target(name, paints, ready)
        results.append(Result(name, sizes[name], int(elements), paints, ready, *ratios, target))
    return results


def _target(name: str, paints: float, ready: float) -> str:
    if name == "googlenet":
        return f"paints <= {PAINTS} {'met' if paints <= PAINTS else 'MISSED'}"
    if name.startswith("thousands"):
        return f"ready <= {READY} {'met' if ready <= READY else 'MISSED'}"
    return ""


def table(results: list[Result], rounds: int) -> str:
    """Format the results for people."""
    lines = [f"{rounds} rounds, interleaved; milliseconds, medians; ratio to the first row", ""]
    lines.append(
        f"{'':33}{'KB':>7}{'elements':>10}{'paints':>8}{'ratio':>7}{'ready':>7}{'ratio':>7}"
    )
    for row in results:
        lines.append(
            f"{row.name:33}{row.kilobytes:7,.0f}{row.elements:10,}{row.paints:8.0f}"
            f"{row.paints_ratio:7.1f}{row.ready:7.0f}{row.ready_ratio:7.1f}   {row.target}".rstrip()
        )
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How long pages of archc report take to open.")
    parser.add_argument("--rounds", type=int, default=10, help="default %(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("one round or more")
    results = measure(options.rounds)
    if options.json:
        rows = [row._asdict() for row in results]
        print(json.dumps({"rounds": options.rounds, "results": rows}, indent=1))
    else:
        print(table(results, options.rounds))


if __name__ == "__main__":
    main()
