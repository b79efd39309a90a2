"""The section ``reference``: a library's model that computes the same as the network.

The backend knows the libraries and their models.
"""

import re
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Hint, suggest_name
from archc.diagnostics.spans import Span
from archc.language.fields.validation import describe
from archc.language.yaml import nodes
from archc.language.yaml.nodes import Entry, Node, Scalar

# Looked up in a library's registry, so it must not be a path, a URL or code.
NAME_PATTERN = "[a-z][a-z0-9_]{0,63}"

_FORM = "use {library: model}"


class ReferenceModel(NamedTuple):
    """The names of a library and of its model, with their places."""

    library: str
    model: str
    library_span: Span
    model_span: Span

    @property
    def title(self) -> str:
        """The model's name in messages."""
        return f"{self.library}'s {self.model}"


def parse_reference(entry: Entry | None, diagnostics: list[Diagnostic]) -> ReferenceModel | None:
    """Return the section ``reference``, or None; add diagnostics if it is invalid."""
    if entry is None:
        return None
    node = entry.value
    if not isinstance(node, nodes.Mapping) or not node.entries:
        message = f"reference: expected a library and the name of its model, found {describe(node)}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_FORM))
        return None
    (library, model), *more = node.entries
    if more:
        message = f"reference: expected one library, found a second key {more[0].key.text[:60]}"
        diagnostics.append(Diagnostic(Code.INVALID_VALUE, message, more[0].key.span, hint=_FORM))
        return None
    invalid = [_check_name(library, "a library"), _check_name(model, "a model")]
    diagnostics += filter(None, invalid)
    if any(invalid):
        return None
    assert isinstance(model, Scalar)  # as checked
    return ReferenceModel(library.text, model.text, library.span, model.span)


def _check_name(node: Node, what: str) -> Diagnostic | None:
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        message = f"reference: expected the name of {what}, found {describe(node)}"
        return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=_FORM)
    if re.fullmatch(NAME_PATTERN, node.text):
        return None
    hint: Hint | None = (
        "use at most 64 lowercase letters, digits and underscores, starting with a letter"
    )
    likely = re.sub("[- ]", "_", node.text.lower())
    # Nothing in a class name shows where the model's name has underscores.
    if re.fullmatch(NAME_PATTERN, likely) and not re.search("[a-z][A-Z]", node.text):
        hint = suggest_name(node.text, [likely])
    message = f"reference: {node.text[:60]!r} is not a valid name of {what}"
    return Diagnostic(Code.INVALID_VALUE, message, node.span, hint=hint)
