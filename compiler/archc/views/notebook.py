"""How results show themselves in a notebook, as HTML.

Data know of no views, so the method is given to them here, once the Python API is imported; what
makes HTML is imported when something is shown. In a terminal the ``repr`` of data is one line.
"""

from typing import TYPE_CHECKING

from archc.analyses import Analysis
from archc.analyses.differences import Difference
from archc.diagnostics.escapes import escape_invisible
from archc.network.ir import Network

if TYPE_CHECKING:
    from typing import Self


class Drawing(str):
    """A picture: the text of an SVG file, which shows itself in a notebook."""

    subject: str

    def __new__(cls, svg: str, subject: str) -> "Self":
        """The text, and what it is a picture of."""
        drawing = super().__new__(cls, svg)
        drawing.subject = subject
        return drawing

    def _repr_html_(self) -> str:
        from archc.views.page.fragment import picture_fragment

        return picture_fragment(self, self.subject)

    def __repr__(self) -> str:
        return f"<Drawing of {escape_invisible(self.subject)}: {len(self):,} characters of SVG>"


def show_in_notebooks() -> None:
    """Give networks, analyses and differences the method by which notebooks show them."""
    for kind, markup in (
        (Network, _network_markup),
        (Analysis, _analysis_markup),
        (Difference, _difference_markup),
    ):
        setattr(kind, "_repr_html_", markup)  # noqa: B010 - mypy knows no such attribute


def _network_markup(network: Network) -> str:
    from archc.views.page.fragment import network_fragment

    return network_fragment(network)


def _analysis_markup(analysis: Analysis) -> str:
    from archc.views.page.fragment import analysis_fragment

    return analysis_fragment(analysis)


def _difference_markup(difference: Difference) -> str:
    from archc.views.page.fragment import difference_fragment

    return difference_fragment(difference)
