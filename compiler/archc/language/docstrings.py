"""Docstrings that users read: help, lints' documentation, descriptions in the editor's schema.

``python -OO`` drops docstrings, so they are then read from the source.
"""

import ast
import inspect
from collections.abc import Callable
from types import ModuleType


def docstring(documented: ModuleType | type | Callable[..., object]) -> str:
    """The docstring of a module, class or function, without its indentation."""
    text = documented.__doc__
    if text is None:
        tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(documented)))
        definition = tree if isinstance(documented, ModuleType) else tree.body[0]
        match definition:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef():
                text = ast.get_docstring(definition, clean=False)
    return inspect.cleandoc(text or "")
