"""Apply settings to a spec: ``classes``, ``input`` and parameters."""

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.spans import Source, Span
from archc.language.fields.validation import validate
from archc.language.sections.models import Header
from archc.language.settings import SETTABLE, Setting, Settings, format_setting
from archc.language.variants.parameters import substitute_parameters
from archc.language.yaml.nodes import Entry, Mapping, Scalar


def apply_settings(document: Mapping, settings: Settings, diagnostics: list[Diagnostic]) -> Mapping:
    """Return the document with the settings in place of the spec's values.

    The printed table is left out if there are settings, since it describes the network without
    them. Invalid settings and parameters add diagnostics.
    """
    entries = []
    for key, value in document.entries:
        if key.text == "table" and settings:
            continue
        if key.text in SETTABLE and key.text in settings:
            setting = settings[key.text]
            diagnostics += _check_setting(key.text, setting)
            value = Scalar(setting, format_setting(setting), value.span)
        entries.append(Entry(key, value))
    parameters = {name: value for name, value in settings.items() if name not in SETTABLE}
    return substitute_parameters(Mapping(tuple(entries), document.span), parameters, diagnostics)


def _check_setting(name: str, setting: Setting) -> list[Diagnostic]:
    """Return diagnostics for an invalid value of a setting; they have no place in the spec."""
    text = f"{name}={format_setting(setting)}"
    place = Span(Source("--set", text), 1, 1, 1, len(text) + 1)
    entry = Entry(Scalar(name, name, place), Scalar(setting, format_setting(setting), place))
    found: list[Diagnostic] = []
    others = Header.model_fields.keys() - {name}
    validate(Header, "--set", {name: entry}, place, found, unknown=others)
    return [
        Diagnostic(
            Code.INVALID_VALUE, diagnostic.message, hint=diagnostic.hint and str(diagnostic.hint)
        )
        for diagnostic in found
    ]
