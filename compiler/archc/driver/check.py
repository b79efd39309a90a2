"""Everything that ``archc check`` finds out about a spec."""

from functools import cache

from archc.checks.lints import LintSelection, run_lints
from archc.diagnostics import Diagnostic, in_file_order
from archc.diagnostics.check_result import CheckResult, Summary
from archc.driver.backend import load_backend
from archc.driver.pipeline import Compiled, compile_network, compile_spec
from archc.driver.replacements import confirm_safe
from archc.language.library import SpecFile, find_spec
from archc.language.settings import Settings
from archc.network.ir import Network

_default_backend = cache(load_backend)


def check_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
    selection: LintSelection | None = None,
) -> CheckResult:
    """The spec with every finding: faults of the spec, its table and budget, then the lints'.

    ``settings`` replace values that it holds. The default backend is asked, too, what it cannot
    express, where one is installed. Safe replacements are tried out: those that would lead to
    another finding are not safe.
    """
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return CheckResult(str(spec), (file,), None)
    report = _checked(file.name, compile_spec(file, settings), selection)

    def judge(text: str) -> tuple[Diagnostic, ...]:
        return _checked(file.name, compile_spec(file, settings, text), selection).diagnostics

    return report._replace(diagnostics=tuple(confirm_safe(report.diagnostics, file.path, judge)))


def check_network(network: Network) -> CheckResult:
    """The same of a network that is loaded already."""
    return _checked(network.sources[0].name, compile_network(network), None)


def _checked(
    name: str, compiled: Compiled | list[Diagnostic], selection: LintSelection | None
) -> CheckResult:
    if isinstance(compiled, list):
        return CheckResult(name, tuple(compiled), None)
    analysis = compiled.analysis
    diagnostics = [*compiled.diagnostics, *run_lints(analysis, selection)]
    if (backend := _default_backend()) is not None:
        diagnostics += backend.check(analysis)
    matches, errata = (compiled.conformance.count(v) for v in ("match", "erratum"))
    summary = Summary(analysis.cost.params, analysis.cost.macs, matches, errata)
    return CheckResult(name, tuple(in_file_order(diagnostics)), summary)
