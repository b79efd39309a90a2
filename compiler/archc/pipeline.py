"""The way of the data, from a file to a network that is known to fit together."""

import re
from collections.abc import Mapping as AbstractMapping
from pathlib import Path
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis, analyze
from archc.budget import check_budget
from archc.checkpoints import check_checkpoints
from archc.conformance import Conformance, check_conformance
from archc.diagnostics import Code, Diagnostic, Hint, Label, guess, in_file_order
from archc.extends import extend_modules, extend_spec
from archc.findings import Findings, TooManyFindings
from archc.library import SpecFile, find_base, find_spec, known_bases
from archc.lower import lower
from archc.parameters import set_parameters
from archc.reading import SUFFIX, read, read_text
from archc.schema import check_schema
from archc.source import Mapping, Node, Scalar, a_kind_of, compose
from archc.spans import Source, Span
from archc.switches import unknown_rows
from archc.transforms.width import scale_width

MAXIMUM_EXTENSIONS = 16


class Compiled(NamedTuple):
    """A spec all the way through: its file, network, analysis, and its table's verdicts."""

    path: Path
    network: ir.Network
    analysis: Analysis
    conformance: Conformance

    @property
    def findings(self) -> list[Diagnostic]:
        """Where the network is not what its spec says: in its table, budget or checkpoints."""
        findings = [*self.conformance.findings, *check_budget(self.analysis)]
        findings += check_checkpoints(self.analysis)
        if self.network.lints:
            findings += unknown_rows(self.network.lints, self._paths())
        return in_file_order(findings)

    def _paths(self) -> set[str]:
        heads = (head.body for head in self.network.aux)
        return {node.path for row in (*self.network.rows, *heads) for node in ir.walk(row)}


def load_network(
    file: SpecFile, settings: AbstractMapping[str, float] | None = None
) -> ir.Network | list[Diagnostic]:
    """The network that a spec file describes; ``settings`` are values for its parameters."""
    source = read(file.path, file.name, file.root)
    return _network(source, file.path.parent, file.root, settings)


def load_text(
    text: str,
    name: str,
    folder: Path | None = None,
    settings: AbstractMapping[str, float] | None = None,
) -> ir.Network | list[Diagnostic]:
    """The network that the text of a spec describes.

    ``name`` is what people are shown for it. What it extends is looked for in ``folder``.
    """
    return _network(read_text(text.encode(errors="surrogatepass"), name), folder, None, settings)


def _network(
    source: Source | Diagnostic,
    folder: Path | None,
    root: Path | None,
    settings: AbstractMapping[str, float] | None,
) -> ir.Network | list[Diagnostic]:
    loaded = [source] if isinstance(source, Diagnostic) else _extended(source, folder, root, ())
    if isinstance(loaded, list):
        return in_file_order(loaded)
    document, sources = loaded
    network = _lowered(document, sources, settings or {})
    return _shown(network, document.span) if isinstance(network, list) else network


def _lowered(
    document: Mapping, sources: tuple[Source, ...], settings: AbstractMapping[str, float]
) -> ir.Network | list[Diagnostic]:
    findings: list[Diagnostic] = Findings()
    try:
        document = extend_modules(document, findings)
        if findings:
            return findings
        document = set_parameters(document, settings, findings)
    except TooManyFindings:
        return findings
    # A parameter that is used nowhere hides no other fault; most often it is misspelt elsewhere.
    if any(finding.code is not Code.UNKNOWN_REFERENCE or not finding.span for finding in findings):
        return findings
    spec = check_schema(document)
    if isinstance(spec, list):
        return [*findings, *spec]
    if findings:
        return findings
    network = lower(spec, sources)
    if isinstance(network, list):
        return network
    if spec.width is not None and spec.width.multiplier != 1:
        return scale_width(network, spec.width.multiplier, spec.width.multiple)
    return network


def _shown(findings: list[Diagnostic], variant: Span) -> list[Diagnostic]:
    """The findings in file order; those in what a variant extends name the variant, too."""
    start = variant._replace(end_line=variant.line, end_column=variant.column + 1)
    label = Label(start, "extended by this spec")
    return in_file_order(
        finding._replace(labels=(*finding.labels, label))
        if finding.span is not None and finding.span.source is not variant.source
        else finding
        for finding in findings
    )


def compile_spec(
    spec: str | SpecFile, settings: AbstractMapping[str, float] | None = None
) -> Compiled | list[Diagnostic]:
    """Find, load, analyse and compare: everything that can be known without a backend.

    ``settings`` are values for the spec's parameters. A table that does not conform is no
    hindrance: its findings are in the conformance.
    """
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return [file]
    network = load_network(file, settings)
    return network if isinstance(network, list) else compile_network(network)


def compile_network(network: ir.Network) -> Compiled | list[Diagnostic]:
    """A loaded network, analysed and compared."""
    analysis = analyze(network)
    if isinstance(analysis, list):
        return _shown(analysis, network.span)
    source = network.sources[0]
    path = source.path or Path(source.name)
    return Compiled(path, network, analysis, check_conformance(analysis))


def _extended(
    source: Source, folder: Path | None, root: Path | None, below: tuple[Path, ...]
) -> tuple[Mapping, tuple[Source, ...]] | list[Diagnostic]:
    """The source's document with all that it extends, and every source, its own first.

    What it extends is looked for in ``folder``, and may not leave ``root``. ``below`` are the files
    that extend this one.
    """
    document = _composed(source)
    if isinstance(document, list):
        return document
    parent = document.get("extends")
    if parent is None:
        return document, (source,)
    if len(below) >= MAXIMUM_EXTENSIONS:
        message = f"more than {MAXIMUM_EXTENSIONS} specs extend one another"
        return [Diagnostic(Code.LIMIT, message, parent.span)]
    if source.path is not None:
        below = (source.path.resolve(), *below)
    found = _find_base(parent, folder, root)
    if isinstance(found, Diagnostic):
        return [found]
    base_source = read(found.path, found.name, found.root)
    base: tuple[Mapping, tuple[Source, ...]] | list[Diagnostic]
    if isinstance(base_source, Diagnostic):
        base = [base_source]
    elif found.path.resolve() in below:
        message = f"{source.name} extends itself, by way of {found.path.name}"
        return [Diagnostic(Code.RECURSION, message, parent.span)]
    else:
        base = _extended(base_source, found.path.parent, found.root, below)
    if isinstance(base, list):
        label = Label(parent.span, "extended here")
        return [
            found._replace(labels=(*found.labels, label))
            if found.span is not None
            else found._replace(span=parent.span)
            for found in base
        ]
    findings: list[Diagnostic] = Findings()
    try:
        merged = extend_spec(base[0], document, findings)
    except TooManyFindings:
        return findings
    return findings or (merged, (source, *base[1]))


def _composed(source: Source) -> Mapping | list[Diagnostic]:
    """The source's document; one that many specs extend is composed once in a process."""
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
        not_this = repr(text[:60]) if text else a_kind_of(parent)
        message = f"extends is the file name of a spec, such as base.yaml, not {not_this}"
        hint: Hint | None = guess(text[:_LONGEST_NAME], known_bases(folder))
        if hint is None and re.fullmatch(r"\w+", text, re.ASCII):
            hint = f"write {text}.yaml"
        return Diagnostic(Code.INVALID_VALUE, message, parent.span, hint=hint)
    found = find_base(text, folder, root)
    return found._replace(span=parent.span) if isinstance(found, Diagnostic) else found
