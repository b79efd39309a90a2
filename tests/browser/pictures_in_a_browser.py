"""Tests pictures of ``archc report`` in a browser, with the mouse and the keyboard.

See ``in_a_browser.py`` for how to run them.
"""

import pytest
from browser.measures import panel
from browser.opening import opened
from browser.pages import COMPARED, Pages
from browser.pointing import ITEM, corner, point_at
from playwright.sync_api import Browser, Page

import archc
from archc.analyses import Analysis, LayerAnalysis, RowAnalysis
from archc.network import ir
from archc.ops.operator import format_shape

FOCUS = """[[...document.all].indexOf(document.activeElement),
  Boolean(document.activeElement.closest('svg'))]"""


@pytest.fixture(scope="module")
def googlenet() -> Analysis:
    return archc.analyze(archc.load("googlenet.yaml"))


def digits(number: int) -> str:
    return f"{number:,}" if number else ""


def expected(analysis: Analysis) -> dict[str, dict[str, str]]:
    """Return the expected panel of each row and layer by path, from the analysis."""
    parts: list[tuple[ir.Node, RowAnalysis | LayerAnalysis]] = []
    parts += [(row.node, row) for row in analysis.rows_and_heads]
    parts += [(layer.op, layer) for layer in analysis.layers]
    found: dict[str, dict[str, str]] = {}
    for node, part in parts:
        span = node.span
        found[node.path] = {
            "": node.path,
            "output": format_shape(part.output),
            "params": digits(part.cost.params),
            "weights": digits(part.cost.weights),
            "biases": digits(part.cost.biases),
            "MACs": digits(part.cost.macs),
            "pool ops": digits(part.cost.pool_ops),
            "receptive field": format_shape(part.receptive_field.size),
            "line in the spec": f"{span.source.name}:{span.line} "
            + span.source.line(span.line).strip()[:120],
        }
    return found


def test_every_box_tells_what_the_analysis_says(page: Page, googlenet: Analysis) -> None:
    wanted = expected(googlenet)
    page.locator(ITEM).first.focus()
    told = set()
    for _ in range(page.locator(ITEM).count()):
        said = panel(page)
        name = page.evaluate("document.activeElement.getAttribute('aria-label')")
        for term, text in wanted.get(said[""], {}).items():
            assert said.get(term, "") == text, said
        assert name.startswith(f"{said['']}: {said['kind']}")
        assert f"{said['input']} to {said['output']}" in name
        assert ("params" in said) == (f"{said.get('params')} parameters" in name)
        assert ("MACs" in said) == (f"{said.get('MACs')} MACs" in name)
        told.add(said[""])
        page.keyboard.press("ArrowDown")
    assert wanted.keys() <= told


def test_pointing_tells_and_a_click_keeps(page: Page) -> None:
    point_at(page, "inception3a")
    assert panel(page)["params"] == "163,696"
    assert page.locator("tr.shown th").text_content() == "inception3a"
    point_at(page, "inception3b")
    assert panel(page)["params"] == "388,736"

    page.mouse.click(*corner(page, "inception4a"))
    point_at(page, "inception3a")
    assert panel(page)[""] == "inception4a"
    page.mouse.click(*corner(page, "inception4b"))
    point_at(page, "inception3a")
    assert panel(page)[""] == "inception4b"
    page.keyboard.press("Escape")
    point_at(page, "conv1")
    assert panel(page)[""] == "conv1"

    page.mouse.click(*corner(page, "conv1"))
    page.mouse.click(*corner(page, "conv1"))
    point_at(page, "pool1")
    assert panel(page)[""] == "pool1"


def test_the_keyboard_walks_through_the_picture(page: Page) -> None:
    focused = "document.activeElement.getAttribute('aria-label').split(':')[0]"

    def after(*keys: str) -> str:
        for key in keys:
            page.keyboard.press(key)
        found: str = page.evaluate(focused)
        assert panel(page)[""] == found
        assert page.locator(f"svg {ITEM}[tabindex='0']").count() == 1
        return found

    page.locator(f"{ITEM}[tabindex='0']").focus()
    assert after("ArrowDown") == "pool1"
    assert after("End", "ArrowDown") == "aux2.fc2"
    assert after("ArrowLeft") == "aux2"
    assert after("ArrowLeft") == "aux2"
    assert after("Home", "ArrowUp") == "conv1"
    assert after(*["ArrowDown"] * 8) == "inception3a"
    assert after("ArrowRight") == "inception3a.branch1"
    assert after("ArrowRight", "ArrowUp") == "inception3a"
    # Focus returns to the same box.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "inception3a"


def test_what_scrolls_under_the_mouse_is_not_pointed_at(page: Page) -> None:
    point_at(page, "inception3a")
    page.locator(ITEM).first.focus()
    for _ in range(60):
        page.keyboard.press("ArrowDown")
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") > 0
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name.startswith(panel(page)[""] + ":")


@pytest.mark.parametrize(("specs", "pictures"), [(("googlenet.yaml",), 1), (COMPARED, 2)])
def test_a_picture_is_one_stop_of_the_tabulator(
    specs: tuple[str, ...], pictures: int, browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages.of(*specs)) as page:
        stops: list[tuple[int, bool]] = []
        while len(stops) == len(set(stops)):
            page.keyboard.press("Tab")
            stops.append(tuple(page.evaluate(FOCUS)))
        assert sum(inside for _, inside in set(stops)) == pictures
        assert len(set(stops)) >= 4


@pytest.mark.parametrize("width", [360, 1300])
def test_what_has_the_focus_is_not_behind_the_panel(
    width: int, browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages.of(*COMPARED), width=width) as page:
        page.locator(f"{ITEM}[tabindex='0']").first.focus()
        for _ in range(60):
            page.keyboard.press("ArrowDown")
            covered = page.evaluate(
                """() => {
                  const box = document.activeElement.getBoundingClientRect();
                  const panel = document.getElementById("panel").getBoundingClientRect();
                  return box.top >= panel.top || box.top < 0 || box.top > innerHeight;
                }"""
            )
            assert not covered
