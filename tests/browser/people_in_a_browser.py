"""Tests pages of ``archc report`` with screen readers, copying, comparing and phones.

See ``in_a_browser.py`` for how to run them.
"""

from pathlib import Path

import pytest
from browser.measures import label_faults, panel
from browser.opening import opened
from browser.pages import COMPARED, Pages
from browser.pointing import ITEM, box, point_at
from playwright.sync_api import Browser, Page

SELECTED = "String(getSelection())"


def test_a_screen_reader_finds_a_tree_with_numbers(page: Page) -> None:
    tree = page.get_by_role("tree", name="GoogLeNet, from input to head")
    told = tree.aria_snapshot()
    assert 'treeitem "conv1: conv 7x7/2, 3x224x224 to 64x112x112, 9,472 parameters, 118' in told
    row = page.get_by_role("treeitem", name="inception3a: inception")
    assert row.get_by_role("group").get_by_role("treeitem").count() == 7
    assert page.get_by_role("table", name="Costs of each row").count() == 1
    assert page.get_by_role("complementary", name="Details of the selected box").count() == 1
    printed = page.get_by_role("row", name="inception5a").first
    assert "erratum: printed 1072K" in printed.aria_snapshot()


def test_a_comparison_tells_of_every_network_what_is_its_own(
    browser: Browser, pages: Pages
) -> None:
    with opened(browser, pages.of(*COMPARED)) as page:
        names = ("GoogLeNet", "GoogLeNetFactorised")
        for number, (path, mark) in enumerate((("norm1", "removed"), ("conv3", "added"))):
            item = page.locator(f"[role=tree] >> nth={number}").locator(
                f"{ITEM}[aria-label^='{path}:']"
            )
            item.focus()
            name = item.get_attribute("aria-label")
            assert name is not None and name.endswith(mark)
            assert panel(page)[""] == f"{path} of {names[number]}"
        assert page.locator(".shown").count() == 2  # the box and its row, not the other network's
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
    # Dragging over a label selects its text, not the box.
    label = page.locator("svg text", has_text="max 3x3/2").first
    label.scroll_into_view_if_needed()
    place = label.bounding_box()
    assert place is not None
    middle = place["y"] + place["height"] / 2
    page.keyboard.press("Escape")
    page.mouse.move(place["x"] + 1, middle)
    page.mouse.down()
    page.mouse.move(place["x"] + place["width"] - 1, middle, steps=5)
    page.mouse.up()
    assert page.evaluate(SELECTED) == "max 3x3/2"
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
            assert panel(page)[""].startswith(path)
            tapped = item.bounding_box()
            assert place is not None and place["y"] + place["height"] <= 900
            assert tapped is not None and 0 <= tapped["y"] + 8 <= place["y"]
        page.screenshot(path=screenshots / f"tapped-{len(specs)}.png")


def test_faults_of_labels_would_be_found(browser: Browser, pages: Pages) -> None:
    # The measurement must fail if a font is too wide or a label has moved.
    with opened(browser, pages.of("googlenet.yaml"), bypass_csp=True) as page:
        page.add_style_tag(content=".drawing text { font-size: 15px !important }")
        assert len(label_faults(page)) > 50
    with opened(browser, pages.of("googlenet.yaml")) as page:
        label = page.locator("svg text", has_text="LRN 5").first
        label.evaluate("(node) => node.setAttribute('y', -4)")
        assert label_faults(page) != []
