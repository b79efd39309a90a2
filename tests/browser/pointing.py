"""Finds boxes of a picture and moves the mouse over them."""

from playwright.sync_api import Locator, Page

ITEM = "[role=treeitem]"


def box(page: Page, path: str) -> Locator:
    return page.locator(f"{ITEM}[aria-label^='{path}:']")


def corner(page: Page, path: str) -> tuple[float, float]:
    """Return a point in a box outside all inner boxes."""
    found = box(page, path)
    found.scroll_into_view_if_needed()
    place = found.bounding_box()
    assert place is not None
    return place["x"] + 3, place["y"] + 6


def point_at(page: Page, path: str) -> None:
    page.mouse.move(*corner(page, path))
