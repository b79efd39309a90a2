"""Check a spec as ``archc check`` does."""

from functools import cache

from archc.checks.lints import LintSelection, run_lints
from archc.diagnostics import Diagnostic, in_file_order
from archc.diagnostics.check_result import CheckResult, Summary
from archc.driver.backend import load_backend
from archc.driver.pipeline import Compiled, compile_network, compile_spec
from archc.driver.replacements import confirm_safe
from archc.language.settings import Settings
from archc.language.spec_files import SpecFile, find_spec
from archc.network.ir import Network

_default_backend = cache(load_backend)


def check_spec(
    spec: str | SpecFile,
    settings: Settings | None = None,
    selection: LintSelection | None = None,
) -> CheckResult:
    """Return all diagnostics of a spec: those of the compiler, the lints and the default backend.

    ``settings`` replace values in the spec. Each safe replacement is tried: if it leads to another
    diagnostic, it is not safe.
    """
    file = find_spec(spec) if isinstance(spec, str) else spec
    if isinstance(file, Diagnostic):
        return CheckResult(str(spec), (file,), None)
    result = _check(file.name, compile_spec(file, settings), selection)

    def check_text(text: str) -> tuple[Diagnostic, ...]:
        return _check(file.name, compile_spec(file, settings, text), selection).diagnostics

    confirmed = confirm_safe(result.diagnostics, file.path, check_text)
    return result._replace(diagnostics=tuple(confirmed))


def check_network(network: Network) -> CheckResult:
    """Return all diagnostics of a network that is already loaded."""
    return _check(network.sources[0].name, compile_network(network), None)


def _check(
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
