"""How a module may be run: the layout of its numbers, and what launches its operators."""

import shutil

from archc.bench.runtimes import Workload

LAST, COMPILED, GRAPH = "channels_last", "torch.compile", "CUDA graph"


def find_ways(workload: Workload) -> list[tuple[str, ...]]:
    """Eagerly, and by what this machine has the parts for; each goes with any layout."""
    ways: list[tuple[str, ...]] = [()]
    if workload.device == "cuda" and not workload.train:
        ways.append((GRAPH,))
    # What torch.compile makes for a CPU is C++.
    if workload.device == "cuda" or any(map(shutil.which, ("g++", "clang++"))):
        ways.append((COMPILED,))
    return ways
