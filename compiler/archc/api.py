"""The Python API, for programs and notebooks."""

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
from archc.language.settings import Settings
from archc.language.spec_files import SpecFile, find_path, find_spec
from archc.language.yaml.dump import write_spec
from archc.network.ir import Network
from archc.views.notebook import Drawing, show_in_notebooks

if TYPE_CHECKING:
    from pandas import DataFrame

    from archc.views.drawing.svg import Theme

show_in_notebooks()

Spec = str | PathLike[str] | Mapping[str, Any] | Network
"""A spec: its name, its path, a mapping with its content, or the loaded network."""

TEXT = "<text>"
"""The file name in diagnostics of a text without a file."""


def load(
    spec: str | PathLike[str] | Mapping[str, Any], parameters: Settings | None = None
) -> Network:
    """Load the network that a spec describes.

    ``spec`` is a name, a path, or a mapping with the content of a spec file. A name is searched for
    in the current folder, in ``specs/`` and among the specs shipped with archc; a ``Path`` is
    always a path. The other functions accept these too, and loaded networks; ``loads`` accepts
    text. ``parameters`` replace parameters of the spec, ``classes`` and ``input``, for example
    ``{"width": 0.5, "input": "3x299x299"}``. Raises SpecError with all errors that do not depend on
    shapes.
    """
    return _or_raise(_load(spec, parameters))


def loads(
    text: str,
    parameters: Settings | None = None,
    *,
    name: str = TEXT,
    folder: str | PathLike[str] | None = None,
) -> Network:
    """Load a network from the text of a spec.

    ``name`` is the file name in diagnostics. A base in ``extends`` is searched for in ``folder``,
    then among the specs shipped with archc. Raises SpecError as ``load`` does.
    """
    return _or_raise(load_text(text, name, None if folder is None else Path(folder), parameters))


def check(spec: Spec, parameters: Settings | None = None) -> CheckResult:
    """Return the errors and warnings of a spec, as ``archc check`` does.

    An invalid spec raises no exception. Raises ValueError for ``parameters`` with a loaded network.
    """
    if isinstance(spec, Network):
        if parameters is not None:
            raise ValueError("a loaded network takes no parameters: pass them to archc.load")
        return check_network(spec)
    if isinstance(spec, Mapping):
        network = _load(spec, parameters)
        return (
            CheckResult(TEXT, tuple(network), None) if isinstance(network, list) else check(network)
        )
    file = _find_file(spec)
    if isinstance(file, Diagnostic):
        return CheckResult(fspath(spec), (file,), None)
    return check_spec(file, parameters)


def analyze(network: Spec) -> Analysis:
    """Compute shapes, parameters, MACs, depth, receptive fields and memory, as exact integers.

    Raises SpecError if shapes do not fit.
    """
    analysis = run_analyses(_as_network(network))
    if isinstance(analysis, list):
        raise SpecError(analysis)
    return analysis


def check_conformance(network: Spec | Analysis) -> Conformance:
    """Check every cell of the printed table against the computed value.

    Raises SpecError if shapes do not fit.
    """
    return check_table(_as_analysis(network))


def compare(before: Spec | Analysis, after: Spec | Analysis) -> Difference:
    """Compare two networks row by row, as ``archc diff`` does.

    Raises SpecError if shapes do not fit.
    """
    return compare_analyses(_as_analysis(before), _as_analysis(after))


def draw(
    network: Spec | Analysis,
    path: str | None = None,
    module: str | None = None,
    *,
    theme: "Theme" = "auto",
) -> Drawing:
    """Draw the network as SVG, or only the part at ``path``, or only the definition of ``module``.

    The theme ``auto`` follows the viewer's settings. Raises SpecError if shapes do not fit, and
    LookupError if there is no such part.
    """
    from archc.views.drawing.pictures import find_part, picture, picture_part, unknown_part

    if path is not None and module is not None:
        raise ValueError("pass path or module, not both")
    analysis = _as_analysis(network)
    name = analysis.network.name
    if path is None and module is None:
        return Drawing(picture([analysis], theme).decode(), name)
    part = find_part(analysis.network, path, module)
    if part is None:
        raise LookupError(unknown_part(analysis.network, path, module))
    drawn = picture_part(analysis, part, module is not None, theme)
    return Drawing(drawn.decode(), f"{path if module is None else module} of {name}")


def to_pandas(value: Spec | Analysis | Difference, layers: bool = False) -> "DataFrame":
    """Return a pandas table of a network's rows, of its layers, or of a difference.

    The columns are those of ``archc table --format csv``. Totals and the layers of auxiliary heads
    are left out, so that sums count nothing twice. ``params`` counts all parameters, ``weights``
    leaves out biases and norms, as some printed tables do. A difference has each number before and
    after. Raises BackendUnavailable if pandas is not installed, and SpecError if shapes do not fit.
    """
    if find_module("pandas") is None:
        raise BackendUnavailable("this needs pandas: pip install 'archc-compiler[notebook]'")
    from archc.views.tables.difference import difference_records
    from archc.views.tables.network import layers_records, rows_records
    from archc.views.tables.records import as_frame

    if isinstance(value, Difference):
        if layers:
            raise ValueError("a difference has no table of layers")
        return as_frame(difference_records(value))
    analysis = _as_analysis(value)
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
    """Generate files and return their content by name, without writing them.

    ``stem`` is the base of the file names. By default it is that of ``archc build``, or the
    network's name if there is no spec file. ``weights`` are tensors by key, such as a state_dict,
    for a backend whose files hold weights. Raises SpecError if shapes or weights do not fit or the
    backend does not support the network, LookupError for an unknown backend, ValueError if its
    files hold no weights, and BackendUnavailable if a package that it needs is not installed.
    """
    network = _as_network(network)
    stem = stem or stem_of_network(network)
    chosen = _find_backend(backend)
    analysis = analysis or analyze(network)
    if weights is not None:
        if "weights" not in chosen.options:
            raise ValueError(f"the files of backend {backend} hold no weights")
        match = match_checkpoint(analysis, weights)
        if match.diagnostics:
            raise SpecError(match.diagnostics)
        weights = match.pick(weights)
    files = chosen.emit(analysis, Options(stem, weights=weights))
    if isinstance(files, list):
        raise SpecError(files)
    return files


def module_class(spec: Spec, *, backend: str = DEFAULT) -> Any:
    """Return the network as a class, by default a subclass of torch.nn.Module.

    >>> model = archc.module_class("network.yaml")(num_classes=10)

    Raises SpecError as the other functions do, and BackendUnavailable if torch is not installed.
    """
    return _find_backend(backend).materialize(analyze(spec))


def _load(
    spec: str | PathLike[str] | Mapping[str, Any], parameters: Settings | None
) -> Network | list[Diagnostic]:
    if isinstance(spec, Mapping):
        return load_text(write_spec(spec), TEXT, settings=parameters)
    file = _find_file(spec)
    return [file] if isinstance(file, Diagnostic) else load_network(file, parameters)


def _find_file(spec: str | PathLike[str]) -> SpecFile | Diagnostic:
    """Find the file of a name or a path."""
    found = find_spec(spec) if isinstance(spec, str) else find_path(fspath(spec))
    if isinstance(found, Diagnostic) and isinstance(spec, str) and "\n" in spec:
        return Diagnostic(
            found.code, "expected the name of a spec, got its text", hint="pass text to archc.loads"
        )
    return found


def _or_raise(network: Network | list[Diagnostic]) -> Network:
    if isinstance(network, list):
        raise SpecError(network)
    return network


def _as_network(network: Spec) -> Network:
    return network if isinstance(network, Network) else load(network)


def _as_analysis(network: Spec | Analysis) -> Analysis:
    return network if isinstance(network, Analysis) else analyze(network)


def _find_backend(name: str) -> Backend:
    backend = load_backend(name)
    if backend is None:
        raise LookupError(f"unknown backend {name}")
    return backend
