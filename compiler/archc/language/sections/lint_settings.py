"""The section ``lints``, which turns lints off for a spec or for some of its rows."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from archc.diagnostics import Code, Diagnostic, suggest_keyword, suggest_name
from archc.diagnostics.spans import Span
from archc.language.fields.validation import describe, validate
from archc.language.fields.value_hints import none_hint
from archc.language.sections.models import SpecModel, Text
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Scalar

Target = Literal["avx2", "avx512", "neon", "tensor_cores"]

TARGETS = {"avx2": 8, "avx512": 16, "neon": 4, "tensor_cores": 8}
"""Hardware by name, with the multiple of channels that fills its vectors.

Floats of 4 bytes in a register, of 2 bytes for tensor cores (NVIDIA, "Matrix Multiplication
Background": multiples of 16 bytes).
"""


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class LintArguments(SpecModel):
    """Where a lint reports nothing, and the hardware it assumes."""

    allow: Annotated[tuple[Text, ...], BeforeValidator(_listed), Field(min_length=1)] | None = None
    """The rows in which the lint reports nothing."""
    target: Target | None = None
    """The hardware that the lint assumes."""


class LintSetting(NamedTuple):
    """How a spec configures one lint. ``off`` turns it off for the whole spec.

    ``allow`` maps the rows in which the lint reports nothing to their places in the spec.
    """

    off: bool
    allow: Mapping[str, Span]
    target: str | None


def parse_lint_settings(
    entry: Entry | None, lints: Collection[str], diagnostics: list[Diagnostic]
) -> dict[str, LintSetting]:
    """Return the settings by lint, and add diagnostics. ``lints`` are the names of all lints."""
    if entry is None:
        return {}
    if not isinstance(entry.value, nodes.Mapping):
        expected = "a mapping of lints to none or {allow: [a_row]}"
        message = f"lints: expected {expected}, found {describe(entry.value)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, entry.value.span))
        return {}
    lint_settings = {}
    for key, value in entry.value.entries:
        if key.text not in lints:
            hint = suggest_keyword(key.text, lints) or f"known lints: {', '.join(lints)}"
            message = f"unknown lint {key.text}"
            diagnostics.append(Diagnostic(Code.UNKNOWN_REFERENCE, message, key.span, hint=hint))
        elif isinstance(value, Scalar) and value.value == "none":
            lint_settings[key.text] = LintSetting(True, {}, None)
        elif not isinstance(value, nodes.Mapping):
            message = f"{key.text}: expected none or a mapping, found {describe(value)}"
            off = none_hint(value) if isinstance(value, Scalar) else None
            hint = off or "use none to turn it off, or {allow: [a_row]} to allow it in some rows"
            diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, value.span, hint=hint))
        else:
            fields = {field.key.text: field for field in value.entries}
            given = validate(LintArguments, key.text, fields, key.span, diagnostics)
            if given is not None:
                lint_settings[key.text] = LintSetting(
                    False, _places(fields.get("allow")), given.target
                )
    return lint_settings


def _places(allow: Entry | None) -> dict[str, Span]:
    items = allow.value.items if allow and isinstance(allow.value, nodes.List) else ()
    return {item.text: item.span for item in items if isinstance(item, Scalar)}


def unknown_rows(
    lint_settings: Mapping[str, LintSetting], paths: Collection[str]
) -> list[Diagnostic]:
    """Return a diagnostic for each row in ``allow`` that the network does not have."""
    return [
        Diagnostic(
            Code.UNKNOWN_REFERENCE,
            f"{name} allows an unknown row {row}",
            span,
            hint=suggest_name(row, paths),
        )
        for name, lint_setting in lint_settings.items()
        for row, span in lint_setting.allow.items()
        if row not in paths
    ]
