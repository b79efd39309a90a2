"""A spec's document with settings in place of what it says: ``classes``, ``input``, parameters."""

from archc.diagnostics import Code, Diagnostic
from archc.models import Header
from archc.parameters import set_parameters
from archc.settings import SETTABLE, Setting, Settings, written
from archc.source import Entry, Mapping, Scalar
from archc.spans import Source, Span
from archc.validation import validate


def override(document: Mapping, settings: Settings, findings: list[Diagnostic]) -> Mapping:
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
            findings += _misfits(key.text, setting)
            value = Scalar(setting, written(setting), value.span)
        entries.append(Entry(key, value))
    parameters = {name: value for name, value in settings.items() if name not in SETTABLE}
    return set_parameters(Mapping(tuple(entries), document.span), parameters, findings)


def _misfits(name: str, setting: Setting) -> list[Diagnostic]:
    """Why the setting cannot be the key's value, without a place: the spec does not hold it."""
    text = f"{name}={written(setting)}"
    place = Span(Source("--set", text), 1, 1, 1, len(text) + 1)
    entry = Entry(Scalar(name, name, place), Scalar(setting, written(setting), place))
    found: list[Diagnostic] = []
    others = Header.model_fields.keys() - {name}
    validate(Header, "--set", {name: entry}, place, found, unknown=others)
    return [
        Diagnostic(Code.INVALID_VALUE, finding.message, hint=finding.hint and str(finding.hint))
        for finding in found
    ]
