"""How torch can run a module in ``archc bench``: memory format, compilation, CUDA graphs."""

import shutil

from archc.bench.runtimes import Workload

CHANNELS_LAST, COMPILED, GRAPH = "channels_last", "torch.compile", "CUDA graph"


def execution_options(workload: Workload) -> list[tuple[str, ...]]:
    """Return the options available on this machine, eager first; each works in any format."""
    options: list[tuple[str, ...]] = [()]
    if workload.device == "cuda" and not workload.train:
        options.append((GRAPH,))
    # On a CPU, torch.compile needs a C++ compiler.
    if workload.device == "cuda" or any(map(shutil.which, ("g++", "clang++"))):
        options.append((COMPILED,))
    return options
