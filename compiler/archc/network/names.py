"""Which words may become names in generated code."""

import builtins
import keyword
import re

MAXIMUM_NAME = 40
_REST = f"{{0,{MAXIMUM_NAME - 1}}}"
NAME_PATTERN = f"[A-Za-z][A-Za-z0-9_]{_REST}"
KIND_PATTERN = f"[A-Z][A-Za-z0-9_]{_REST}"
_NAME = re.compile(NAME_PATTERN)
# What only some versions of Python have, so that a spec is good or bad whichever of them reads it.
_OF_SOME_VERSIONS = ("PythonFinalizationError", "WindowsError")
_PYTHON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_OF_SOME_VERSIONS}
RESERVED = _PYTHON | {"self", "x", "classes", "none"}


def is_python_word(text: str) -> bool:
    """Whether the text is a keyword or a builtin."""
    return text in _PYTHON


def is_name(text: str) -> bool:
    """Whether the text is an ASCII identifier that is no keyword and no builtin."""
    return bool(_NAME.fullmatch(text)) and text not in RESERVED


def is_kind(text: str) -> bool:
    """Whether the text is written as kinds are, with a capital first."""
    return text[:1].isascii() and text[:1].isupper()


def identifier(column: str) -> str:
    """A column as an argument's name: ``#3x3 reduce`` becomes ``n3x3_reduce``."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower().replace("#", "n")).strip("_")
