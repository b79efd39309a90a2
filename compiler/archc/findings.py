"""Findings as they are collected: no more than a person reads, so that no spec takes long."""

from collections.abc import Iterable
from typing import Self

from archc.diagnostics import Code, Diagnostic

MAXIMUM_FINDINGS = 50


class TooManyFindings(Exception):
    """There are as many findings as are shown, and the last one says so."""


class Findings(list[Diagnostic]):
    """A list of findings. Adding one too many raises TooManyFindings; those before it stay."""

    def append(self, finding: Diagnostic, /) -> None:
        if len(self) >= MAXIMUM_FINDINGS:
            if self[-1].code is not Code.LIMIT:
                message = f"more than {MAXIMUM_FINDINGS} findings: the rest is not looked for"
                super().append(Diagnostic(Code.LIMIT, message, finding.span))
            raise TooManyFindings
        super().append(finding)

    def extend(self, findings: Iterable[Diagnostic], /) -> None:
        for finding in findings:
            self.append(finding)

    def __iadd__(self, findings: Iterable[Diagnostic], /) -> Self:  # type: ignore[misc,override]
        self.extend(findings)
        return self
