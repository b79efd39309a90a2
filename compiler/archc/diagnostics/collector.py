"""Findings as they are collected: no more than a person reads, so that no spec takes long."""

from collections.abc import Iterable
from typing import Self

from archc.diagnostics.diagnostic import Code, Diagnostic

MAXIMUM_DIAGNOSTICS = 50


class TooManyDiagnostics(Exception):
    """There are as many findings as are shown, and the last one says so."""


class DiagnosticCollector(list[Diagnostic]):
    """A list of findings. Adding one too many raises TooManyFindings; those before it stay."""

    def append(self, diagnostic: Diagnostic, /) -> None:
        if len(self) >= MAXIMUM_DIAGNOSTICS:
            if self[-1].code is not Code.LIMIT:
                message = f"more than {MAXIMUM_DIAGNOSTICS} findings: the rest is not looked for"
                super().append(Diagnostic(Code.LIMIT, message, diagnostic.span))
            raise TooManyDiagnostics
        super().append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic], /) -> None:
        for diagnostic in diagnostics:
            self.append(diagnostic)

    def __iadd__(self, diagnostics: Iterable[Diagnostic], /) -> Self:  # type: ignore[misc,override]
        self.extend(diagnostics)
        return self
