"""What a backend is, and how backends are found: by the entry point group ``archc.backends``."""

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
    """How to emit: ``stem`` is the base of the file names.

    ``stamp`` is what a file of a format without comments has to carry, unchanged and in its first
    65,536 bytes. ``optimized`` is given where the network is an optimised one: what it was, and
    what was done. ``weights`` are the tensors to put into the files, by key of the network's state,
    that as written where it is optimised; None for a counter at zero, no mapping where none are
    given.
    """

    stem: str
    stamp: str = ""
    weights: Mapping[str, Any] | None = None
    optimized: "Optimized | None" = None


class Backend(Protocol):
    """Turns an analysed network into files. Pure: it reads and writes nothing."""

    comment: str
    """What starts a comment in the files it emits, for the header; empty where the files carry
    the stamp of the options themselves."""

    options: frozenset[str]
    """What else than ``stem`` and ``stamp`` it makes use of; another option is wrong usage."""

    imports: frozenset[str]
    """Modules that the files it emits import: no file may be called so and hide one. Empty where
    the files are no modules."""

    def check(self, analysis: "Analysis") -> list[Diagnostic]:
        """What the backend cannot express, as ``emit`` would say; quick, and without its libraries.

        ``archc check`` asks it of the default backend.
        """

    def emit(
        self, analysis: "Analysis", options: Options
    ) -> Mapping[str, bytes] | list[Diagnostic]:
        """File names with their contents, the one to run first; or what cannot be expressed.

        Raises BackendUnavailable where what it needs to write files is not installed.
        """

    def verify(self, analysis: "Analysis", file: Path) -> list[Diagnostic] | str:
        """Where the emitted ``file``, when it is run, is not what the analysis says.

        Where there is no such place, in words, what was held against the analysis. Raises
        BackendUnavailable as above.
        """

    def read_weights(self, file: Path) -> Mapping[str, Any] | Diagnostic:
        """The tensors of a checkpoint by key, each with its ``shape``; or why there are none.

        Raises BackendUnavailable as above.
        """

    def encode_weights(self, weights: Mapping[str, Any], suffix: str) -> bytes | Diagnostic:
        """Tensors that ``read_weights`` gave, as a file of that suffix.

        None stands for a counter at zero. Raises BackendUnavailable as above.
        """

    def convert_weights(
        self, optimized: "Optimized", weights: Mapping[str, Any], back: bool
    ) -> Mapping[str, Any] | Diagnostic:
        """Tensors of the network as written as those of the optimised one; ``back`` undoes that.

        Keys and shapes are known to fit, and that it can be undone; None stands for a counter at
        zero. Raises BackendUnavailable as above.
        """

    def materialize(self, analysis: "Analysis") -> object:
        """The network as a live object of this process: what a notebook wants.

        Raises BackendUnavailable as above, SpecError where the network cannot be expressed.
        """


class BackendUnavailable(Exception):
    """What a backend needs is not installed; the message says how to install it."""


def backends() -> list[str]:
    """The names of all backends that are installed."""
    return sorted({point.name for point in entry_points(group=GROUP)} - {DEFAULT})


def default_name() -> str | None:
    """The name of the backend that is the default."""
    points = entry_points(group=GROUP)
    default = next((point.value for point in points if point.name == DEFAULT), None)
    names = (point.name for point in points if point.name != DEFAULT and point.value == default)
    return next(names, None)


def load_backend(name: str = DEFAULT) -> Backend | None:
    """The backend of that name; None where there is none."""
    for point in _own(name) or entry_points(group=GROUP, name=name):
        backend: Backend = point.load()
        return backend
    return None


def _own(name: str) -> list[EntryPoint]:
    """The entry points that archc itself is installed with: one file instead of every package's."""
    try:
        points = distribution(DISTRIBUTION).entry_points
    except PackageNotFoundError:
        return []
    return [point for point in points if (point.group, point.name) == (GROUP, name)]
