"""HTML representations of networks, analyses and differences in notebooks.

Data classes do not import views, so this module adds ``_repr_html_`` to them when the Python API is
imported. The views are imported when a value is shown.
"""

from typing import TYPE_CHECKING

from archc.analyses import Analysis
from archc.analyses.differences import Difference
from archc.diagnostics.escapes import escape_invisible
from archc.network.ir import Network

if TYPE_CHECKING:
    from typing import Self


class Drawing(str):
    """The text of an SVG file, which notebooks show as a picture."""

    subject: str

    def __new__(cls, svg: str, subject: str) -> "Self":
        """Return a drawing of ``subject``."""
        drawing = super().__new__(cls, svg)
        drawing.subject = subject
        return drawing

    def _repr_html_(self) -> str:
        from archc.views.page.fragment import picture_fragment

        return picture_fragment(self, self.subject)

    def __repr__(self) -> str:
        return f"<Drawing of {escape_invisible(self.subject)}: {len(self):,} characters of SVG>"


def show_in_notebooks() -> None:
    """Add ``_repr_html_`` to networks, analyses and differences."""
    for kind, markup in (
        (Network, _network_markup),
        (Analysis, _analysis_markup),
        (Difference, _difference_markup),
    ):
        setattr(kind, "_repr_html_", markup)  # noqa: B010 - the attribute is unknown to mypy


def _network_markup(network: Network) -> str:
    from archc.views.page.fragment import network_fragment

    return network_fragment(network)


def _analysis_markup(analysis: Analysis) -> str:
    from archc.views.page.fragment import analysis_fragment

    return analysis_fragment(analysis)


def _difference_markup(difference: Difference) -> str:
    from archc.views.page.fragment import difference_fragment

    return difference_fragment(difference)
