"""The Python API: what the command line does, for programs and notebooks."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from archc.analysis import Analysis
from archc.analysis import analyze as run_analyses
from archc.backend import DEFAULT, Backend, Options, load_backend
from archc.checkpoints import match_checkpoint
from archc.checks import check_spec
from archc.diagnostics import Diagnostic, SpecError
from archc.ir import Network
from archc.library import find_spec
from archc.pipeline import load_network
from archc.reports import Report


def load(spec: str | PathLike[str], parameters: Mapping[str, float] | None = None) -> Network:
    """The network that a spec describes.

    ``spec`` is a path, or the name of a spec in ``specs/`` or among those shipped with archc;
    ``parameters`` replace what it says of its own.
    Raises SpecError with every fault of the spec that can be seen before shapes are known.
    """
    name = fspath(spec)
    path = find_spec(name)
    if isinstance(path, Diagnostic):
        raise SpecError([path])
    network = load_network(path, name, parameters)
    if isinstance(network, list):
        raise SpecError(network)
    return network


def check(spec: str | PathLike[str], parameters: Mapping[str, float] | None = None) -> Report:
    """Every finding of a spec as ``archc check`` shows them: faults, then what lints remark.

    Nothing is raised for what is wrong with it: ``findings`` is empty where all is well.
    """
    return check_spec(fspath(spec), parameters)


def analyze(network: Network) -> Analysis:
    """Shapes, parameters, operations, depth, receptive fields and memory, as exact integers.

    Raises SpecError with every place where shapes do not fit.
    """
    analysis = run_analyses(network)
    if isinstance(analysis, list):
        raise SpecError(analysis)
    return analysis


def emit(
    network: Network,
    analysis: Analysis | None = None,
    *,
    backend: str = DEFAULT,
    stem: str = "",
    weights: Mapping[str, Any] | None = None,
) -> Mapping[str, bytes]:
    """The generated files, names with contents; nothing is written.

    ``stem`` is the base of the file names, by default the spec's. ``weights`` are tensors by key,
    such as a state_dict, for a backend whose files hold them. Raises SpecError where the network
    does not fit together, the backend cannot express it or the weights do not fit, LookupError
    where there is no such backend, ValueError where it has no use for weights, BackendUnavailable
    where what it needs is not installed.
    """
    stem = stem or Path(network.sources[0].name).stem
    chosen = _backend(backend)
    analysis = analysis or analyze(network)
    if weights is not None:
        if "weights" not in chosen.options:
            raise ValueError(f"the files of the backend {backend} hold no weights")
        match = match_checkpoint(analysis, weights)
        if match.findings:
            raise SpecError(match.findings)
        weights = {key: weights[name] if name else None for key, name in match.sources.items()}
    files = chosen.emit(analysis, Options(stem, weights=weights))
    if isinstance(files, list):
        raise SpecError(files)
    return files


def module_class(spec: str | PathLike[str] | Network, *, backend: str = DEFAULT) -> Any:
    """The network as a live class: by default a subclass of torch.nn.Module.

    >>> model = archc.module_class("network.yaml")(num_classes=10)

    Raises SpecError as the other functions do, BackendUnavailable where torch is not installed.
    """
    network = spec if isinstance(spec, Network) else load(spec)
    return _backend(backend).materialize(analyze(network))


def _backend(name: str) -> Backend:
    backend = load_backend(name)
    if backend is None:
        raise LookupError(f"no backend is called {name}")
    return backend
