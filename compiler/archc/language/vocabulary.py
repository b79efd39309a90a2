"""What the kinds and keys of the language mean, for the reference, the help and editors.

Operators and the models of a spec are documented by the docstrings of their classes and fields.
They are read from the source, since Python discards the docstrings of fields, and ``python -OO``
all docstrings.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from types import ModuleType

from pydantic import BaseModel

STRUCTURE_DOCS = {
    "Sequence": "Layers one after the other: a list, or a mapping of names.",
    "Concat": "Branches that read the same input; their channels are joined in this order.",
    "Residual": "activation(layers * scale + shortcut). The default shortcut is the input.",
    "Repeat": "Repeats the layer under `of`; the copies are numbered from 0.",
}
"""The kinds that contain layers."""

STRUCTURE_FIELD_DOCS = {
    "scale": "Factor of the layers' output before the shortcut is added, 1 by default.",
    "activation": "The activation after the sum, or `none`.",
    "shortcut": "The layers of the shortcut, whose output is added; by default the input itself.",
    "of": "The layer to repeat.",
}
"""The fields of these kinds, besides their layers."""


def docstring(documented: ModuleType | type | Callable[..., object]) -> str:
    """Return the docstring of a module, class or function, without indentation."""
    text = documented.__doc__
    if text is None:  # python -OO
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(documented)))
        definition = tree if isinstance(documented, ModuleType) else tree.body[0]
        match definition:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef():
                text = ast.get_docstring(definition, clean=False)
    return inspect.cleandoc(text or "")


def class_docs(model: type[BaseModel]) -> str:
    """Return the model's docstring as Markdown, each paragraph on one line."""
    paragraphs = docstring(model).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(model: type[BaseModel]) -> str:
    """Return the first paragraph of the model's docstring."""
    return class_docs(model).split("\n\n")[0]


@cache
def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field, including inherited fields."""
    texts: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if owner is not BaseModel and issubclass(owner, BaseModel):
            (definition,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(owner))).body
            assert isinstance(definition, ast.ClassDef)
            texts |= _field_docs(definition)
    return {name: texts[name] for name in model.model_fields if name in texts}


def _field_docs(definition: ast.ClassDef) -> dict[str, str]:
    texts = {}
    for statement, following in zip(definition.body, definition.body[1:], strict=False):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                texts[name] = " ".join(text.split())
    return texts
