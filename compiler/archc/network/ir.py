"""The network as a frozen tree. Every node has its path and the place where it was written.

The networks archc compiles are series-parallel, so a tree says all of it: what follows what
(Sequence), what reads the same input (Concat, Fork, Residual), what is written once (Call, Repeat).
A node's ``name`` is its own part of the path; structure without a name adds nothing to a path,
as in a state_dict.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Source, Span
from archc.ops.activation import Activation
from archc.ops.operator import Operator, Shape, format_shape

if TYPE_CHECKING:
    from archc.language.schema import Limit
    from archc.language.sections.checkpoint_keys import KeyMapping
    from archc.language.sections.lint_settings import LintSetting
    from archc.language.sections.models import Paper
    from archc.language.sections.printed_table import PrintedTable
    from archc.language.sections.reference_model import ReferenceModel
    from archc.language.settings import Setting


class Op(NamedTuple):
    """One operator. ``symbols`` tells which of its fields came from a column, and from which.

    ``replaces`` are the operators as written whose work a transform has given to this one, in
    order, a norm behind the convolution that it is folded into; empty where it stands as written.
    """

    path: str
    name: str
    operator: Operator
    symbols: Mapping[str, str]
    span: Span
    replaces: "tuple[Op, ...]" = ()

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return ()

    def __repr__(self) -> str:
        return f"<Op {self.path}: {type(self.operator).__name__} {self.operator.notation}>"


class Sequence(NamedTuple):
    """Children one after the other."""

    path: str
    name: str
    children: "tuple[Node, ...]"
    span: Span

    def __repr__(self) -> str:
        return _node_repr(self)


class Concat(NamedTuple):
    """Branches that read the same input; their channels are joined in this order."""

    path: str
    name: str
    branches: "tuple[Node, ...]"
    span: Span

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return self.branches

    def __repr__(self) -> str:
        return _node_repr(self)


class Part(NamedTuple):
    """How many channels, and the column that the number was taken from, if any."""

    channels: int
    symbol: str | None


class Fork(NamedTuple):
    """A Concat whose branches begin with one operator together: what it gives is split for them.

    ``parts`` has an entry for each of ``branches``: how many channels of what ``shared`` gives the
    branch reads, counted on from where the part before ends, or None for one that reads the input.
    Both are in the order of the Concat, in which the branches' channels are joined; one without
    layers passes its part on.
    """

    path: str
    name: str
    shared: Op
    parts: tuple[Part | None, ...]
    branches: "tuple[Node, ...]"
    span: Span

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return self.shared, *self.branches

    def __repr__(self) -> str:
        return _node_repr(self)


class Residual(NamedTuple):
    """activation(body(x) * scale + shortcut(x)); without a shortcut x itself is added."""

    path: str
    name: str
    body: "Node"
    shortcut: "Node | None"
    scale: float
    activation: Activation | None
    symbols: Mapping[str, str]
    span: Span

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return (self.body,) if self.shortcut is None else (self.body, self.shortcut)

    def __repr__(self) -> str:
        return _node_repr(self)


class Repeat(NamedTuple):
    """The same layer several times, one after the other, numbered from 0."""

    path: str
    name: str
    items: "tuple[Node, ...]"
    span: Span

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return self.items

    def __repr__(self) -> str:
        return _node_repr(self)


class Argument(NamedTuple):
    """A cell of a call: its value, and the caller's column it was taken from, if any."""

    value: int | float | str
    symbol: str | None


class Call(NamedTuple):
    """A module, with the row that fills its columns, and its body expanded with them."""

    path: str
    name: str
    module: str
    arguments: Mapping[str, Argument]
    body: "Node"
    span: Span

    @property
    def children(self) -> "tuple[Node, ...]":
        """The nodes directly below, in the order in which they run."""
        return (self.body,)

    def __repr__(self) -> str:
        return _node_repr(self)


Node = Op | Sequence | Concat | Fork | Residual | Repeat | Call


class Module(NamedTuple):
    """A module as the spec defines it; its bodies stand in the calls."""

    name: str
    columns: tuple[str, ...]
    about: str
    span: Span


class AuxiliaryHead(NamedTuple):
    """A head that is used in training alone: where it taps, and its weight in the loss."""

    body: Node
    tap: str
    loss_weight: float
    span: Span


class Network(NamedTuple):
    """A whole network, ready to be analysed.

    ``registration`` is the order of the file, rows and auxiliary heads together: the order in
    which layers are registered, hence that of the state_dict. ``settings`` are what replaced values
    of the spec, by name.
    """

    name: str
    about: str
    paper: "Paper | None"
    input: Shape
    classes: int
    rows: tuple[Node, ...]
    sections: Mapping[str, str]
    aux: tuple[AuxiliaryHead, ...]
    registration: tuple[str, ...]
    modules: Mapping[str, Module]
    table: "PrintedTable | None"
    budget: "Mapping[str, Limit]"
    checkpoints: "Mapping[str, KeyMapping]"
    reference: "ReferenceModel | None"
    lints: "Mapping[str, LintSetting]"
    sources: tuple[Source, ...]
    span: Span
    settings: "tuple[tuple[str, Setting], ...]" = ()

    def __repr__(self) -> str:
        name, shape, rows = escape_line(self.name), format_shape(self.input), len(self.rows)
        return f"<Network {name}: {shape} to {self.classes:,} classes in {rows:,} rows>"


def walk(node: Node) -> "Iterator[Node]":
    """The node and everything below it, in the order in which it runs."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending += node.children[::-1]


def _node_repr(node: Node) -> str:
    """A line for what would be a tree of pages."""
    what = f"{node.path} {node.module}" if isinstance(node, Call) else node.path
    count = sum(isinstance(inner, Op) for inner in walk(node))
    return f"<{type(node).__name__} {what}: {count:,} operators>"


def named(node: Node) -> "Iterator[Node]":
    """The layers below the node that have names; structure without one is looked through."""
    for child in node.children:
        if child.name:
            yield child
        else:
            yield from named(child)


def mapped(node: Node, change: "Callable[[Node], Node]") -> Node:
    """The node with each of the nodes directly below it changed."""
    if isinstance(node, Sequence):
        return node._replace(children=tuple(map(change, node.children)))
    if isinstance(node, Concat):
        return node._replace(branches=tuple(map(change, node.branches)))
    if isinstance(node, Fork):
        shared = change(node.shared)
        assert isinstance(shared, Op)
        return node._replace(shared=shared, branches=tuple(map(change, node.branches)))
    if isinstance(node, Residual):
        shortcut = None if node.shortcut is None else change(node.shortcut)
        return node._replace(body=change(node.body), shortcut=shortcut)
    if isinstance(node, Repeat):
        return node._replace(items=tuple(map(change, node.items)))
    if isinstance(node, Call):
        return node._replace(body=change(node.body))
    return node
