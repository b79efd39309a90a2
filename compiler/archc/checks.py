"""Everything that ``archc check`` finds out about a spec."""

from functools import cache

from archc.backend import load_backend
from archc.diagnostics import Diagnostic, in_file_order
from archc.ir import Network
from archc.library import SpecFile, find_spec
from archc.lints import Selection, run_lints
from archc.pipeline import Compiled, compile_network, compile_spec
from archc.replacements import proven
from archc.reports import Report, Summary
from archc.settings import Settings

_default_backend = cache(load_backend)


def check_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
    selection: Selection | None = None,
) -> Report:
    """The spec with every finding: faults of the spec, its table and budget, then the lints'.

    ``settings`` replace values that it holds. The default backend is asked, too, what it cannot
    express, where one is installed. Safe replacements are tried out: those that would lead to
    another finding are not safe.
    """
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return Report(str(spec), (file,), None)
    report = _checked(file.name, compile_spec(file, settings), selection)

    def judge(text: str) -> tuple[Diagnostic, ...]:
        return _checked(file.name, compile_spec(file, settings, text), selection).findings

    return report._replace(findings=tuple(proven(report.findings, file.path, judge)))


def check_network(network: Network) -> Report:
    """The same of a network that is loaded already."""
    return _checked(network.sources[0].name, compile_network(network), None)


def _checked(
    name: str, compiled: Compiled | list[Diagnostic], selection: Selection | None
) -> Report:
    if isinstance(compiled, list):
        return Report(name, tuple(compiled), None)
    analysis = compiled.analysis
    findings = [*compiled.findings, *run_lints(analysis, selection)]
    if (backend := _default_backend()) is not None:
        findings += backend.check(analysis)
    matches, errata = (compiled.conformance.count(v) for v in ("match", "erratum"))
    summary = Summary(analysis.cost.params, analysis.cost.macs, matches, errata)
    return Report(name, tuple(in_file_order(findings)), summary)
