"""Provides one browser for all tests of a process, and pages that are created once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.opening import launch, opened
from browser.pages import ROOT, Pages
from playwright.sync_api import Browser, Page, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launch(playwright) as running:
        yield running


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return Pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """The folder for screenshots, for people to look at."""
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def page(browser: Browser, pages: Pages) -> Iterator[Page]:
    with opened(browser, pages.of("googlenet.yaml")) as page:
        yield page
