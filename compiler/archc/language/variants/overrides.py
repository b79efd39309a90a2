"""A spec's document with settings in place of what it says: ``classes``, ``input``, parameters."""

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics.spans import Source, Span
from archc.language.fields.validation import validate
from archc.language.sections.models import Header
from archc.language.settings import SETTABLE, Setting, Settings, format_setting
from archc.language.variants.parameters import set_parameters
from archc.language.yaml.source import Entry, Mapping, Scalar


def override(document: Mapping, settings: Settings, diagnostics: list[Diagnostic]) -> Mapping:
    """The document that the spec would be if it said what the settings say.

    With settings it is another network than the one whose table is printed, as a variant is, and
    the table is left out. Findings say which settings cannot be made, and what is wrong with the
    spec's parameters.
    """
    entries = []
    for key, value in document.entries:
        if key.text == "table" and settings:
            continue
        if key.text in SETTABLE and key.text in settings:
            setting = settings[key.text]
            diagnostics += _misfits(key.text, setting)
            value = Scalar(setting, format_setting(setting), value.span)
        entries.append(Entry(key, value))
    parameters = {name: value for name, value in settings.items() if name not in SETTABLE}
    return set_parameters(Mapping(tuple(entries), document.span), parameters, diagnostics)


def _misfits(name: str, setting: Setting) -> list[Diagnostic]:
    """Why the setting cannot be the key's value, without a place: the spec does not hold it."""
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
