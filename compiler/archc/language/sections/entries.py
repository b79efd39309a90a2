"""Read a section that is a mapping."""

from collections.abc import Mapping
from typing import TypeVar

from archc.diagnostics import Code, Diagnostic, Hint, suggest_keyword
from archc.language.fields.validation import describe, is_empty, validate
from archc.language.fields.value_hints import none_hint
from archc.language.sections.models import SpecModel
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Scalar

Section = TypeVar("Section", bound=SpecModel)


def section_entries(
    entry: Entry | None, name: str, diagnostics: list[Diagnostic]
) -> tuple[Entry, ...]:
    """Return the entries of a section; none if it is missing or not a mapping."""
    if entry is None:
        return ()
    value = entry.value
    if isinstance(value, nodes.Mapping):
        return value.entries
    message = f"{name}: expected a mapping of names, found {describe(value)}"
    hint: Hint | None = None
    if isinstance(value, Scalar):
        # In a variant, `none` removes the section before this function is called.
        hint = none_hint(value) or suggest_keyword(value.text, ("none",))
        if value.text == "none":
            hint = "none removes a section only in a variant: is `extends` missing?"
    # Point to the key if the value has several lines.
    is_short = value.span.line == value.span.end_line and not is_empty(value)
    span = value.span if is_short else entry.key.span
    diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, span, hint=hint))
    return ()


def parse_section(
    model: type[Section], name: str, entries: Mapping[str, Entry], diagnostics: list[Diagnostic]
) -> Section | None:
    """Return the section as a model; None if it is missing or invalid."""
    entry = entries.get(name)
    if entry is None:
        return None
    before = len(diagnostics)
    fields = {field.key.text: field for field in section_entries(entry, name, diagnostics)}
    if len(diagnostics) > before:
        return None
    return validate(model, name, fields, entry.key.span, diagnostics)
