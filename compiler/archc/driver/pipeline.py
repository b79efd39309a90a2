"""Compiles specs: reads files, lowers them to a network, analyses it and checks its table."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.checks.budget import check_budget
from archc.checks.checkpoints.key_mappings import check_key_mappings
from archc.checks.conformance import Conformance, check_conformance
from archc.checks.lints import LINT_NAMES
from archc.diagnostics import (
    Code,
    Diagnostic,
    Hint,
    Label,
    Replacement,
    in_file_order,
    suggest_name,
)
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Source
from archc.language.library import SpecFile, base_names, find_base, find_spec
from archc.language.lower import count_layers, lower
from archc.language.schema import Spec, check_schema
from archc.language.sections.lint_settings import unknown_rows
from archc.language.settings import Settings
from archc.language.variants.blame import Attempt, blame
from archc.language.variants.extends import extend_modules, extend_spec
from archc.language.variants.overrides import apply_settings
from archc.language.yaml.composer import compose
from archc.language.yaml.nodes import Mapping, Node, Scalar, describe_type
from archc.language.yaml.reading import SUFFIX, read, read_text
from archc.network import ir
from archc.network.transforms.width import scale_width

MAXIMUM_EXTENSIONS = 16
CHARACTERS_PER_LAYER = 20
"""Reading this many characters takes about as long as compiling a layer."""


class Compiled(NamedTuple):
    """A compiled spec: its file, network and analysis, and the verdicts on its table."""

    path: Path
    network: ir.Network
    analysis: Analysis
    conformance: Conformance

    def __repr__(self) -> str:
        return f"<Compiled {escape_line(self.path)}: {self.analysis!r}, {self.conformance!r}>"

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Where the network differs from its table, budget, checkpoints or lint settings."""
        diagnostics = [*self.conformance.diagnostics, *check_budget(self.analysis)]
        diagnostics += check_key_mappings(self.analysis)
        if self.network.lints:
            # A base may name rows that a variant removes.
            unknown = unknown_rows(self.network.lints, self._paths())
            diagnostics += (
                d for d in unknown if d.span and d.span.source is self.network.span.source
            )
        return in_file_order(diagnostics)

    def _paths(self) -> set[str]:
        return {node.path for row in self.network.rows_and_heads for node in ir.walk(row)}


class _Documents(NamedTuple):
    """A spec and the specs that it extends, in this order, with their sources."""

    parts: tuple[Mapping, ...]
    sources: tuple[Source, ...]


def load_network(
    file: SpecFile, settings: Settings | None = None, text: str | None = None
) -> ir.Network | list[Diagnostic]:
    """The network that a spec file describes.

    ``settings`` replace values in the spec, ``text`` the content of the file.
    """
    if text is None:
        source = read(file.path, file.name, file.root)
    else:
        source = read_text(text.encode(), file.name, file.path)
    return _network(source, file.path.parent, file.root, settings or {})


def load_text(
    text: str,
    name: str,
    folder: Path | None = None,
    settings: Settings | None = None,
) -> ir.Network | list[Diagnostic]:
    """The network that the text of a spec describes.

    Diagnostics call it ``name``. The specs that it extends are searched in ``folder``.
    """
    source = read_text(text.encode(errors="surrogatepass"), name)
    return _network(source, folder, None, settings or {})


def _network(
    source: Source | Diagnostic, folder: Path | None, root: Path | None, settings: Settings
) -> ir.Network | list[Diagnostic]:
    loaded = [source] if isinstance(source, Diagnostic) else _documents(source, folder, root, ())
    if isinstance(loaded, list):
        return in_file_order(loaded)
    spec = _valid_spec(loaded.parts, settings)
    network = spec if isinstance(spec, list) else _lowered(spec, loaded.sources)
    if isinstance(network, list):
        return _blamed(network, loaded, settings, _diagnostics_before_shapes)
    return network._replace(settings=tuple(sorted(settings.items())))


def compile_spec(
    spec: str | SpecFile, settings: Settings | None = None, text: str | None = None
) -> Compiled | list[Diagnostic]:
    """Find a spec, load it, analyse it and check its table.

    ``settings`` replace values in the spec, ``text`` the content of its file. Mismatches in the
    table do not prevent compilation; ``Compiled.conformance`` has their diagnostics.
    """
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return [file]
    network = load_network(file, settings, text)
    return network if isinstance(network, list) else compile_network(network, settings)


def compile_network(
    network: ir.Network, settings: Settings | None = None
) -> Compiled | list[Diagnostic]:
    """Analyse a loaded network and check its table; ``settings`` are those used to load it."""
    analysis = analyze(network)
    if isinstance(analysis, list):
        composed = [_composed(source) for source in network.sources]
        parts = tuple(document for document in composed if isinstance(document, Mapping))
        documents = _Documents(parts, network.sources)
        return _blamed(analysis, documents, settings or {}, _diagnostics_of_shapes)
    source = network.sources[0]
    path = source.path or Path(source.name)
    return Compiled(path, network, analysis, check_conformance(analysis))


def _valid_spec(documents: Sequence[Mapping], settings: Settings) -> Spec | list[Diagnostic]:
    diagnostics: list[Diagnostic] = DiagnosticCollector()
    *variants, document = documents
    try:
        for variant in reversed(variants):
            document = extend_spec(document, variant, diagnostics)
            if diagnostics:
                return diagnostics
        document = extend_modules(document, diagnostics)
        if diagnostics:
            return diagnostics
        document = apply_settings(document, settings, diagnostics)
    except TooManyDiagnostics:
        return diagnostics
    # An unused parameter does not hide other errors; usually its use is misspelt.
    if any(
        diagnostic.code is not Code.UNKNOWN_REFERENCE or not diagnostic.span
        for diagnostic in diagnostics
    ):
        return diagnostics
    spec = check_schema(document, LINT_NAMES)
    if isinstance(spec, list):
        return [*diagnostics, *spec]
    return diagnostics or spec


def _lowered(spec: Spec, sources: tuple[Source, ...]) -> ir.Network | list[Diagnostic]:
    network = lower(spec, sources)
    if isinstance(network, ir.Network) and spec.width is not None and spec.width.multiplier != 1:
        return scale_width(network, spec.width.multiplier, spec.width.multiple)
    return network


def _diagnostics_before_shapes(spec: Spec) -> list[Diagnostic]:
    network = _lowered(spec, ())
    return network if isinstance(network, list) else []


def _diagnostics_of_shapes(spec: Spec) -> list[Diagnostic]:
    network = _lowered(spec, ())
    analysis = network if isinstance(network, list) else analyze(network)
    return analysis if isinstance(analysis, list) else []


def _blamed(
    diagnostics: list[Diagnostic],
    documents: _Documents,
    settings: Settings,
    find_errors: Callable[[Spec], list[Diagnostic]],
) -> list[Diagnostic]:
    """The diagnostics in file order, each moved to the place that the author has to change.

    ``find_errors`` is the stage that reported them; errors of later stages do not count.
    """
    text = sum(len(line) for source in documents.sources for line in source.lines)

    def attempt(parts: Sequence[Mapping], settings: Settings) -> Attempt:
        work = text // CHARACTERS_PER_LAYER
        spec = _valid_spec(parts, settings)
        if isinstance(spec, list):
            return Attempt(spec, work)
        return Attempt(find_errors(spec), work + count_layers(spec))

    return in_file_order(blame(diagnostics, documents.parts, settings, attempt))


def _documents(
    source: Source, folder: Path | None, root: Path | None, below: tuple[Path, ...]
) -> _Documents | list[Diagnostic]:
    """The source's document and those that it extends.

    They are searched in ``folder`` and must be within ``root``. ``below`` are the files that extend
    this one.
    """
    document = _composed(source)
    if isinstance(document, list):
        return document
    parent = document.get("extends")
    if parent is None:
        return _Documents((document,), (source,))
    if len(below) >= MAXIMUM_EXTENSIONS:
        message = f"the chain of extends is longer than {MAXIMUM_EXTENSIONS} specs"
        return [Diagnostic(Code.LIMIT, message, parent.span)]
    if source.path is not None:
        below = (source.path.resolve(), *below)
    found = _find_base(parent, folder, root)
    if isinstance(found, Diagnostic):
        return [found]
    base_source = read(found.path, found.name, found.root)
    base: _Documents | list[Diagnostic]
    if isinstance(base_source, Diagnostic):
        base = [base_source]
    elif found.path.resolve() in below:
        message = f"{source.name} extends itself through {found.path.name}"
        return [Diagnostic(Code.RECURSION, message, parent.span)]
    else:
        base = _documents(base_source, found.path.parent, found.root, below)
    if isinstance(base, list):
        label = Label(parent.span, "extended here")
        return [
            found._replace(labels=(*found.labels, label))
            if found.span is not None
            else found._replace(span=parent.span)
            for found in base
        ]
    return _Documents((document, *base.parts), (source, *base.sources))


def _composed(source: Source) -> Mapping | list[Diagnostic]:
    """The source's document, cached since many specs may extend it."""
    key = source.path, source.name, source.digest
    if key not in _COMPOSED:
        if len(_COMPOSED) >= _MOST_COMPOSED:
            _COMPOSED.clear()
        _COMPOSED[key] = compose(source)
    return _COMPOSED[key]


_COMPOSED: dict[tuple[Path | None, str, str], Mapping | list[Diagnostic]] = {}
_MOST_COMPOSED = 64
_LONGEST_NAME = 200


def _find_base(parent: Node, folder: Path | None, root: Path | None) -> SpecFile | Diagnostic:
    """The spec that ``extends`` names."""
    text = parent.text if isinstance(parent, Scalar) else ""
    if not text.endswith(SUFFIX) or Path(text).is_absolute() or len(text) > _LONGEST_NAME:
        found_text = repr(text[:60]) if text else describe_type(parent)
        message = f"extends: expected the file name of a spec such as base.yaml, found {found_text}"
        hint: Hint | None = suggest_name(text[:_LONGEST_NAME], base_names(folder))
        if f"{text}{SUFFIX}" in base_names(folder):
            hint = Replacement(f"{text}{SUFFIX}", f"write {text}{SUFFIX}", safe=True)
        return Diagnostic(Code.INVALID_VALUE, message, parent.span, hint=hint)
    found = find_base(text, folder, root)
    return found._replace(span=parent.span) if isinstance(found, Diagnostic) else found
