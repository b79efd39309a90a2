"""The IR: a network as a frozen tree of nodes, each with its path and its place in the spec.

The networks that archc compiles are series-parallel, so a tree can hold them: a Sequence runs its
children one after the other, the branches of a Concat, Fork or Residual read the same input, and a
Call or a Repeat holds expanded copies of layers that the spec defines once.

``path`` is the node's prefix in the state_dict, and ``name`` the last part of it. A structure
without a name adds nothing to the path.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from archc.diagnostics.escapes import escape_line
from archc.diagnostics.spans import Source, Span
from archc.ops.activation import Activation
from archc.ops.operator import Operator, Shape, format_shape

if TYPE_CHECKING:
    from archc.language.sections.checkpoint_keys import KeyMapping
    from archc.language.sections.lint_settings import LintSetting
    from archc.language.sections.models import Paper
    from archc.language.sections.printed_table import PrintedTable
    from archc.language.sections.reference_model import ReferenceModel
    from archc.language.settings import Setting
    from archc.language.spec import Limit


class Op(NamedTuple):
    """One operator.

    ``symbols`` maps fields to the columns that fill them. ``replaces`` lists the operators of the
    spec that a transform merged into this one, in the order in which they run, such as a
    convolution and the norm folded into it. It is empty for an operator that no transform changed.
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
    """Children that run one after the other."""

    path: str
    name: str
    children: "tuple[Node, ...]"
    span: Span

    def __repr__(self) -> str:
        return _node_repr(self)


class Concat(NamedTuple):
    """Branches that read the same input; their outputs are concatenated in this order."""

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
    """A branch's number of channels, and the column that sets it, if any."""

    channels: int
    symbol: str | None


class Fork(NamedTuple):
    """A Concat in which some branches share their first operator, whose output is split.

    ``parts`` has one entry per branch: the number of channels of the output of ``shared`` that the
    branch reads, or None for a branch that reads the input. The parts follow one another in that
    output. The outputs of the branches are concatenated in order. A branch without layers returns
    its part unchanged.

    For example, parts (64, None, 96) split an output of 160 channels: the first branch reads
    channels 0 to 63, the third 64 to 159, and the second reads the input.
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
    """activation(body(x) * scale + shortcut(x)); without a shortcut, x itself is added."""

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
    """One layer repeated; the items run one after the other and are numbered from 0."""

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
    """A cell of a call: its value, and the column of the calling module that sets it, if any."""

    value: int | float | str
    symbol: str | None


class Call(NamedTuple):
    """A use of a module: ``arguments`` fill its columns, and ``body`` is its body with them."""

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
    """A module's definition. Its body is expanded in each Call."""

    name: str
    columns: tuple[str, ...]
    about: str
    span: Span


class AuxiliaryHead(NamedTuple):
    """A head used only in training: its layers, the row that it taps, its weight in the loss."""

    body: Node
    tap: str
    loss_weight: float
    span: Span

    @property
    def name(self) -> str:
        """The name of the head's layers."""
        return self.body.name


class Network(NamedTuple):
    """A whole network.

    ``sections`` maps rows and auxiliary heads to their sections. ``registration`` lists both in the
    order of the spec. Layers are registered in this order, so it is also that of the state_dict.
    ``settings`` are pairs of a name and the value that replaced the spec's, as with ``--set``.
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

    @property
    def rows_and_heads(self) -> tuple[Node, ...]:
        """The rows, then the layers of the auxiliary heads: every layer is below one of these."""
        return (*self.rows, *(head.body for head in self.aux))

    def __repr__(self) -> str:
        name, shape, rows = escape_line(self.name), format_shape(self.input), len(self.rows)
        return f"<Network {name}: {shape} to {self.classes:,} classes in {rows:,} rows>"


def walk(node: Node) -> "Iterator[Node]":
    """Yield the node and all nodes below it, in the order in which they run."""
    pending = [node]
    while pending:
        node = pending.pop()
        yield node
        pending += node.children[::-1]


def _node_repr(node: Node) -> str:
    """Return a one-line repr; that of the whole tree would fill pages."""
    what = f"{node.path} {node.module}" if isinstance(node, Call) else node.path
    count = sum(isinstance(inner, Op) for inner in walk(node))
    return f"<{type(node).__name__} {what}: {count:,} operators>"


def named_children(node: Node) -> "Iterator[Node]":
    """Yield the nearest nodes below the node that have names."""
    for child in node.children:
        if child.name:
            yield child
        else:
            yield from named_children(child)


def map_children(node: Node, change: "Callable[[Node], Node]") -> Node:
    """Return the node with ``change`` applied to each node directly below it."""
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
