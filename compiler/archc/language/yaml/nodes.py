"""YAML nodes with their places in the text."""

from typing import NamedTuple

from archc.diagnostics.spans import Span

Value = str | int | float | bool | None


class Scalar(NamedTuple):
    """A single value; ``text`` is its notation in the spec."""

    value: Value
    text: str
    span: Span


class List(NamedTuple):
    """A YAML sequence."""

    items: "tuple[Node, ...]"
    span: Span


class Entry(NamedTuple):
    """A key and its value."""

    key: Scalar
    value: "Node"


class Mapping(NamedTuple):
    """A YAML mapping in file order, with text keys and without duplicates."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, name: str) -> "Node | None":
        """Return the value of the key, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == name), None)


Node = Scalar | List | Mapping


def type_name(node: Node) -> str:
    """Return the name of the node's type, for messages."""
    if isinstance(node, List):
        return "list"
    if isinstance(node, Mapping):
        return "mapping"
    return {bool: "boolean", int: "number", float: "number", str: "text"}.get(
        type(node.value), "empty value"
    )


def describe_type(node: Node) -> str:
    """Return the name of the node's type with an article."""
    kind = type_name(node)
    return kind if kind == "text" else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
