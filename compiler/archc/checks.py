"""Everything that ``archc check`` finds out about a spec."""

from collections.abc import Mapping
from functools import cache

from archc.backend import load_backend
from archc.diagnostics import in_file_order
from archc.lints import Selection, run_lints
from archc.pipeline import compile_spec
from archc.reports import Report, Summary

_default_backend = cache(load_backend)


def check_spec(
    name: str, settings: Mapping[str, float] | None = None, selection: Selection | None = None
) -> Report:
    """The spec with every finding: faults of the spec, its table and budget, then the lints'.

    ``settings`` are values for its parameters. The default backend is asked, too, what it cannot
    express, where one is installed.
    """
    compiled = compile_spec(name, settings)
    if isinstance(compiled, list):
        return Report(name, tuple(compiled), None)
    analysis = compiled.analysis
    findings = [*compiled.findings, *run_lints(analysis, selection)]
    if (backend := _default_backend()) is not None:
        findings += backend.check(analysis)
    matches, errata = (compiled.conformance.count(v) for v in ("match", "erratum"))
    summary = Summary(analysis.cost.params, analysis.cost.macs, matches, errata)
    return Report(name, tuple(in_file_order(findings)), summary)
