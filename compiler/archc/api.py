"""The Python API: what the command line does, for programs and notebooks."""

from collections.abc import Mapping
from importlib.util import find_spec as find_module
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.analyses import Analysis
from archc.analyses import analyze as run_analyses
from archc.analyses.differences import Difference
from archc.analyses.differences import compare as compare_analyses
from archc.checks.checkpoints.match import match_checkpoint
from archc.checks.conformance import Conformance
from archc.checks.conformance import check_conformance as check_table
from archc.diagnostics import Diagnostic, SpecError
from archc.diagnostics.check_result import CheckResult
from archc.driver.backend import DEFAULT, Backend, BackendUnavailable, Options, load_backend
from archc.driver.build import stem_of_network
from archc.driver.check import check_network, check_spec
from archc.driver.pipeline import load_network, load_text
from archc.language.library import SpecFile, find_path, find_spec
from archc.language.settings import Settings
from archc.language.yaml.dump import write_spec
from archc.network.ir import Network
from archc.views.notebook import Drawing, show_in_notebooks

if TYPE_CHECKING:
    from pandas import DataFrame

    from archc.views.drawing.svg import Theme

show_in_notebooks()

Spec = str | PathLike[str] | Mapping[str, Any] | Network
"""What every function takes for a spec: its name, its path, a mapping, or the loaded network."""

TEXT = "<text>"
"""What findings call a text that is in no file."""


def load(
    spec: str | PathLike[str] | Mapping[str, Any], parameters: Settings | None = None
) -> Network:
    """The network that a spec describes.

    ``spec`` is the name of a spec here, in ``specs/`` or among those shipped with archc, a path, or
    a mapping with what a spec file says. A ``Path`` is never looked up as a name. The other
    functions take all this, too; ``loads`` takes text.
    ``parameters`` are values for the spec's parameters, for ``classes`` and for ``input``, as in
    ``{"width": 0.5, "input": "3x299x299"}``.
    Raises SpecError with every fault of the spec that can be seen before shapes are known.
    """
    return _valid(_load(spec, parameters))


def loads(
    text: str,
    parameters: Settings | None = None,
    *,
    name: str = TEXT,
    folder: str | PathLike[str] | None = None,
) -> Network:
    """The network that the text of a spec describes.

    Findings show ``name`` for a file. What the text extends is looked for in ``folder``, then among
    the specs shipped with archc. Raises SpecError as ``load`` does.
    """
    return _valid(load_text(text, name, None if folder is None else Path(folder), parameters))


def check(spec: Spec, parameters: Settings | None = None) -> CheckResult:
    """Every finding of a spec as ``archc check`` shows them: errors, then the warnings of lints.

    An invalid spec raises nothing: ``findings`` says what is wrong with it, and is empty where
    nothing is. A loaded network has its parameters already.
    """
    if isinstance(spec, Network):
        if parameters is not None:
            raise ValueError("the parameters of a network are set where it is loaded")
        return check_network(spec)
    if isinstance(spec, Mapping):
        network = _load(spec, parameters)
        return (
            CheckResult(TEXT, tuple(network), None) if isinstance(network, list) else check(network)
        )
    file = _found(spec)
    if isinstance(file, Diagnostic):
        return CheckResult(fspath(spec), (file,), None)
    return check_spec(file, parameters)


def analyze(network: Spec) -> Analysis:
    """Shapes, parameters, operations, depth, receptive fields and memory, as exact integers.

    Raises SpecError with every place where shapes do not fit.
    """
    analysis = run_analyses(_loaded(network))
    if isinstance(analysis, list):
        raise SpecError(analysis)
    return analysis


def check_conformance(network: Spec | Analysis) -> Conformance:
    """Every printed cell against the computed one, and what is wrong with the table.

    Raises SpecError with every place where shapes do not fit.
    """
    return check_table(_analysed(network))


def compare(before: Spec | Analysis, after: Spec | Analysis) -> Difference:
    """What changed between two networks, row by row, as ``archc diff`` shows it.

    Raises SpecError where the shapes of a network do not fit.
    """
    return compare_analyses(_analysed(before), _analysed(after))


def draw(
    network: Spec | Analysis,
    path: str | None = None,
    module: str | None = None,
    *,
    theme: "Theme" = "auto",
) -> Drawing:
    """A picture as the text of an SVG file: of the network, or of what is at ``path`` in it.

    ``module`` draws a module as it is defined. With the theme auto, colours are those of the
    reader's screen. Raises SpecError where shapes do not fit, LookupError where there is no such
    part.
    """
    from archc.views.drawing.pictures import find_part, no_such_part, picture, picture_part

    if path is not None and module is not None:
        raise ValueError("a path or a module is drawn, not both")
    analysis = _analysed(network)
    name = analysis.network.name
    if path is None and module is None:
        return Drawing(picture([analysis], theme).decode(), name)
    part = find_part(analysis.network, path, module)
    if part is None:
        raise LookupError(no_such_part(analysis.network, path, module))
    drawn = picture_part(analysis, part, module is not None, theme)
    return Drawing(drawn.decode(), f"{path if module is None else module} of {name}")


def to_pandas(value: Spec | Analysis | Difference, layers: bool = False) -> "DataFrame":
    """A table of pandas: the rows of a network, or with ``layers`` its layers; or what changed.

    It is that of ``archc table --format csv`` without what sums would count again: totals, and the
    parts of auxiliary heads beside the heads. ``params`` are all that is learned; ``weights`` are
    those without biases and norms, which a printed table may count instead. Of a difference it has
    each number before and after. Raises BackendUnavailable where pandas is not installed, SpecError
    where shapes do not fit.
    """
    if find_module("pandas") is None:
        raise BackendUnavailable("this needs pandas: pip install 'archc-compiler[notebook]'")
    from archc.views.tables.difference import difference_records
    from archc.views.tables.network import layers_records, rows_records
    from archc.views.tables.rendering import as_frame

    if isinstance(value, Difference):
        if layers:
            raise ValueError("a difference is told by rows: it has no table of layers")
        return as_frame(difference_records(value))
    analysis = _analysed(value)
    if layers:
        return as_frame(layers_records(analysis, repeats=False))
    conformance = check_table(analysis)
    return as_frame(rows_records(analysis, conformance, repeats=False))


def emit(
    network: Spec,
    analysis: Analysis | None = None,
    *,
    backend: str = DEFAULT,
    stem: str = "",
    weights: Mapping[str, Any] | None = None,
) -> Mapping[str, bytes]:
    """The generated files, names with contents; nothing is written.

    ``stem`` is the base of the file names: by default that of ``archc build``, or the network's
    name where there is no file. ``weights`` are tensors by key, such as a state_dict, for a
    backend whose files hold them. Raises SpecError where the network does not fit together, the
    backend cannot express it or the weights do not fit, LookupError where there is no such backend,
    ValueError where it has no use for weights, BackendUnavailable where what it needs is not
    installed.
    """
    network = _loaded(network)
    stem = stem or stem_of_network(network)
    chosen = _backend(backend)
    analysis = analysis or analyze(network)
    if weights is not None:
        if "weights" not in chosen.options:
            raise ValueError(f"the files of the backend {backend} hold no weights")
        match = match_checkpoint(analysis, weights)
        if match.diagnostics:
            raise SpecError(match.diagnostics)
        weights = match.pick(weights)
    files = chosen.emit(analysis, Options(stem, weights=weights))
    if isinstance(files, list):
        raise SpecError(files)
    return files


def module_class(spec: Spec, *, backend: str = DEFAULT) -> Any:
    """The network as a live class: by default a subclass of torch.nn.Module.

    >>> model = archc.module_class("network.yaml")(num_classes=10)

    Raises SpecError as the other functions do, BackendUnavailable where torch is not installed.
    """
    return _backend(backend).materialize(analyze(spec))


def _load(
    spec: str | PathLike[str] | Mapping[str, Any], parameters: Settings | None
) -> Network | list[Diagnostic]:
    if isinstance(spec, Mapping):
        return load_text(write_spec(spec), TEXT, settings=parameters)
    file = _found(spec)
    return [file] if isinstance(file, Diagnostic) else load_network(file, parameters)


def _found(spec: str | PathLike[str]) -> SpecFile | Diagnostic:
    """The file of a name or of a path."""
    found = find_spec(spec) if isinstance(spec, str) else find_path(fspath(spec))
    if isinstance(found, Diagnostic) and isinstance(spec, str) and "\n" in spec:
        return Diagnostic(found.code, "a text is no name of a spec", hint="archc.loads takes texts")
    return found


def _valid(network: Network | list[Diagnostic]) -> Network:
    if isinstance(network, list):
        raise SpecError(network)
    return network


def _loaded(network: Spec) -> Network:
    return network if isinstance(network, Network) else load(network)


def _analysed(network: Spec | Analysis) -> Analysis:
    return network if isinstance(network, Analysis) else analyze(network)


def _backend(name: str) -> Backend:
    backend = load_backend(name)
    if backend is None:
        raise LookupError(f"no backend is called {name}")
    return backend
