"""The hand-written model that a network computes the same as, as the section ``reference`` says.

Which libraries there are, and which models they have, is known to the backend that makes one.
"""

import re
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.diagnostics.spans import Span
from archc.language.fields.validation import describe
from archc.language.yaml import source
from archc.language.yaml.source import Entry, Node, Scalar

# Looked up in a library's registry: nothing that could be a path, a URL or code.
NAME_PATTERN = "[a-z][a-z0-9_]{0,63}"

_FORM = "it is {library: model}"


class ReferenceModel(NamedTuple):
    """A library and the name that it has for the model, each with its place."""

    library: str
    model: str
    library_span: Span
    model_span: Span

    @property
    def words(self) -> str:
        """How a message names it."""
        return f"{self.library}'s {self.model}"


def parse_reference(entry: Entry | None, diagnostics: list[Diagnostic]) -> ReferenceModel | None:
    """The ``reference`` section; None where there is none, or, with findings, it is not valid."""
    if entry is None:
        return None
    node = entry.value
    if not isinstance(node, source.Mapping) or not node.entries:
        message = f"reference is a library with the name of its model, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_FORM))
        return None
    (library, model), *more = node.entries
    if more:
        message = (
            f"reference is one library with its model, and {more[0].key.text[:60]} is one key more"
        )
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, more[0].key.span, hint=_FORM))
        return None
    wrong = [_wrong_name(library, "a library"), _wrong_name(model, "a model")]
    diagnostics += filter(None, wrong)
    if any(wrong):
        return None
    assert isinstance(model, Scalar)  # it has a name
    return ReferenceModel(library.text, model.text, library.span, model.span)


def _wrong_name(node: Node, what: str) -> Diagnostic | None:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        message = f"reference: the name of {what} is needed, found {describe(node)}"
        return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_FORM)
    if re.fullmatch(NAME_PATTERN, node.text):
        return None
    hint: Hint | None = "use small letters, digits and underscores, a letter first, at most 64"
    likely = re.sub("[- ]", "_", node.text.lower())
    # Of a class's name nobody knows where a model's has underscores.
    if re.fullmatch(NAME_PATTERN, likely) and not re.search("[a-z][A-Z]", node.text):
        hint = suggest_name(node.text, [likely])
    message = f"reference: {node.text[:60]!r} is no name of {what}"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=hint)
