"""Tests pages of ``archc report`` in a browser: layout, colours, printing, policy, accessibility.

``pytest`` alone does not run them, since they need chromium: ``.ci/run`` installs it and runs
``pytest tests/browser/*in_*.py``. Screenshots are saved in ``build/screenshots``.
"""

from io import BytesIO
from pathlib import Path
from typing import Literal

import pytest
from browser.measures import label_faults, lowest_contrast, serious_diagnostics
from browser.opening import WIDTHS, opened
from browser.pages import COMPARED, GOOD, LONG, SHIPPED, VARIANTS, Pages
from playwright.sync_api import Browser
from pypdf import PdfReader

ALL = {
    **{Path(spec).stem: (spec,) for spec in (*SHIPPED, *GOOD)},
    "compared": COMPARED,
    "variants": VARIANTS,
    "hostile": (),
    "hostile_compared": (),
}
SHOWN = ("googlenet", "inception_v3", "compared", "hostile")
SANS = ("DejaVu Sans", "Liberation Sans")
INSERT = "document.body.insertAdjacentHTML('beforeend', `{}`)"
ATTEMPTS = {
    "script": "document.body.append(Object.assign(document.createElement('script'), "
    "{text: 'document.title = 1'}))",
    "handler": INSERT.format("<b onclick='document.title = 1'>")
    + "; document.body.lastChild.click()",
    "image": INSERT.format("<img src='http://127.0.0.1:9/x.png'>"),
    "style": INSERT.format("<b style='color: red'>"),
    "frame": INSERT.format("<iframe src='http://127.0.0.1:9/'></iframe>"),
    "fetch": "fetch('http://127.0.0.1:9/').catch(() => 0)",
}
GROUNDS = """(({backgroundColor, color}, {fill}) => [backgroundColor, fill, color])(
  getComputedStyle(document.body), getComputedStyle(document.querySelector('.ground')))"""
MEDIA: tuple[Literal["screen", "print"], ...] = ("screen", "print")
HEADS = """Math.max(...[...document.querySelectorAll('tbody th:not([colspan])')]
  .map((head) => head.getBoundingClientRect().width))"""
UNFOLD = "for (const part of document.querySelectorAll('details')) part.open = true"


def page_of(name: str, pages: Pages) -> Path:
    if name.startswith("hostile"):
        return pages.hostile() if name == "hostile" else pages.hostile_compared()
    return pages.of(*ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_labels_have_room_and_pages_their_width(
    name: str, browser: Browser, pages: Pages, screenshots: Path
) -> None:
    with opened(browser, page_of(name, pages)) as page:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert label_faults(page) == []
            if name in SHOWN:
                page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.evaluate(UNFOLD)
        assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[0]
        # The sticky column leaves room for the scrolled part of a table.
        assert page.evaluate(HEADS) <= WIDTHS[0] / 2


@pytest.mark.parametrize("font", SANS)
@pytest.mark.parametrize(
    "name", ["googlenet", "inception_v4", "compared", "hostile_compared", "residual"]
)
def test_labels_have_room_in_other_fonts(
    name: str, font: str, browser: Browser, pages: Pages
) -> None:
    with opened(browser, page_of(name, pages), bypass_csp=True) as page:
        page.add_style_tag(content=f"* {{ font-family: '{font}' !important }}")
        assert label_faults(page) == []


def test_a_page_is_small(pages: Pages) -> None:
    assert pages.of("googlenet.yaml").stat().st_size <= 150_000


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDTHS[-1]), ("dark", WIDTHS[0])])
@pytest.mark.parametrize("name", ["googlenet", "compared", "hostile"])
def test_axe_finds_nothing_serious(
    name: str, scheme: Literal["light", "dark"], width: int, browser: Browser, pages: Pages
) -> None:
    with opened(browser, page_of(name, pages), width, scheme, bypass_csp=True) as page:
        if name != "compared":  # which takes long, and tests nothing beyond the others
            page.evaluate(UNFOLD)
        page.locator("[role=treeitem]").first.focus()
        assert serious_diagnostics(page) == []
        assert lowest_contrast(page) >= 4.5


@pytest.mark.parametrize("name", ["googlenet", "compared"])
def test_the_page_is_as_dark_as_the_screen_and_white_on_paper(
    name: str, browser: Browser, pages: Pages, screenshots: Path
) -> None:
    grounds = {}
    with opened(browser, page_of(name, pages), scheme="dark") as page:
        page.locator("[role=treeitem]").nth(9).focus()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=screenshots / f"{name}-{width}-dark.png", full_page=True)
        for media in MEDIA:
            page.emulate_media(media=media)
            grounds[media] = page.evaluate(GROUNDS)
            assert page.locator("#panel").is_visible() == (media == "screen")
        paper = page.pdf(path=screenshots / f"{name}.pdf", format="A4", print_background=True)
        headings = page.locator("h1, h2, h3:not(#panel h3), caption").all_text_contents()
        shown = [text for text in headings if "Rows, branches" not in text]
        labels = page.locator("svg.drawing text").all_text_contents()
    assert grounds["print"][0] == grounds["print"][1] == "rgb(255, 255, 255)"
    assert grounds["screen"][0] == grounds["screen"][1] == "rgb(21, 25, 31)"
    assert grounds["print"][2] != grounds["screen"][2]
    printed = "".join(
        "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(paper)).pages).split()
    )
    assert [text for text in (*shown, *labels) if "".join(text.split()) not in printed] == []
    assert "Escapeletsitgo" not in printed


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_the_policy_blocks(attempt: str, browser: Browser, pages: Pages) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        sent: list[str] = []
        page.goto(pages.of("googlenet.yaml").as_uri())
        page.on("requestfinished", lambda request: sent.append(request.url))
        violated = page.evaluate(
            f"""() => new Promise((resolve) => {{
              document.addEventListener("securitypolicyviolation", (event) =>
                resolve(event.effectiveDirective));
              setTimeout(() => resolve("nothing"), 2000);
              {attempt};
            }})"""
        )
        assert violated != "nothing"
        assert page.title() == "GoogLeNet"
        assert sent == []


@pytest.mark.parametrize("name", LONG)
def test_thousands_of_layers_are_an_open_page(name: str, browser: Browser, pages: Pages) -> None:
    # benchmarks/report.py measures the time; this test checks that equal rows are folded.
    counts = {"alike": 7_000, "repeated": 600, "different": 40_000, "unfolded": 100_000}
    with opened(browser, pages.long(name)) as page:
        assert page.evaluate("document.querySelectorAll('*').length") < counts[name]
        box = page.locator("[role=treeitem]").nth(1)
        box.hover(position={"x": 4, "y": 4})
        assert page.locator("#panel dd").first.is_visible()
