"""How results show themselves in a notebook: as HTML, and in a terminal's IPython in one line.

Data know of no views, so these methods are given to them here, once the Python API is imported;
what makes HTML is imported when something is shown.
"""

from typing import TYPE_CHECKING, Protocol

from archc.analysis import Analysis
from archc.differences import Difference
from archc.ir import Network
from archc.ops.operator import written
from archc.visible import visible

if TYPE_CHECKING:
    from typing import Self


class Printer(Protocol):
    """What IPython prints a value with."""

    def text(self, text: str) -> object:
        """Puts a text behind what is there."""


class Drawing(str):
    """A picture: the text of an SVG file, which shows itself in a notebook."""

    subject: str

    def __new__(cls, svg: str, subject: str) -> "Self":
        """The text, and what it is a picture of."""
        drawing = super().__new__(cls, svg)
        drawing.subject = subject
        return drawing

    def _repr_html_(self) -> str:
        from archc.page.fragment import picture_fragment

        return picture_fragment(self, self.subject)

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:
        printer.text(f"a picture of {visible(self.subject)}: {len(self):,} characters of SVG")


def show_in_notebooks() -> None:
    """Give networks, analyses and differences the methods by which IPython shows them."""
    for kind, markup, line in (
        (Network, _network_markup, _network_line),
        (Analysis, _analysis_markup, _analysis_line),
        (Difference, _difference_markup, _difference_line),
    ):
        # The names are IPython's; without the second it prints a whole tree beside the HTML.
        for name, method in (("_repr_html_", markup), ("_repr_pretty_", line)):
            setattr(kind, name, method)


def _network_markup(network: Network) -> str:
    from archc.page.fragment import network_fragment

    return network_fragment(network)


def _analysis_markup(analysis: Analysis) -> str:
    from archc.page.fragment import analysis_fragment

    return analysis_fragment(analysis)


def _difference_markup(difference: Difference) -> str:
    from archc.page.fragment import difference_fragment

    return difference_fragment(difference)


def _network_line(network: Network, printer: Printer, cycle: bool) -> None:
    printer.text(
        f"{visible(network.name)}: {written(network.input)} to {network.classes:,} classes in "
        f"{len(network.rows):,} rows"
    )


def _analysis_line(analysis: Analysis, printer: Printer, cycle: bool) -> None:
    cost = analysis.cost
    printer.text(
        f"{visible(analysis.network.name)}: {cost.params:,} params, {cost.macs:,} MACs, "
        f"depth {analysis.depth}"
    )


def _difference_line(difference: Difference, printer: Printer, cycle: bool) -> None:
    rows = len(difference.rows) + len(difference.aux)
    totals = difference.totals
    params, macs = (after - before for before, after in (totals.params, totals.macs))
    printer.text(f"{rows:,} rows differ: {params:+,} params, {macs:+,} MACs")
