"""The totals of a network, and other ways to count it."""

from xml.etree.ElementTree import Element

from archc.analyses import Analysis
from archc.checks.counting import all_counts
from archc.ops.operator import format_shape
from archc.views.page.markup import definitions, element, table_element


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
    return definitions(pairs, "facts")


def counting_table(analysis: Analysis) -> Element:
    """Return the counts of this network by archc, other tools and papers."""
    rows = [
        element(
            "tr",
            element("th", count.what, scope="row"),
            element("td", f"{count.number:,}", class_="number"),
            element("td", count.who),
        )
        for count in all_counts(analysis)
    ]
    head = element(
        "tr",
        element("th", "counted", scope="col"),
        element("th", "number", scope="col", class_="number"),
        element("th", "tools", scope="col"),
    )
    return table_element("Other ways to count this network", [head], rows, class_="counts")
