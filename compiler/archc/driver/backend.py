"""The interface of backends, found by the entry point group ``archc.backends``."""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from archc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.driver.optimize import Optimized

GROUP = "archc.backends"
DISTRIBUTION = "archc-compiler"
DEFAULT = "default"


class Options(NamedTuple):
    """Options for emitting files; ``stem`` is the file name without suffix.

    A file in a format without comments must contain ``stamp`` unchanged in its first 65,536 bytes.
    ``weights``, if given, maps the keys of the original network to tensors, or to None for a
    counter at zero. ``optimized`` describes how an optimised network was made.
    """

    stem: str
    stamp: str = ""
    weights: Mapping[str, Any] | None = None
    optimized: "Optimized | None" = None


class Backend(Protocol):
    """Turns an analysed network into files. It is pure: it reads and writes no files."""

    comment: str
    """The start of a comment in emitted files, for the header. Empty if the files contain
    ``Options.stamp`` instead."""

    options: frozenset[str]
    """The options that the backend uses besides ``stem`` and ``stamp``. Others are usage errors."""

    imports: frozenset[str]
    """The modules that emitted files import, whose names are not allowed for files. Empty if the
    files are not modules."""

    def check(self, analysis: "Analysis") -> list[Diagnostic]:
        """Return the diagnostics of ``emit``, quickly and without the backend's libraries.

        ``archc check`` calls it on the default backend.
        """

    def emit(
        self, analysis: "Analysis", options: Options
    ) -> Mapping[str, bytes] | list[Diagnostic]:
        """Return the contents of the files by name, the main file first, or why there are none.

        Raises BackendUnavailable if a library that it needs is not installed.
        """

    def verify(self, analysis: "Analysis", file: Path) -> list[Diagnostic] | str:
        """Run the emitted ``file`` and return where it differs from the analysis.

        If nothing differs, returns a description of the comparison. Raises BackendUnavailable as
        ``emit`` does.
        """

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """Return the tensors of a checkpoint by key, each with a ``shape``, or why there are none.

        Raises BackendUnavailable as ``emit`` does.
        """

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """Return the content of a checkpoint file of that suffix, or why it cannot be made.

        ``weights`` has tensors from ``read_weights``, and None for a counter at zero. Raises
        BackendUnavailable as ``emit`` does.
        """

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """Return the original network's tensors converted to the optimised network's.

        ``back`` converts in the other direction. The caller has checked keys and shapes, and that
        ``back`` is possible. None is a counter at zero. Raises BackendUnavailable as ``emit`` does.
        """

    def materialize(self, analysis: "Analysis") -> object:
        """Return the network as an object in this process, for example for a notebook.

        Raises BackendUnavailable as ``emit`` does, and SpecError if the backend does not support
        the network.
        """


class BackendUnavailable(Exception):
    """A library that a backend needs is missing. The message says how to install it."""


def backends() -> list[str]:
    """Return the names of the installed backends."""
    return sorted({point.name for point in entry_points(group=GROUP)} - {DEFAULT})


def default_name() -> str | None:
    """Return the name of the default backend, if one is installed."""
    points = entry_points(group=GROUP)
    default = next((point.value for point in points if point.name == DEFAULT), None)
    names = (point.name for point in points if point.name != DEFAULT and point.value == default)
    return next(names, None)


def load_backend(name: str = DEFAULT) -> Backend | None:
    """Return the backend of that name; None if it is not installed."""
    for point in _own_entry_points(name) or entry_points(group=GROUP, name=name):
        backend: Backend = point.load()
        return backend
    return None


def _own_entry_points(name: str) -> list[EntryPoint]:
    """Return the entry points in archc's own package: faster than a search in all packages."""
    try:
        points = distribution(DISTRIBUTION).entry_points
    except PackageNotFoundError:
        return []
    return [point for point in points if (point.group, point.name) == (GROUP, name)]
