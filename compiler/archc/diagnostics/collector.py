"""A list of diagnostics with a limit, so that a spec full of errors is still checked quickly."""

from collections.abc import Iterable
from typing import Self

from archc.diagnostics.diagnostic import Code, Diagnostic

MAXIMUM_DIAGNOSTICS = 50


class TooManyDiagnostics(Exception):
    """Raised when the collector is full. Its last diagnostic then has the code LIMIT."""


class DiagnosticCollector(list[Diagnostic]):
    """A list of diagnostics that raises ``TooManyDiagnostics`` when it is full."""

    def append(self, diagnostic: Diagnostic, /) -> None:
        if len(self) >= MAXIMUM_DIAGNOSTICS:
            if self[-1].code is not Code.LIMIT:
                message = f"more than {MAXIMUM_DIAGNOSTICS} diagnostics; archc stopped looking"
                super().append(Diagnostic(Code.LIMIT, message, diagnostic.span))
            raise TooManyDiagnostics
        super().append(diagnostic)

    def extend(self, diagnostics: Iterable[Diagnostic], /) -> None:
        for diagnostic in diagnostics:
            self.append(diagnostic)

    def __iadd__(self, diagnostics: Iterable[Diagnostic], /) -> Self:  # type: ignore[misc,override]
        self.extend(diagnostics)
        return self
