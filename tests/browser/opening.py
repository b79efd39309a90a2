"""Opens pages in a browser and records console messages and requests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, Playwright, ViewportSize

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
WIDTHS = (360, 800, 1400)


def launch(playwright: Playwright) -> Browser:
    """Return the path of chromium or a similar browser."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path is not None, f"none of {', '.join(BROWSERS)} is installed"
    return playwright.chromium.launch(executable_path=path, args=list(QUIET))


@contextmanager
def opened(
    browser: Browser,
    path: Path,
    width: int = 1400,
    scheme: Literal["light", "dark"] = "light",
    **context: Any,
) -> Iterator[Page]:
    """Open a file; assert that it loads nothing else and logs nothing to the console."""
    said: list[str] = []
    asked: list[str] = []
    view = ViewportSize(width=width, height=900)
    with browser.new_context(viewport=view, color_scheme=scheme, **context) as own:
        page = own.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page
        told = page.title()
    assert told
    assert said == []
    assert [url for url in asked if url not in (path.as_uri(), "data:,")] == []
