"""Runtimes that can run networks, found by the entry points ``archc.runtimes``."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from archc.driver.backend import DEFAULT

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.diagnostics import Diagnostic

GROUP = "archc.runtimes"


class Workload(NamedTuple):
    """What to run: batches of ``batch`` images on ``device`` with ``threads`` threads.

    ``train``: training steps without the optimizer, instead of inference. ``half``: also measure
    modes in half precision. All modes get the same images and the same random weights and norm
    statistics.
    """

    batch: int
    device: str = "cpu"
    threads: int = 1
    train: bool = False
    half: bool = False


Role = Literal["reference", "written", "optimized", "flops", "bytes"]


class Mode(NamedTuple):
    """A way of running a network, or a microbenchmark of the machine.

    ``role`` is what runs: the library's reference model, the network as written or optimised, or a
    microbenchmark of floating-point operations (``flops``) or memory bandwidth (``bytes``).
    ``options`` are for the runtime, such as ``channels_last``.
    """

    name: str
    role: Role
    dtype: str = "float32"
    options: tuple[str, ...] = ()

    @property
    def is_microbenchmark(self) -> bool:
        """Whether the mode measures the machine instead of a network."""
        return self.role in ("flops", "bytes")


class Session(Protocol):
    """A loaded network with its input."""

    amount: float
    """The floating-point operations or bytes of one pass of a microbenchmark."""

    def outputs(self) -> list[list[float]]:
        """Return the logits of a pass, or in training the loss and gradients.

        The gradients are those of the first convolution's weights, at most some thousand of them,
        the same in every mode.
        """

    def time(self, seconds: float) -> list[float]:
        """Return the seconds of single passes: as many as fit, at least one."""

    def memory(self) -> int | None:
        """Return the peak memory of the device in bytes, None on a CPU."""

    def layers(self) -> Mapping[str, float]:
        """Return the seconds of each layer by path; empty if the mode cannot measure layers."""


class Runtime(Protocol):
    """Runs networks in one or more modes."""

    def modes(self, analysis: "Analysis", workload: Workload) -> tuple[Mode, ...]:
        """Return the modes available on this machine; none if the package is not installed."""

    def start(
        self, analysis: "Analysis", workload: Workload, mode: Mode
    ) -> "Session | list[Diagnostic]":
        """Load the network, or return why it cannot run in this mode.

        Called in a new process. May raise any exception of the runtime's libraries.
        """


def runtimes() -> dict[str, Runtime]:
    """Return the installed runtimes by name, the default one first."""
    found = {point.name: point.load() for point in entry_points(group=GROUP)}
    default = found.pop(DEFAULT, None)
    return dict(sorted(found.items(), key=lambda item: (item[1] is not default, item[0])))
