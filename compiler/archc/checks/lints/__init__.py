"""Lints: what is valid, and what an expert would point out all the same.

One file each: the file's name is the lint's, its docstring its documentation, ``CODE`` its code,
and ``lint`` what finds it. A spec switches them in its section ``lints``.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation
from archc.diagnostics import Diagnostic, Label, Severity, in_file_order
from archc.diagnostics.spans import Span
from archc.diagnostics.wording import counted
from archc.language.docstrings import docstring
from archc.network import ir

_GROUPS = {file.stem: file.parent.name for file in Path(__file__).parent.glob("*/[a-z]*.py")}
LINT_NAMES = sorted(_GROUPS)
"""The lints there are: one file each, in the folder of its group."""

ALL = "all"
MOST_PLACES = 3  # of one remark; more are one warning


class Lint(NamedTuple):
    """A lint: ``find`` gives its remarks on a network, whose numbers are exact.

    ``needs_target``: it says nothing until a target is named, the hardware to run on.
    """

    name: str
    code: str
    module: ModuleType
    find: Callable[[Analysis, str | None], Iterator[Violation]]

    @property
    def documentation(self) -> str:
        """The docstring of its module."""
        return docstring(self.module)


class LintSelection(NamedTuple):
    """Which lints to run, by name or code: those in ``only``, or all, without those in ``ignored``.

    ``target`` is the hardware that lints about speed are to think of.
    """

    only: Collection[str] = ()
    ignored: Collection[str] = ()
    target: str | None = None

    def takes(self, lint: Lint) -> bool:
        """Whether the lint is to be run."""
        words = {lint.name, lint.code, ALL}
        return (not self.only or bool(words & {*self.only})) and not words & {*self.ignored}


@cache
def lints() -> Mapping[str, Lint]:
    """Every lint by its name."""
    found = {}
    for name in LINT_NAMES:
        module = import_module(f"{__name__}.{_GROUPS[name]}.{name}")
        found[name] = Lint(name, module.CODE, module, module.lint)
    return found


def run_lints(analysis: Analysis, selection: LintSelection | None = None) -> list[Diagnostic]:
    """What the lints remark, as warnings in file order, each place once.

    What the spec switches off, or allows in a row, is not remarked.
    """
    selection = selection or LintSelection()
    lint_settings = analysis.network.lints
    diagnostics: list[Diagnostic] = []
    for name, lint in lints().items():
        lint_setting = lint_settings.get(name)
        if not selection.takes(lint) or (lint_setting is not None and lint_setting.off):
            continue
        target = selection.target or (lint_setting.target if lint_setting else None)
        allowed = lint_setting.allow if lint_setting else {}
        violations = [r for r in lint.find(analysis, target) if not _is_allowed(r.path, allowed)]
        diagnostics += _warnings(lint, violations, analysis.network) if violations else []
    return in_file_order(diagnostics)


def _is_allowed(path: str, allowed: Iterable[str]) -> bool:
    return any(path == row or path.startswith(f"{row}.") for row in allowed)


def _warnings(lint: Lint, violations: list[Violation], network: ir.Network) -> Iterator[Diagnostic]:
    """One warning for each place in the spec; one for all where the same is said of many."""
    rows = _rows(network)
    by_message: dict[str, dict[Span, list[Violation]]] = {}
    for violation in violations:
        by_message.setdefault(violation.message, {}).setdefault(violation.span, []).append(
            violation
        )
    for message, places in by_message.items():
        shown = list(places.values())
        if len(shown) > MOST_PLACES:
            shown = [[violation for alike in shown for violation in alike]]
        for alike in shown:
            first = alike[0]
            labels = first.labels
            row = rows.get(first.path.partition(".")[0])
            others = f", and in {counted(len(alike) - 1, 'more place')}" if len(alike) > 1 else ""
            if row is not None and (others or row.span.line != first.span.line):
                labels = (*labels, Label(row.span, f"in this row, {row.path}{others}"))
            where = f" ({first.path})" if first.path and not others else ""
            yield Diagnostic(
                lint.code,
                f"{message}{where}",
                first.span,
                labels,
                hint=first.hint,
                severity=Severity.WARNING,
            )


def _rows(network: ir.Network) -> dict[str, ir.Node]:
    return {row.name: row for row in network.rows_and_heads}
