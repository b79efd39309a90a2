"""The totals of a network, and other ways to count it."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.counting import all_counts
from archc.ops.operator import format_shape
from archc.views.page.markup import element


def facts(analysis: Analysis) -> Element:
    """Return the key figures."""
    cost = analysis.cost
    pairs = [("parameters", f"{cost.params:,}")]
    if analysis.aux:
        pairs.append(("parameters with auxiliary heads", f"{analysis.cost_with_aux.params:,}"))
    pairs += [
        ("multiply-accumulates (MACs)", f"{cost.macs:,}"),
        ("depth", str(analysis.depth)),
        ("receptive field", format_shape(analysis.receptive_field.size)),
        ("peak activation memory", f"{analysis.peak:,} elements"),
    ]
    return fact_list(pairs)


def fact_list(pairs: Iterable[tuple[str, str]]) -> Element:
    """Return pairs of a term and its value as a list."""
    terms = (element("div", element("dt", term), element("dd", text)) for term, text in pairs)
    return element("dl", *terms, class_="facts")


def counting_table(analysis: Analysis) -> Element:
    """Return the result of each way to count this network."""
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
        element("caption", "Other ways to count this network"),
        element(
            "thead",
            element(
                "tr",
                element("th", "counted", scope="col"),
                element("th", "number", scope="col", class_="number"),
                element("th", "tools", scope="col"),
            ),
        ),
        element("tbody", *rows),
        class_="counts",
    )
