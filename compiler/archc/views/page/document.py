"""The page as a whole."""

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from xml.etree.ElementTree import Element, tostring

from archc.driver.pipeline import Compiled
from archc.views.drawing.lines import Line, lines_of
from archc.views.drawing.marks import differences_to_first, marks_of, names_of
from archc.views.drawing.network import draw_network
from archc.views.drawing.svg import style
from archc.views.page.bars import costs_table, kinds_table
from archc.views.page.comparison import changes, rows_table, totals_table
from archc.views.page.counting import counting_table, facts
from archc.views.page.figures import legend, module_figures, network_figure
from archc.views.page.markup import element
from archc.views.page.tables import lines_table, paper_table, scrolled
from archc.views.page.words import COUNTED, MEANINGS, citation, terms, verdicts

_EMPTY = re.compile(rb"<(rect|path)([^<>]*)></\1>")
"""What may end itself in HTML, too."""


def write_page(networks: Sequence[Compiled], stamp: str = "") -> bytes:
    """One HTML file about one or several networks. It loads nothing and runs its own script only.

    ``stamp`` is kept in the file, as text. Several networks stand side by side, compared with the
    first.
    """
    title = ", ".join(names_of([one.analysis for one in networks]))
    body = element("body", class_="several" if networks[1:] else None)
    if stamp:
        body.append(element("pre", stamp, hidden=""))
    if networks[1:]:
        body.append(element("header", element("h1", title), _contents(networks)))
        body.append(element("main", *_several(networks)))
    else:
        header, parts = _header(networks[0], "h1"), _single(networks[0])
        header.append(_sections_of(parts))
        body.append(header)
        body.append(element("main", *parts))
    made = "Made by archc: every number is computed from the spec."
    body.append(element("footer", element("p", made)))
    sheet, script = _sheet(), _read("page.js")
    body.append(element("script"))
    body[-1].text = script
    head = element(
        "head",
        element("meta", charset="utf-8"),
        _policy(sheet, script),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style"),
    )
    head[-1].text = sheet
    page = element("html", head, body, lang="en")
    content: bytes = tostring(page, encoding="utf-8", method="html")
    return b"<!doctype html>\n" + _EMPTY.sub(rb"<\1\2/>", content) + b"\n"


def _single(one: Compiled) -> list[Element]:
    lines = list(lines_of(one.analysis))
    block = draw_network(one.analysis)
    picture = network_figure(block, one.network.name, lines, "0-")
    side = element("div", legend([block]), _panel(), class_="side")
    whole = element("div", picture, side, class_="whole")
    sections = _sections(one, lines, "0-", "h2")
    return [element("h2", "The network"), whole, *sections, element("h2", MEANINGS), terms()]


def _sections_of(parts: Sequence[Element]) -> Element:
    """Links to the headings of a page, which get ids."""
    links = []
    for i, heading in enumerate(part for part in parts if part.tag == "h2"):
        heading.set("id", f"section-{i}")
        links.append(element("li", element("a", heading.text, href=f"#section-{i}")))
    return element("nav", element("ul", *links), aria_label="Sections")


def _several(networks: Sequence[Compiled]) -> list[Element]:
    analyses = [one.analysis for one in networks]
    differences = differences_to_first(analyses)
    marks = marks_of(analyses, differences)
    blocks = [draw_network(*pair) for pair in zip(analyses, marks, strict=True)]
    pages = [list(lines_of(*pair)) for pair in zip(analyses, marks, strict=True)]
    sides = []
    for i, (block, name, lines) in enumerate(zip(blocks, names_of(analyses), pages, strict=True)):
        picture = network_figure(block, name, lines, f"{i}-")
        sides.append(element("section", element("h3", name), picture))
    parts = [
        element("h2", "Side by side"),
        totals_table(analyses),
        legend(blocks),
        element("div", *sides, class_="sides", role="region", aria_label="Pictures", tabindex=0),
        _panel(),
        element("h2", "What differs"),
        changes(analyses, differences),
        rows_table(analyses, differences),
    ]
    for i, (one, lines) in enumerate(zip(networks, pages, strict=True)):
        header = _header(one, "h2", names_of(analyses)[i])
        header.set("id", f"network-{i}")
        parts += [header, *_sections(one, lines, f"{i}-", "h3")]
    return [*parts, element("h2", MEANINGS), terms()]


def _sections(one: Compiled, lines: Sequence[Line], prefix: str, level: str) -> list[Element]:
    """All about a network but its picture."""
    analysis = one.analysis
    parts: list[Element] = []
    modules = module_figures(analysis)
    if modules is not None:
        parts += [element(level, "Its modules"), modules]
    printed = "The table, against the paper's" if one.network.table else "The table"
    parts += [
        element(level, printed),
        verdicts(analysis, one.conformance),
        paper_table(analysis, one.conformance),
    ]
    parts += [element(level, "Where parameters, operations and memory go"), costs_table(analysis)]
    parts.append(kinds_table(analysis))
    parts += [element(level, "How it is counted"), element("p", COUNTED)]
    parts.append(scrolled(counting_table(analysis), "The same network, counted otherwise"))
    number = f"{len(lines):,} lines" if lines[1:] else "1 line"
    inner = element("details", element("summary", f"{number}, with the place in the spec"))
    inner.append(lines_table(lines, prefix))
    parts += [element(level, "Every layer"), inner]
    return parts


def _header(one: Compiled, level: str, name: str = "") -> Element:
    network = one.network
    return element(
        "header",
        element(level, name or network.name),
        element("p", network.about, class_="about") if network.about else None,
        citation(network),
        facts(one.analysis),
    )


def _contents(networks: Sequence[Compiled]) -> Element:
    names = names_of([one.analysis for one in networks])
    links = (
        element("li", element("a", name, href=f"#network-{i}")) for i, name in enumerate(names)
    )
    return element("nav", element("ul", *links), aria_label="Networks")


def _panel() -> Element:
    told = (
        "Point at a box: its shapes, what it costs and its place in the spec appear here. A click "
        "keeps them, Escape lets them go."
    )
    return element(
        "aside",
        element("h3", "What a box is"),
        element("p", told),
        id="panel",
        class_="panel",
        aria_label="The box that is pointed at",
    )


def _policy(sheet: str, script: str) -> Element:
    """Nothing is loaded, and nothing runs or colours but what the page was written with."""
    rules = (
        "default-src 'none'",
        f"style-src 'sha256-{_digest(sheet)}'",
        f"script-src 'sha256-{_digest(script)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    policy = {"http-equiv": "Content-Security-Policy", "content": "; ".join(rules)}
    made = element("meta")
    for name, value in policy.items():
        made.set(name, value)
    return made


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def _sheet() -> str:
    return _read("page.css") + style()
