"""What the kinds and keys of the language mean, in words: for the reference and for editors.

Operators and the models of a spec say it themselves, in the docstrings of their classes and fields,
which are read here from their source: a running compiler neither keeps nor needs them.
"""

import ast
import inspect
from functools import cache

from pydantic import BaseModel

from archc.language.docstrings import docstring

STRUCTURE_DOCS = {
    "Sequence": "Layers one after the other: a list, or a mapping of names.",
    "Concat": "Branches that read the same input; their channels are joined in this order.",
    "Residual": "activation(layers * scale + shortcut); without a shortcut the input itself.",
    "Repeat": "The layer under `of`, several times, numbered from 0.",
}
"""The kinds that hold layers."""

STRUCTURE_FIELD_DOCS = {
    "scale": "What the layers are multiplied by before the shortcut is added, 1 unless stated.",
    "activation": "What follows the sum: an activation, or `none`.",
    "shortcut": "The layers beside them, whose output is added; the input itself unless stated.",
    "of": "The layer that is repeated.",
}
"""What they take beside their layers."""


def class_docs(model: type[BaseModel]) -> str:
    """The model's docstring as Markdown, each paragraph on one line."""
    paragraphs = docstring(model).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(model: type[BaseModel]) -> str:
    """The first paragraph of it."""
    return class_docs(model).split("\n\n")[0]


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The docstring of each field, those of the classes it derives from included."""
    texts: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner is not BaseModel and issubclass(owner, BaseModel):
            (definition,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(owner))).body
            assert isinstance(definition, ast.ClassDef)
            texts |= _field_texts(definition)
    return {name: texts[name] for name in model.model_fields if name in texts}


def _field_texts(definition: ast.ClassDef) -> dict[str, str]:
    texts = {}
    for statement, following in zip(definition.body, definition.body[1:], strict=False):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[name] = " ".join(text.split())
    return texts
