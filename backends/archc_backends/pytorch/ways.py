"""How a module may be run: the layout of its numbers, and what launches its operators."""

import shutil

from archc.bench.runtimes import Trial

LAST, COMPILED, GRAPH = "channels_last", "torch.compile", "CUDA graph"


def find_ways(trial: Trial) -> list[tuple[str, ...]]:
    """Eagerly, and by what this machine has the parts for; each goes with any layout."""
    ways: list[tuple[str, ...]] = [()]
    if trial.device == "cuda" and not trial.train:
        ways.append((GRAPH,))
    # What torch.compile makes for a CPU is C++.
    if trial.device == "cuda" or any(map(shutil.which, ("g++", "clang++"))):
        ways.append((COMPILED,))
    return ways
