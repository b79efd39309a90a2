"""The operators, one file a family. Every subclass of Operator without subclasses is a kind."""

from importlib import import_module
from pathlib import Path

from archc.ops.family import Family
from archc.ops.operator import Operator


def _discover() -> dict[str, type[Operator]]:
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        import_module(f"{__name__}.{file.stem}")
    kinds: dict[str, type[Operator]] = {}
    pending = Operator.__subclasses__()
    while pending:
        kind = pending.pop()
        if subclasses := kind.__subclasses__():
            pending += subclasses
            continue
        if kind.__name__ in kinds:
            raise TypeError(f"two operators are called {kind.__name__}")
        kinds[kind.__name__] = kind
    return dict(sorted(kinds.items()))


def _families() -> dict[str, Family]:
    families: dict[str, Family] = {}
    for family in {kind.family for kind in OPERATORS.values()}:
        if families.setdefault(family.name, family) != family:
            raise TypeError(f"two families of operators are called {family.name}")
    return dict(sorted(families.items(), key=lambda item: (item[1].position, item[0])))


OPERATORS = _discover()
"""Every operator class by its kind."""
FAMILIES = _families()
"""Every family by its name, in the order of legends."""
