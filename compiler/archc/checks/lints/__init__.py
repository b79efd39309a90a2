"""Lints: warnings about valid specs that are probably not what the author wants.

Each lint is one file in the folder of its group. The file's name is the lint's name, its docstring
the documentation, ``CODE`` the code, and ``lint`` the function that finds violations. The section
``lints`` of a spec configures them.
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
from archc.diagnostics.wording import pluralize
from archc.language.vocabulary import docstring
from archc.network import ir

_GROUPS = {file.stem: file.parent.name for file in Path(__file__).parent.glob("*/[a-z]*.py")}
LINT_NAMES = sorted(_GROUPS)
"""The names of all lints, from their files."""

ALL = "all"
MAXIMUM_WARNINGS = 3
"""A message that concerns more places than this becomes one warning for all of them."""


class Lint(NamedTuple):
    """A lint. ``find`` returns the violations in a network for a target, or for none."""

    name: str
    code: str
    module: ModuleType
    find: Callable[[Analysis, str | None], Iterator[Violation]]

    @property
    def documentation(self) -> str:
        """The docstring of the lint's module."""
        return docstring(self.module)


class LintSelection(NamedTuple):
    """The lints to run, by name or code: those in ``only``, or all, except those in ``ignored``.

    ``target`` is the hardware for lints about speed; it replaces the spec's.
    """

    only: Collection[str] = ()
    ignored: Collection[str] = ()
    target: str | None = None

    def takes(self, lint: Lint) -> bool:
        """Return whether to run the lint."""
        words = {lint.name, lint.code, ALL}
        return (not self.only or bool(words & {*self.only})) and not words & {*self.ignored}


@cache
def lints() -> Mapping[str, Lint]:
    """Return all lints by name."""
    found = {}
    for name in LINT_NAMES:
        module = import_module(f"{__name__}.{_GROUPS[name]}.{name}")
        found[name] = Lint(name, module.CODE, module, module.lint)
    return found


def run_lints(analysis: Analysis, selection: LintSelection | None = None) -> list[Diagnostic]:
    """Return the violations as warnings in file order, each place once.

    Leaves out lints that the spec turns off, and rows for which the spec allows a lint.
    """
    selection = selection or LintSelection()
    diagnostics: list[Diagnostic] = []
    for name, lint in lints().items():
        setting = analysis.network.lints.get(name)
        if not selection.takes(lint) or (setting is not None and setting.off):
            continue
        target = selection.target or (setting.target if setting else None)
        allowed = setting.allow if setting else {}
        violations = [v for v in lint.find(analysis, target) if not _is_allowed(v.path, allowed)]
        diagnostics += _warnings(lint, violations, analysis.network) if violations else []
    return in_file_order(diagnostics)


def _is_allowed(path: str, allowed: Iterable[str]) -> bool:
    return any(path == row or path.startswith(f"{row}.") for row in allowed)


def _warnings(lint: Lint, violations: list[Violation], network: ir.Network) -> Iterator[Diagnostic]:
    """Yield a warning for each place in the spec, or one for all places of a frequent message."""
    rows = {row.name: row for row in network.rows_and_heads}
    by_message: dict[str, dict[Span, list[Violation]]] = {}
    for violation in violations:
        by_span = by_message.setdefault(violation.message, {})
        by_span.setdefault(violation.span, []).append(violation)
    for message, by_span in by_message.items():
        groups = list(by_span.values())
        if len(groups) > MAXIMUM_WARNINGS:
            groups = [[violation for group in groups for violation in group]]
        for group in groups:
            first = group[0]
            labels = first.labels
            row = rows.get(first.path.partition(".")[0])
            others = f", and in {pluralize(len(group) - 1, 'more place')}" if len(group) > 1 else ""
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
