"""Sibling 1x1 convolutions, which read the same input, as one whose output is split.

One large product of matrices is faster than several small ones, and reads its input once. The
filters of a convolution do not see one another, and a norm is one for each channel: in training,
too, the merged convolution computes what its parts did.
"""

from collections import Counter
from operator import itemgetter

from archc.network import ir
from archc.network.names import identifier
from archc.network.transforms.editing import changed, original_ops, without
from archc.ops.convolution import Conv

SHARED = "shared"


def merge_siblings(network: ir.Network) -> ir.Network:
    """The network with the 1x1 convolutions that begin the branches of a Concat merged.

    They are alike but for their filters. Of several kinds in one Concat, that of most branches is
    merged. A module whose layers are named by positions stays as it is, since its positions are a
    list's.
    """
    return network._replace(
        rows=tuple(map(_outside, network.rows)),
        aux=tuple(head._replace(body=_outside(head.body)) for head in network.aux),
    )


def _outside(node: ir.Node) -> ir.Node:
    """A node that is in no module: every Concat is in one."""
    if not isinstance(node, ir.Call):
        return ir.mapped(node, _outside)
    names = [layer.name for layer in ir.named(node.body)]
    if any(name.isdigit() for name in names):
        return ir.mapped(node, _outside)
    taken = {name.lower() for name in (*names, *map(identifier, node.arguments))}
    return node._replace(body=_Merging(taken).node(node.body))


class _Merging:
    """Merges in one module; ``taken`` are the names that its attributes have."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.number = 1

    def node(self, node: ir.Node) -> ir.Node:
        """The node with what is below it merged."""
        if isinstance(node, ir.Call):
            return _outside(node)
        node = ir.mapped(node, self.node)
        return self._merged(node) if isinstance(node, ir.Concat) else node

    def _merged(self, concat: ir.Concat) -> ir.Node:
        firsts = tuple(map(_first, concat.branches))
        kinds = [None if op is None else _kind(op) for op in firsts]
        known = Counter(kind for kind in kinds if kind is not None)
        most, count = max(known.items(), key=itemgetter(1), default=((), 0))
        if count < 2:
            return concat
        siblings = [op if kind == most else None for op, kind in zip(firsts, kinds, strict=True)]
        parts = tuple(op and _part(op) for op in siblings)
        name = self._name()
        merged = [op for op in siblings if op is not None]
        shared = ir.Op(
            f"{concat.path}.{name}",
            name,
            changed(merged[0].operator, out=sum(part.channels for part in parts if part)),
            {},
            concat.span,
            tuple(old for op in merged for old in original_ops(op)),
        )
        pairs = zip(parts, concat.branches, strict=True)
        rests = tuple(branch if part is None else _rest(branch, concat) for part, branch in pairs)
        return ir.Fork(concat.path, concat.name, shared, parts, rests, concat.span)

    def _name(self) -> str:
        name = SHARED if self.number == 1 else f"{SHARED}_{self.number}"
        while {name, f"{name}_parts"} & self.taken:
            self.number += 1
            name = f"{SHARED}_{self.number}"
        self.taken |= {name, f"{name}_parts"}
        return name


def _first(branch: ir.Node) -> ir.Op | None:
    """The operator that alone reads the branch's input."""
    if isinstance(branch, ir.Sequence) and branch.children:
        return _first(branch.children[0])
    return branch if isinstance(branch, ir.Op) else None


def _rest(branch: ir.Node, concat: ir.Concat) -> ir.Node:
    """The branch without its first operator; what is left of one that is nothing else passes on."""
    passes_on = ir.Sequence(concat.path, "", (), concat.span)
    if not isinstance(branch, ir.Sequence):
        return passes_on
    first, *others = branch.children
    if not isinstance(first, ir.Op):
        return branch._replace(children=(_rest(first, concat), *others))
    return without(branch, 0) if others else passes_on


def _kind(op: ir.Op) -> tuple[object, ...] | None:
    """What siblings must share to be merged; None for what is not to be merged."""
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
