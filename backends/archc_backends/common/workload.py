"""Images, labels and weights of a workload, and the timing of its passes."""

import time
from collections.abc import Callable, Mapping
from math import prod
from typing import TYPE_CHECKING
from zlib import crc32

from archc.analyses import Analysis
from archc.bench.runtimes import Workload
from archc.checks.checkpoints.state import expected_state
from archc.ops.operator import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

OUTPUTS = 4096
"""The number of gradients that are compared."""


class Passes:
    """A session that runs one function repeatedly."""

    amount = 0.0

    def __init__(self, run: Callable[[], object], read: Callable[[], list[list[float]]]) -> None:
        self.run = run
        self.outputs = read

    def time(self, seconds: float) -> list[float]:
        """Time each pass with the wall clock of this process."""
        times: list[float] = []
        end = time.perf_counter() + seconds
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            self.run()
            times.append(time.perf_counter() - start)
        return times

    def memory(self) -> int | None:
        """Return None: the memory of the process is measured instead."""
        return None

    def layers(self) -> Mapping[str, float]:
        """Return no times: layers are not measured by default."""
        return {}


def images(analysis: Analysis, workload: Workload) -> "Array":
    """Return normally distributed images, like normalised ones."""
    return _normal("images", (workload.batch, *analysis.network.input))


def labels(analysis: Analysis, workload: Workload) -> list[int]:
    """Return a label for each image, spread over the classes."""
    return [7919 * (1 + image) % analysis.network.classes for image in range(workload.batch)]


def random_state(analysis: Analysis) -> "dict[str, Array]":
    """Return random weights by key that keep the activations of every layer at a similar scale.

    Counters are left out.
    """
    import numpy as np

    state = {}
    for key, tensor in expected_state(analysis).items():
        if not tensor.shape:
            continue
        if len(tensor.shape) > 1:
            numbers = _normal(key, tensor.shape) * (2 / prod(tensor.shape[1:])) ** 0.5
        elif key.endswith((".weight", ".running_var")):
            numbers = _stream(key).uniform(0.5, 1.5, tensor.shape)
        else:
            numbers = 0.1 * _normal(key, tensor.shape)
        state[key] = numbers.astype(np.float32)
    return state


def _normal(name: str, shape: Shape) -> "Array":
    import numpy as np

    return _stream(name).standard_normal(shape).astype(np.float32)


def _stream(name: str) -> "np.random.RandomState":
    """Return a random generator seeded by the name."""
    import numpy as np

    return np.random.RandomState(crc32(name.encode()))
