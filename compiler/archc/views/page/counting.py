"""Totals, and how else they may be counted: why other tools print other numbers."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.counting import all_counts
from archc.ops.operator import format_shape
from archc.views.page.markup import element


def facts(analysis: Analysis) -> Element:
    """The key figures."""
    cost = analysis.cost
    pairs = [("parameters", f"{cost.params:,}")]
    if analysis.aux:
        pairs.append(("parameters with auxiliary heads", f"{analysis.cost_with_aux.params:,}"))
    pairs += [
        ("multiply-accumulates", f"{cost.macs:,}"),
        ("depth", str(analysis.depth)),
        ("receptive field", format_shape(analysis.receptive_field.size)),
        ("alive at the peak", f"{analysis.peak:,} elements"),
    ]
    return fact_list(pairs)


def fact_list(pairs: Iterable[tuple[str, str]]) -> Element:
    """Terms, each with what there is to say of it."""
    terms = (element("div", element("dt", term), element("dd", text)) for term, text in pairs)
    return element("dl", *terms, class_="facts")


def counting_table(analysis: Analysis) -> Element:
    """Each way of counting, with the number that it gives for this network."""
    rows = [
        element(
            "tr",
            element("th", count.what, scope="row"),
            element("td", f"{count.number:,}", class_="number"),
            element("td", count.who),
        )
        for count in all_counts(analysis)
    ]
    return element(
        "table",
        element("caption", "The same network, counted otherwise"),
        element(
            "thead",
            element(
                "tr",
                element("th", "what is counted", scope="col"),
                element("th", "number", scope="col", class_="number"),
                element("th", "who counts so", scope="col"),
            ),
        ),
        element("tbody", *rows),
        class_="counts",
    )
