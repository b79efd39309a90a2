"""What runs networks, to measure them, and how it is found: entry points ``archc.runtimes``."""

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from archc.driver.backend import DEFAULT

if TYPE_CHECKING:
    from archc.analyses import Analysis
    from archc.diagnostics import Diagnostic

GROUP = "archc.runtimes"


class Trial(NamedTuple):
    """What is to be run: batches of ``batch`` images on ``device`` with ``threads`` threads.

    ``train`` asks for whole training steps but the optimizer's, otherwise for inference. ``half``
    asks for modes in half precision beside those in float32. Every mode gets the same images and
    the same weights, which are random, norms' statistics included.
    """

    batch: int
    device: str = "cpu"
    threads: int = 1
    train: bool = False
    half: bool = False


Role = Literal["reference", "written", "optimized", "flops", "bytes"]


class Mode(NamedTuple):
    """A way of running a network, or a yardstick beside it.

    ``role`` tells what runs: another's model that computes the same, the network as written or as
    it is optimised, or what measures how many operations or bytes the machine does in a second.
    ``dtype`` is what numbers are computed in, ``ways`` what else its runtime has to know of it.
    """

    name: str
    role: Role
    dtype: str = "float32"
    ways: tuple[str, ...] = ()


class Session(Protocol):
    """A network that is loaded and given its images."""

    amount: float
    """Of a yardstick: the floating-point operations or bytes of one pass."""

    def outputs(self) -> list[list[float]]:
        """What a pass computes: the logits; in training the loss, then gradients.

        These are those of the first convolution's weights, or the first of them where they are
        many: the same numbers in every mode.
        """

    def time(self, seconds: float) -> list[float]:
        """The seconds that single passes take, as many as fit and at least one."""

    def memory(self) -> int | None:
        """The most bytes in use on the device so far; None where it is the process's memory."""

    def layers(self) -> Mapping[str, float]:
        """The seconds of a pass by the path of the layer; empty where it cannot tell."""


class Runtime(Protocol):
    """Something that can run networks in one or more ways."""

    def modes(self, analysis: "Analysis", trial: Trial) -> tuple[Mode, ...]:
        """The ways in which it could run the network here; none where it is not installed."""

    def start(self, analysis: "Analysis", trial: Trial, mode: Mode) -> "Session | list[Diagnostic]":
        """The network loaded, or why it cannot be run that way.

        It has its process to itself. Raises whatever its libraries raise.
        """


def runtimes() -> dict[str, Runtime]:
    """All that are installed, by name, the default one first."""
    found = {point.name: point.load() for point in entry_points(group=GROUP)}
    default = found.pop(DEFAULT, None)
    return dict(sorted(found.items(), key=lambda item: (item[1] is not default, item[0])))
