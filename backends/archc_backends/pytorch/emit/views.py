"""What the templates lay out: classes with their arguments, attributes and statements."""

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


class ClassView(NamedTuple):
    """A class: ``parameters`` are those of its constructor, None where it inherits one.

    ``result`` is what forward returns after its statements, empty where it inherits forward.
    ``he`` tells that its weights start from He's distribution. ``parent`` constructs the base.
    """

    name: str
    base: str
    docstring: str
    parameters: tuple[str, ...] | None
    attributes: tuple[Attribute, ...]
    statements: tuple[Statement, ...]
    result: Expression
    he: bool = False
    parent: Expression = "super().__init__()"


class Extra(NamedTuple):
    """An argument that no column gives, and its value at a call."""

    name: str
    value: Callable[[ir.Call], int]


class Block(NamedTuple):
    """A class made from a module, and how it is called."""

    view: ClassView
    arguments: tuple[str, ...]
    columns: Mapping[str, str]
    extras: tuple[Extra, ...]


class Helper(NamedTuple):
    """A small class that generated code needs, such as a convolution followed by its ReLU.

    ``write`` makes the class from all its uses. ``options`` are the constructor's keyword arguments
    at this use, in order. ``defaults`` are values that the class has anyway; an option without one
    gets the value that most uses share.
    """

    name: str
    write: "Callable[[HelperUses], ClassView]"
    operator: Operator
    options: Mapping[str, str]
    defaults: Mapping[str, str]


class HelperUses(NamedTuple):
    """A helper class and the options of each of its uses."""

    helper: Helper
    uses: list[Mapping[str, str]]

    def defaults(self) -> dict[str, str]:
        """The class's default for each option: as the helper says, or what most uses share."""
        merged = dict(self.helper.defaults)
        for name in self.helper.options:
            values = [use[name] for use in self.uses]
            merged.setdefault(name, max(values, key=values.count))
        return merged

    def varied(self) -> list[str]:
        """The options that some use needs to set."""
        defaults = self.defaults()
        return [o for o in self.helper.options if any(use[o] != defaults[o] for use in self.uses)]


def finished(lines: list[Statement]) -> tuple[tuple[Statement, ...], Expression]:
    """Statements and what is returned: the last value itself where torch gives it its type."""
    last = lines[-1]
    if flat(last.value).startswith(("torch.", "functional.")):
        return tuple(lines[:-1]), last.value
    return tuple(lines), last.target


def introduced(name: str, about: str, otherwise: str, indent: int) -> str:
    """A docstring's text whose first line is a sentence: ``about``, where it can be one.

    Otherwise ``otherwise``, with ``about`` as a paragraph below.
    """
    about = about.strip()
    if not about:
        return otherwise
    sentence = f"{name}{about[0].upper()}{about[1:]}{'' if about.endswith('.') else '.'}"
    alone = indent + len(sentence) + 6 <= WIDTH and not about.lower().startswith("this")
    return sentence if alone else f"{otherwise}\n\n{about}"
