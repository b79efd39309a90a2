"""Merge 1x1 convolutions that read the same input into one, and split its output.

A Concat becomes a Fork. For example,

    Concat: [a: 1x1 with 64 filters, b: [1x1 with 96 filters, 3x3], pool: [max pool, 1x1]]

becomes one 1x1 with 160 filters, which a and b share:

    Fork: shared: 1x1 with 160 filters, parts: [64, 96, None],
          branches: [(no layers), [3x3], [max pool, 1x1]]

One large matrix product is faster than several small ones and reads its input once. Each filter,
and each channel of a norm, is computed independently of the others, so the result is the same, in
training too.
"""

from collections import Counter
from operator import itemgetter

from archc.network import ir
from archc.network.names import identifier
from archc.network.transforms.editing import original_ops, with_fields, without_child
from archc.ops.convolution import Conv

SHARED = "shared"


def merge_siblings(network: ir.Network) -> ir.Network:
    """Return the network with merged 1x1 convolutions at the start of the branches of a Concat.

    Only convolutions with the same bias, norm and activation are merged. If a Concat has several
    such groups, the largest is merged. A module whose layers are named by their positions is not
    changed, since a new layer would need a position among them.
    """
    return network._replace(
        rows=tuple(map(_merge_in_modules, network.rows)),
        aux=tuple(head._replace(body=_merge_in_modules(head.body)) for head in network.aux),
    )


def _merge_in_modules(node: ir.Node) -> ir.Node:
    """Merge within each module below the node; every Concat is in a module."""
    if not isinstance(node, ir.Call):
        return ir.map_children(node, _merge_in_modules)
    names = [layer.name for layer in ir.named_children(node.body)]
    if any(name.isdigit() for name in names):
        return ir.map_children(node, _merge_in_modules)
    taken = {name.lower() for name in (*names, *map(identifier, node.arguments))}
    return node._replace(body=_ModuleMerger(taken).node(node.body))


class _ModuleMerger:
    """Merges within one module; ``taken`` are the attribute names that it already uses."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.number = 1

    def node(self, node: ir.Node) -> ir.Node:
        """Return the node with every Concat below it merged."""
        if isinstance(node, ir.Call):
            return _merge_in_modules(node)
        node = ir.map_children(node, self.node)
        return self._merge(node) if isinstance(node, ir.Concat) else node

    def _merge(self, concat: ir.Concat) -> ir.Node:
        firsts = tuple(map(_first_op, concat.branches))
        keys = [None if op is None else _merge_key(op) for op in firsts]
        groups = Counter(key for key in keys if key is not None)
        largest, count = max(groups.items(), key=itemgetter(1), default=((), 0))
        if count < 2:
            return concat
        siblings = [op if key == largest else None for op, key in zip(firsts, keys, strict=True)]
        parts = tuple(op and _part(op) for op in siblings)
        name = self._shared_name()
        merged = [op for op in siblings if op is not None]
        shared = ir.Op(
            f"{concat.path}.{name}",
            name,
            with_fields(merged[0].operator, out=sum(part.channels for part in parts if part)),
            {},
            concat.span,
            tuple(original for op in merged for original in original_ops(op)),
        )
        branches = tuple(
            branch if part is None else _without_first_op(branch, concat)
            for part, branch in zip(parts, concat.branches, strict=True)
        )
        return ir.Fork(concat.path, concat.name, shared, parts, branches, concat.span)

    def _shared_name(self) -> str:
        name = SHARED if self.number == 1 else f"{SHARED}_{self.number}"
        while {name, f"{name}_parts"} & self.taken:
            self.number += 1
            name = f"{SHARED}_{self.number}"
        self.taken |= {name, f"{name}_parts"}
        return name


def _first_op(branch: ir.Node) -> ir.Op | None:
    """Return the branch's first operator, if no other operator reads the branch's input."""
    if isinstance(branch, ir.Sequence) and branch.children:
        return _first_op(branch.children[0])
    return branch if isinstance(branch, ir.Op) else None


def _without_first_op(branch: ir.Node, concat: ir.Concat) -> ir.Node:
    """Return the branch without its first operator.

    A branch of one operator becomes an empty Sequence, which returns its input. The first operator
    may be in nested Sequences: ``[[a, b], c]`` becomes ``[[b], c]``, and ``[[a], c]`` becomes
    ``[[], c]``.
    """
    empty = ir.Sequence(concat.path, "", (), concat.span)
    if not isinstance(branch, ir.Sequence):
        return empty
    first, *others = branch.children
    if not isinstance(first, ir.Op):
        return branch._replace(children=(_without_first_op(first, concat), *others))
    return without_child(branch, 0) if others else empty


def _merge_key(op: ir.Op) -> tuple[object, ...] | None:
    """Return a key that is equal for operators that can be merged; None if ``op`` cannot be."""
    operator = op.operator
    if not isinstance(operator, Conv) or "groups" in op.symbols or operator.groups > 1:
        return None
    if (operator.window.kernel, operator.stride, operator.pads) != ((1, 1), (1, 1), (0, 0)):
        return None
    if operator.activation is not None and not operator.activation.by_element:
        return None
    return operator.biased, operator.norm, operator.activation


def _part(op: ir.Op) -> ir.Part:
    assert isinstance(op.operator, Conv)
    return ir.Part(op.operator.out, op.symbols.get("out"))
