"""Compile specs: read files, lower them to a network, analyse it and check its table."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from archc.analyses import Analysis, analyze
from archc.checks.budget import check_budget
from archc.checks.checkpoints.key_mappings import check_key_mappings
from archc.checks.conformance import Conformance, check_conformance
from archc.checks.lints import LINT_NAMES
from archc.diagnostics import Code, Diagnostic, in_file_order
from archc.diagnostics.collector import DiagnosticCollector, TooManyDiagnostics
from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Source
from archc.language.lower import count_layers, lower
from archc.language.sections.lint_settings import unknown_rows
from archc.language.settings import Settings
from archc.language.spec import Spec, parse_spec
from archc.language.spec_files import SpecFile, find_spec
from archc.language.variants.blame import Attempt, blame
from archc.language.variants.chain import Chain, compose_cached, load_chain
from archc.language.variants.extends import extend_modules, extend_spec
from archc.language.variants.overrides import apply_settings
from archc.language.yaml.nodes import Mapping
from archc.language.yaml.reading import read, read_text
from archc.network import ir
from archc.network.transforms.width import scale_width

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
        """The diagnostics for the table, budget, checkpoints and lint settings, in file order."""
        diagnostics = [*self.conformance.diagnostics, *check_budget(self.analysis)]
        diagnostics += check_key_mappings(self.analysis)
        if self.network.lints:
            # Only this spec's settings: a base may name rows that a variant removes.
            unknown = unknown_rows(self.network.lints, self._paths())
            diagnostics += (
                d for d in unknown if d.span and d.span.source is self.network.span.source
            )
        return in_file_order(diagnostics)

    def _paths(self) -> set[str]:
        return {node.path for row in self.network.rows_and_heads for node in ir.walk(row)}


def load_network(
    file: SpecFile, settings: Settings | None = None, text: str | None = None
) -> ir.Network | list[Diagnostic]:
    """Return the network that a spec file describes.

    ``settings`` replace values in the spec, ``text`` the content of the file.
    """
    if text is None:
        source = read(file.path, file.name, file.root)
    else:
        source = read_text(text.encode(), file.name, file.path)
    return _load(source, file.path.parent, file.root, settings or {})


def load_text(
    text: str,
    name: str,
    folder: Path | None = None,
    settings: Settings | None = None,
) -> ir.Network | list[Diagnostic]:
    """Return the network that the text of a spec describes.

    Diagnostics call it ``name``. The specs that it extends are searched in ``folder``.
    """
    source = read_text(text.encode(errors="surrogatepass"), name)
    return _load(source, folder, None, settings or {})


def _load(
    source: Source | Diagnostic, folder: Path | None, root: Path | None, settings: Settings
) -> ir.Network | list[Diagnostic]:
    chain = [source] if isinstance(source, Diagnostic) else load_chain(source, folder, root)
    if isinstance(chain, list):
        return in_file_order(chain)
    spec = _validate(chain.documents, settings)
    network = spec if isinstance(spec, list) else _lower(spec, chain.sources)
    if isinstance(network, list):
        return _blame(network, chain, settings, _find_errors_before_shapes)
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
        composed = [compose_cached(source) for source in network.sources]
        documents = tuple(document for document in composed if isinstance(document, Mapping))
        chain = Chain(documents, network.sources)
        return _blame(analysis, chain, settings or {}, _find_errors_in_shapes)
    source = network.sources[0]
    path = source.path or Path(source.name)
    return Compiled(path, network, analysis, check_conformance(analysis))


def _validate(documents: Sequence[Mapping], settings: Settings) -> Spec | list[Diagnostic]:
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
    # An unused parameter hides no other errors; usually its use is misspelt.
    if any(
        diagnostic.code is not Code.UNKNOWN_REFERENCE or not diagnostic.span
        for diagnostic in diagnostics
    ):
        return diagnostics
    spec = parse_spec(document, LINT_NAMES)
    if isinstance(spec, list):
        return [*diagnostics, *spec]
    return diagnostics or spec


def _lower(spec: Spec, sources: tuple[Source, ...]) -> ir.Network | list[Diagnostic]:
    network = lower(spec, sources)
    if isinstance(network, ir.Network) and spec.width is not None and spec.width.multiplier != 1:
        return scale_width(network, spec.width.multiplier, spec.width.multiple)
    return network


def _find_errors_before_shapes(spec: Spec) -> list[Diagnostic]:
    network = _lower(spec, ())
    return network if isinstance(network, list) else []


def _find_errors_in_shapes(spec: Spec) -> list[Diagnostic]:
    network = _lower(spec, ())
    analysis = network if isinstance(network, list) else analyze(network)
    return analysis if isinstance(analysis, list) else []


def _blame(
    diagnostics: list[Diagnostic],
    chain: Chain,
    settings: Settings,
    find_errors: Callable[[Spec], list[Diagnostic]],
) -> list[Diagnostic]:
    """Return the diagnostics in file order, each moved to the place that the author has to change.

    ``find_errors`` is the stage that reported them; errors of later stages do not count.
    """
    text = sum(len(line) for source in chain.sources for line in source.lines)

    def attempt(parts: Sequence[Mapping], settings: Settings) -> Attempt:
        work = text // CHARACTERS_PER_LAYER
        spec = _validate(parts, settings)
        if isinstance(spec, list):
            return Attempt(spec, work)
        return Attempt(find_errors(spec), work + count_layers(spec))

    return in_file_order(blame(diagnostics, chain.documents, settings, attempt))
