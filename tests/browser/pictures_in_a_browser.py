"""Pictures of ``archc report`` in a real browser: pointed at, walked through, tapped, copied from.

Run as ``in_a_browser.py`` beside this file is.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.measures import label_faults, panel
from browser.opening import opened
from browser.pages import COMPARED, Pages
from playwright.sync_api import Browser, Locator, Page

import archc
from archc import ir
from archc.analysis import Analysis, LayerAnalysis, RowAnalysis
from archc.ops.operator import written

ITEM = "[role=treeitem]"
FOCUS = """[[...document.all].indexOf(document.activeElement),
  Boolean(document.activeElement.closest('svg'))]"""
SELECTED = "String(getSelection())"


@pytest.fixture(scope="module")
def googlenet() -> Analysis:
    return archc.analyze(archc.load("googlenet.yaml"))


@pytest.fixture
def page(browser: Browser, pages: Pages) -> Iterator[Page]:
    with opened(browser, pages.of("googlenet.yaml")) as page:
        yield page


def box(page: Page, path: str) -> Locator:
    return page.locator(f"{ITEM}[aria-label^='{path}:']")


def corner(page: Page, path: str) -> tuple[float, float]:
    """A place in a box where nothing else stands."""
    found = box(page, path)
    found.scroll_into_view_if_needed()
    place = found.bounding_box()
    assert place is not None
    return place["x"] + 3, place["y"] + 6


def point_at(page: Page, path: str) -> None:
    page.mouse.move(*corner(page, path))


def digits(number: int) -> str:
    return f"{number:,}" if number else ""


def expected(analysis: Analysis) -> dict[str, dict[str, str]]:
    """By path what the panel has to say of rows and layers, from the analysis itself."""
    parts: list[tuple[ir.Node, RowAnalysis | LayerAnalysis]] = []
    parts += [(row.node, row) for row in (*analysis.rows, *analysis.aux)]
    parts += [(layer.op, layer) for layer in analysis.layers]
    found: dict[str, dict[str, str]] = {}
    for node, part in parts:
        span = node.span
        found[node.path] = {
            "": node.path,
            "output": written(part.output),
            "params": digits(part.cost.params),
            "weights": digits(part.cost.weights),
            "biases": digits(part.cost.biases),
            "MACs": digits(part.cost.macs),
            "pool ops": digits(part.cost.pool_ops),
            "receptive field": written(part.field.size) if part.field else "",
            "in the spec": f"{span.source.name}:{span.line} "
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
    # Whoever comes back comes back to the same box.
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
        assert len(set(stops)) >= 8


def test_a_screen_reader_finds_a_tree_with_numbers(page: Page) -> None:
    tree = page.get_by_role("tree", name="GoogLeNet, from input to head")
    told = tree.aria_snapshot()
    assert 'treeitem "conv1: conv 7x7/2, 3x224x224 to 64x112x112, 9,472 parameters, 118' in told
    row = page.get_by_role("treeitem", name="inception3a: inception")
    assert row.get_by_role("group").get_by_role("treeitem").count() == 7
    assert page.get_by_role("table", name="What each row costs").count() == 1
    assert page.get_by_role("complementary", name="The box that is pointed at").count() == 1
    printed = page.get_by_role("row", name="inception5a").first
    assert "erratum: printed 1072K" in printed.aria_snapshot()


def test_a_comparison_tells_of_every_network_what_is_its_own(
    browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages.of(*COMPARED)) as page:
        for number, (path, mark) in enumerate((("norm1", "removed"), ("conv3", "added"))):
            item = page.locator(f"[role=tree] >> nth={number}").locator(
                f"{ITEM}[aria-label^='{path}:']"
            )
            item.focus()
            name = item.get_attribute("aria-label")
            assert name is not None and name.endswith(mark)
            assert panel(page)[""] == path
        assert page.locator(".shown").count() == 2  # the box and its line, none of the other
        assert page.locator("mark").count() > 10


def test_names_and_numbers_are_text(page: Page) -> None:
    for text, found in (
        ("inception3a", page.locator("svg text", has_text="inception3a")),
        ("6,998,552", page.locator(".facts dd").first),
        ("163,696", page.locator(".bars td", has_text="163,696")),
    ):
        found.scroll_into_view_if_needed()
        place = found.bounding_box()
        assert place is not None
        found.dblclick()
        assert page.evaluate(SELECTED).strip() == text
    # Dragging along a label selects it and chooses no box.
    label = page.locator("svg text", has_text="max pool 3x3/2").first
    label.scroll_into_view_if_needed()
    place = label.bounding_box()
    assert place is not None
    middle = place["y"] + place["height"] / 2
    page.keyboard.press("Escape")
    page.mouse.move(place["x"] + 1, middle)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 1, middle, steps=5)
    page.mouse.up()
    assert page.evaluate(SELECTED) == "max pool 3x3/2"
    point_at(page, "conv1")
    assert panel(page)[""] == "conv1"


@pytest.mark.parametrize("specs", [("googlenet.yaml",), COMPARED])
def test_a_tap_tells_where_it_can_be_seen(
    specs: tuple[str, ...], browser: Browser, pages: Pages, screenshots: Path
) -> None:
    with opened(browser, pages.of(*specs), width=360, has_touch=True, is_mobile=True) as page:
        for path in ("conv2", "inception5b"):
            item = box(page, path).first
            item.scroll_into_view_if_needed()
            item.tap(position={"x": 12, "y": 8})
            place = page.locator("#panel").bounding_box()
            assert panel(page)[""] == path
            assert place is not None and place["y"] + place["height"] <= 900 and place["y"] > 500
        page.screenshot(path=screenshots / f"tapped-{len(specs)}.png")


def test_faults_of_labels_would_be_found(browser: Browser, pages: Pages) -> None:
    # What is measured has to fail where a font is too wide, or a label has moved.
    with opened(browser, pages.of("googlenet.yaml"), bypass_csp=True) as page:
        page.add_style_tag(content=".drawing text { font-size: 15px !important }")
        assert len(label_faults(page)) > 50
    with opened(browser, pages.of("googlenet.yaml")) as page:
        label = page.locator("svg text", has_text="LRN 5").first
        label.evaluate("(node) => node.setAttribute('y', -4)")
        assert label_faults(page) != []
