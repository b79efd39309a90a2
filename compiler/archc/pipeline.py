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
from archc.library import find_spec, known_specs
from archc.lower import lower
from archc.parameters import set_parameters
from archc.schema import check_schema
from archc.source import Mapping, Node, Scalar, a_kind_of, compose, read
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
    path: Path, name: str | None = None, settings: AbstractMapping[str, float] | None = None
) -> ir.Network | list[Diagnostic]:
    """The network that a spec file describes.

    ``name`` is what people are shown for the path; ``settings`` are values for its parameters.
    """
    loaded = _load_document(path, name or str(path), ())
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
    name: str, settings: AbstractMapping[str, float] | None = None
) -> Compiled | list[Diagnostic]:
    """Find, load, analyse and compare: everything that can be known without a backend.

    ``settings`` are values for the spec's parameters. A table that does not conform is no
    hindrance: its findings are in the conformance.
    """
    path = find_spec(name)
    if isinstance(path, Diagnostic):
        return [path]
    network = load_network(path, name, settings)
    if isinstance(network, list):
        return network
    analysis = analyze(network)
    if isinstance(analysis, list):
        return _shown(analysis, network.span)
    return Compiled(path, network, analysis, check_conformance(analysis))


def _load_document(
    path: Path, name: str, below: tuple[Path, ...]
) -> tuple[Mapping, tuple[Source, ...]] | list[Diagnostic]:
    """The document with all that it extends, and every file that was read, its own first.

    ``below`` are the files that extend this one.
    """
    source = read(path, name)
    if isinstance(source, Diagnostic):
        return [source]
    document = _composed(source)
    if isinstance(document, list):
        return document
    parent = document.get("extends")
    if parent is None:
        return document, (source,)
    if len(below) >= MAXIMUM_EXTENSIONS:
        message = f"more than {MAXIMUM_EXTENSIONS} specs extend one another"
        return [Diagnostic(Code.LIMIT, message, parent.span)]
    here = path.resolve()
    found = _find_base(parent, path)
    if isinstance(found, Diagnostic):
        return [found]
    if found.resolve() in (here, *below):
        message = f"{name} extends itself, by way of {found.name}"
        return [Diagnostic(Code.RECURSION, message, parent.span)]
    base = _load_document(found, found.name, (here, *below))
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


def _find_base(parent: Node, path: Path) -> Path | Diagnostic:
    """The spec that ``extends`` names: beside this one, or wherever specs are found."""
    text = parent.text if isinstance(parent, Scalar) else ""
    if not text.endswith(".yaml") or Path(text).is_absolute() or len(text) > _LONGEST_NAME:
        not_this = repr(text[:60]) if text else a_kind_of(parent)
        message = f"extends is the file name of a spec, such as base.yaml, not {not_this}"
        hint: Hint | None = guess(text[:_LONGEST_NAME], known_specs(path.parent))
        if hint is None and re.fullmatch(r"\w+", text, re.ASCII):
            hint = f"write {text}.yaml"
        return Diagnostic(Code.INVALID_VALUE, message, parent.span, hint=hint)
    beside = path.parent / text
    if beside.is_file():
        if beside.resolve().suffix != ".yaml":
            message = f"{text} is a link to something that is no spec"
            return Diagnostic(Code.UNREADABLE, message, parent.span)
        return beside
    found = find_spec(text, path.parent)
    return found._replace(span=parent.span) if isinstance(found, Diagnostic) else found
