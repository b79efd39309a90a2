"""The section ``lints``: which lints a spec switches off, or allows in some of its rows."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from archc import source
from archc.diagnostics import Code, Diagnostic, guess, suggestion
from archc.models import SpecModel, Text
from archc.source import Entry, Scalar
from archc.spans import Span
from archc.validation import found, validate
from archc.value_hints import none_hint

LINT_NAMES = sorted(path.stem for path in Path(__file__).parent.glob("lints/[a-z]*.py"))
"""The lints there are: one file each."""

Target = Literal["avx2", "avx512", "neon", "tensor_cores"]

TARGETS = {"avx2": 8, "avx512": 16, "neon": 4, "tensor_cores": 8}
"""Hardware by name, with the multiple of channels that fills its vectors.

Floats of 4 bytes in a register, of 2 bytes for tensor cores (NVIDIA, "Matrix Multiplication
Background": multiples of 16 bytes).
"""


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class LintArguments(SpecModel):
    """What a lint takes: rows in which it has nothing to say, and the hardware to think of."""

    allow: Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    """The rows in which it has nothing to say."""
    target: Target | None = None
    """The hardware that it is to think of."""


class Switch(NamedTuple):
    """How a spec switches one lint; ``off`` wherever it would speak.

    ``allow`` are the rows in which it has nothing to say, each with where it is named.
    """

    off: bool
    allow: Mapping[str, Span]
    target: str | None


def parse_switches(entry: Entry | None, findings: list[Diagnostic]) -> dict[str, Switch]:
    """The section, by lint; with findings added for what is not valid."""
    if entry is None:
        return {}
    if not isinstance(entry.value, source.Mapping):
        what = "lints is a mapping of lints to none or {allow: [a_row]}"
        message = f"{what}, found {found(entry.value)}"
        findings.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
        return {}
    switches = {}
    for key, value in entry.value.entries:
        if key.text not in LINT_NAMES:
            hint = suggestion(key.text, LINT_NAMES) or f"the lints are {', '.join(LINT_NAMES)}"
            message = f"{key.text} is no lint"
            findings.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint))
        elif isinstance(value, Scalar) and value.value == "none":
            switches[key.text] = Switch(True, {}, None)
        elif not isinstance(value, source.Mapping):
            message = f"{key.text} is none or a mapping, found {found(value)}"
            off = none_hint(value) if isinstance(value, Scalar) else None
            hint = off or "none switches it off, {allow: [a_row]} in some rows"
            findings.append(Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint))
        else:
            fields = {field.key.text: field for field in value.entries}
            given = validate(LintArguments, key.text, fields, key.span, findings)
            if given is not None:
                switches[key.text] = Switch(False, _places(fields.get("allow")), given.target)
    return switches


def _places(allow: Entry | None) -> dict[str, Span]:
    items = allow.value.items if allow and isinstance(allow.value, source.List) else ()
    return {item.text: item.span for item in items if isinstance(item, Scalar)}


def unknown_rows(switches: Mapping[str, Switch], paths: Collection[str]) -> list[Diagnostic]:
    """A finding for each row that a lint allows and the network does not have."""
    return [
        Diagnostic(
            Code.UNKNOWN_REFERENCE,
            f"{name} allows {row}, which is no row of the network",
            span,
            hint=guess(row, paths),
        )
        for name, switch in switches.items()
        for row, span in switch.allow.items()
        if row not in paths
    ]
