"""The operators. Each file here is a family; a leaf class that derives from Operator is a kind."""

from importlib import import_module
from pathlib import Path

from archc.ops.operator import Operator


def _discover() -> dict[str, type[Operator]]:
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        import_module(f"{__name__}.{file.stem}")
    kinds: dict[str, type[Operator]] = {}
    pending = Operator.__subclasses__()
    while pending:
        kind = pending.pop()
        if families := kind.__subclasses__():
            pending += families
            continue
        if kind.__name__ in kinds:
            raise TypeError(f"two operators are called {kind.__name__}")
        kinds[kind.__name__] = kind
    return dict(sorted(kinds.items()))


OPERATORS = _discover()
"""Every operator class by its kind."""
