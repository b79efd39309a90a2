"""The content of a generated file as data for the templates: classes and their statements."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from archc.network import ir
from archc.ops.operator import Operator
from archc_backends.pytorch.emit.expressions import WIDTH, Expression, flat


class Statement(NamedTuple):
    """``target = value  # comment``."""

    target: str
    value: Expression
    comment: str = ""


class Attribute(NamedTuple):
    """``self.name = value``."""

    name: str
    value: Expression


class ClassDefinition(NamedTuple):
    """A class. ``parameters`` are those of its constructor, None if it is inherited.

    ``result`` is the value that forward returns, empty if forward is inherited. ``he_init``:
    whether its weights are initialised from He's distribution. ``parent`` calls the base's
    constructor.
    """

    name: str
    base: str
    docstring: str
    parameters: tuple[str, ...] | None
    attributes: tuple[Attribute, ...]
    statements: tuple[Statement, ...]
    result: Expression
    he_init: bool = False
    parent: Expression = "super().__init__()"


class DerivedArgument(NamedTuple):
    """A constructor argument for a number that differs between calls, but is in no column.

    ``value`` computes it for a call.
    """

    name: str
    value: Callable[[ir.Call], int]


class ModuleClass(NamedTuple):
    """The class of a module, and the arguments that it takes."""

    definition: ClassDefinition
    arguments: tuple[str, ...]
    columns: Mapping[str, str]
    derived_arguments: tuple[DerivedArgument, ...]


class Helper(NamedTuple):
    """A helper class in the generated file, such as a convolution followed by a ReLU.

    ``write`` defines the class, given all its uses. ``options`` are the keyword arguments of this
    use, in order. ``defaults`` are fixed defaults of the class. The default of any other option is
    the most common value of all uses.
    """

    name: str
    write: "Callable[[HelperUses], ClassDefinition]"
    operator: Operator
    options: Mapping[str, str]
    defaults: Mapping[str, str]


class HelperUses(NamedTuple):
    """A helper class, with the options of each use."""

    helper: Helper
    uses: list[Mapping[str, str]]

    def defaults(self) -> dict[str, str]:
        """Return the default of each option: the fixed one, or the most common value."""
        merged = dict(self.helper.defaults)
        for name in self.helper.options:
            values = [use[name] for use in self.uses]
            merged.setdefault(name, max(values, key=values.count))
        return merged

    def varied(self) -> list[str]:
        """Return the options that at least one use sets."""
        defaults = self.defaults()
        return [o for o in self.helper.options if any(use[o] != defaults[o] for use in self.uses)]


def split_result(lines: list[Statement]) -> tuple[tuple[Statement, ...], Expression]:
    """Return the statements and the value to return, inlined if torch annotates its type."""
    last = lines[-1]
    if flat(last.value).startswith(("torch.", "functional.")):
        return tuple(lines[:-1]), last.value
    return tuple(lines), last.target


def introduce(name: str, about: str, fallback: str, indent: int) -> str:
    """Return a docstring that starts with ``name`` and ``about`` if they fit on the first line.

    Otherwise the first line is ``fallback``, and ``about`` is a paragraph below it.
    """
    about = about.strip()
    if not about:
        return fallback
    sentence = f"{name}{about[0].upper()}{about[1:]}{'' if about.endswith('.') else '.'}"
    alone = indent + len(sentence) + 6 <= WIDTH and not about.lower().startswith("this")
    return sentence if alone else f"{fallback}\n\n{about}"
