"""Bar charts of parameters, operations and memory, per row and per kind of operator."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import prod
from typing import NamedTuple
from xml.etree.ElementTree import Element

from archc.analyses import Analysis, LayerAnalysis, RowAnalysis
from archc.analyses.memory import measure_peaks
from archc.network import ir
from archc.views.drawing.folding import Run, fold
from archc.views.drawing.labels import kind_words
from archc.views.page.markup import element, table_element
from archc.views.page.tables import head_cell, scrolled

PART_COLOURS = 4
"""The colours of the parts of a bar repeat after this many."""
MAXIMUM_PARTS = 32
"""A row with more children has a bar of one part."""
MAXIMUM_ROWS = 200
"""Longer networks have bars of one part, so that large pages open quickly."""


class Usage(NamedTuple):
    """The parameters, MACs and output elements of some layers."""

    params: int
    macs: int
    activations: int


def costs_table(analysis: Analysis) -> Element:
    """Return the parameters, MACs and memory of every row, as bars with a part per branch."""
    runs = list(fold(analysis).runs(analysis.network.rows))
    numbers = {row.node.name: i for i, row in enumerate(analysis.rows)}
    places = [numbers[run.first.name] for run in runs]
    rows = (*(analysis.rows[i] for i in places), *analysis.aux)
    names = [*map(_name_of, runs), *(row.node.name for row in analysis.aux)]
    peaks = measure_peaks(analysis.network, analysis.shapes)
    alive = [*(peaks[i] for i in places), *(0 for _ in analysis.aux)]
    whole = len(rows) > MAXIMUM_ROWS
    parts = [[("", _usage(row.layers))] if whole else list(_parts(row)) for row in rows]
    columns = [
        ("params", [[(name, usage.params) for name, usage in row] for row in parts]),
        ("MACs", [[(name, usage.macs) for name, usage in row] for row in parts]),
        ("activations", [[(name, usage.activations) for name, usage in row] for row in parts]),
        ("alive at once", [[("", peak)] for peak in alive]),
    ]
    most = [max(1, *(sum(n for _, n in row) for row in values)) for _, values in columns]
    body = []
    for i, name in enumerate(names):
        pairs = [_bar(values[i], top) for (_, values), top in zip(columns, most, strict=True)]
        cells = [cell for pair in pairs for cell in pair]
        body.append(element("tr", element("th", name, scope="row"), *cells))
    heads = [head_cell("row", False), *(_bar_heading(name) for name, _ in columns)]
    bars = table_element(
        "Costs of each row, for one image", [element("tr", *heads)], body, class_="bars"
    )
    if any(row[1:] for row in parts):
        bars[0].append(_bar_legend())
    return scrolled(bars, "Costs of each row")


def kinds_table(analysis: Analysis) -> Element:
    """Return the costs of each kind of operator, without auxiliary heads."""
    kinds: dict[str, list[LayerAnalysis]] = {}
    for row in analysis.rows:
        for layer in row.layers:
            kinds.setdefault(type(layer.op.operator).__name__, []).append(layer)
    totals = (analysis.cost.params, analysis.cost.macs, analysis.memory)
    body = []
    for kind, layers in sorted(kinds.items(), key=lambda item: -_usage(item[1]).macs):
        cells = [
            cell
            for n, whole in zip(_usage(layers), totals, strict=True)
            for cell in _bar([("", n)], max(1, whole), share=True)
        ]
        name = element("th", kind_words(kind), scope="row")
        number = element("td", f"{len(layers):,}", class_="number")
        body.append(element("tr", name, number, *cells))
    heads = [head_cell("kind", False), head_cell("layers", True)]
    heads += [_bar_heading(name) for name in ("params", "MACs", "activations")]
    caption = "Costs of each kind of operator, without auxiliary heads"
    return scrolled(table_element(caption, [element("tr", *heads)], body, class_="bars"), caption)


def _bar_heading(name: str) -> Element:
    """Return the heading above a bar and its number."""
    return element("th", name, scope="colgroup", colspan=2, class_="number")


def _bar_legend() -> Element:
    """Return the legend of the parts of a bar."""
    items: list[Element | str] = [
        ". Parts of a bar are the row's branches, or its layers in order:"
    ]
    for i, name in enumerate(("first", "second", "third", "fourth")):
        picture = element("svg", element("rect", width=10, height=10, class_=f"p{i}"))
        for attribute, value in (("width", "10"), ("height", "10"), ("aria-hidden", "true")):
            picture.set(attribute, value)
        items += [" ", picture, f" {name}"]
    return element("span", *items, ", and so on")


def _parts(row: RowAnalysis) -> Iterator[tuple[str, Usage]]:
    """Yield the branches of a row, or its layers in order, with their names."""
    node = row.node
    while len(node.children) == 1:
        (node,) = node.children
    layers = iter(row.layers)
    parts = node.children if 1 < len(node.children) <= MAXIMUM_PARTS else (node,)
    for i, part in enumerate(parts):
        count = sum(isinstance(inner, ir.Op) for inner in ir.walk(part))
        name = part.name if parts[1:] else ""
        yield name or f"part {i + 1}", _usage(islice(layers, count))


def _name_of(run: Run) -> str:
    """Return the name of a row, or of the first of several equal rows."""
    more = len(run.nodes) - 1
    return f"{run.first.name} and {more:,} more like it, each" if more else run.first.name


def _usage(layers: Iterable[LayerAnalysis]) -> Usage:
    params = macs = activations = 0
    for layer in layers:
        params += layer.cost.params
        macs += layer.cost.macs
        activations += prod(layer.output)
    return Usage(params, macs, activations)


def _bar(
    parts: Sequence[tuple[str, int]], most: int, share: bool = False
) -> tuple[Element, Element]:
    """Return two cells: a bar with a part per entry, scaled to ``most``, and the sum in digits."""
    whole = sum(n for _, n in parts)
    if not whole:
        return element("td"), element("td")
    picture = element("svg", class_="bar", viewBox="0 0 1000 10", preserveAspectRatio="none")
    picture.set("aria-hidden", "true")
    passed = 0
    for i, (name, n) in enumerate(parts):
        left, right = passed * 1000 // most, (passed + n) * 1000 // most
        passed += n
        if right > left:
            colour = f"p{i % PART_COLOURS}"
            piece = element("rect", x=left, width=right - left, height=10, class_=colour)
            if parts[1:]:
                piece.append(element("title", f"{name}: {n:,}"))
            picture.append(piece)
    text = f"{whole:,}"
    if share:
        text += f" ({_percent(whole, most)})"
    return element("td", picture if len(picture) else None), element("td", text)


def _percent(part: int, whole: int) -> str:
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"
