"""Names that generated code may use."""

import builtins
import keyword
import re

MAXIMUM_NAME = 40
_REST = f"{{0,{MAXIMUM_NAME - 1}}}"
NAME_PATTERN = f"[A-Za-z][A-Za-z0-9_]{_REST}"
KIND_PATTERN = f"[A-Z][A-Za-z0-9_]{_REST}"
_NAME = re.compile(NAME_PATTERN)
# Builtins of some versions of Python: whether a spec is valid must not depend on the version.
_VERSION_DEPENDENT = ("PythonFinalizationError", "WindowsError")
_PYTHON = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_VERSION_DEPENDENT}
RESERVED = _PYTHON | {"self", "x", "classes", "none"}


def is_python_word(text: str) -> bool:
    """Return whether the text is a keyword or a builtin."""
    return text in _PYTHON


def is_name(text: str) -> bool:
    """Return whether the text is an ASCII identifier that is not reserved."""
    return bool(_NAME.fullmatch(text)) and text not in RESERVED


def is_kind(text: str) -> bool:
    """Return whether the text starts with a capital, as kinds do."""
    return text[:1].isascii() and text[:1].isupper()


def identifier(column: str) -> str:
    """Return the argument name for a column: ``n3x3_reduce`` for ``#3x3 reduce``."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower().replace("#", "n")).strip("_")
