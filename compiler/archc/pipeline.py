"""The way of the data, from a file to a network that is known to fit together."""

from pathlib import Path
from typing import NamedTuple

from archc import ir
from archc.analysis import Analysis, analyze
from archc.conformance import Conformance, check_conformance
from archc.diagnostics import Diagnostic, in_file_order
from archc.library import find_spec
from archc.lower import lower
from archc.schema import check_schema
from archc.source import compose, read


class Compiled(NamedTuple):
    """A spec all the way through: its file, network, analysis, and its table's verdicts."""

    path: Path
    network: ir.Network
    analysis: Analysis
    conformance: Conformance


def load_network(path: Path, name: str | None = None) -> ir.Network | list[Diagnostic]:
    """The network that a spec file describes; ``name`` is what people are shown for the path."""
    source = read(path, name)
    if isinstance(source, Diagnostic):
        return [source]
    document = compose(source)
    if isinstance(document, list):
        return in_file_order(document)
    spec = check_schema(document)
    if isinstance(spec, list):
        return in_file_order(spec)
    network = lower(spec, (source,))
    return in_file_order(network) if isinstance(network, list) else network


def compile_spec(name: str) -> Compiled | list[Diagnostic]:
    """Find, load, analyse and compare: everything that can be known without a backend.

    A table that does not conform is no hindrance: its findings are in the conformance.
    """
    path = find_spec(name)
    if isinstance(path, Diagnostic):
        return [path]
    network = load_network(path, name)
    if isinstance(network, list):
        return network
    analysis = analyze(network)
    if isinstance(analysis, list):
        return in_file_order(analysis)
    return Compiled(path, network, analysis, check_conformance(analysis))
