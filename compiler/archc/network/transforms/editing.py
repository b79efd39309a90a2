"""Changes of single nodes, of which transforms are made."""

from typing import TypeVar, cast

from archc.network import ir
from archc.ops.operator import Operator
from archc.ops.plain import Identity

AnyOperator = TypeVar("AnyOperator", bound=Operator)


def changed(operator: AnyOperator, **fields: object) -> AnyOperator:
    """The operator with other values in some of its fields, which are what a spec's text gave."""
    known = {name: getattr(operator, name) for name in type(operator).model_fields}
    return cast("AnyOperator", type(operator).model_construct(**known | fields))


def original_ops(op: ir.Op) -> tuple[ir.Op, ...]:
    """The operators as written that this one stands for: itself, where no transform made it."""
    return op.replaces or (op,)


def idle(op: ir.Op) -> ir.Op:
    """What passes its input on in the operator's place."""
    return op._replace(operator=Identity(), symbols={})


def without(sequence: ir.Sequence, index: int) -> ir.Node:
    """The sequence without one of its operators.

    Where layers are named by their positions, those behind it move up, and one that is left alone
    under a name takes the name itself. Only operators move: in front of anything else, whose layers
    keep their paths, an Identity holds the place.
    """
    op, later = sequence.children[index], sequence.children[index + 1 :]
    assert isinstance(op, ir.Op)
    before = sequence.children[:index]
    if not op.name.isdigit():
        return sequence._replace(children=before + later)
    operators = [node for node in later if isinstance(node, ir.Op)]
    if len(operators) < len(later):
        return sequence._replace(children=(*before, idle(op), *later))
    moved = tuple(
        _moved(node, f"{sequence.path}.{place}", str(place))
        for place, node in enumerate(operators, start=int(op.name))
    )
    rest = before + moved
    if len(rest) == 1 and sequence.name and isinstance(rest[0], ir.Op):
        return _moved(rest[0], sequence.path, sequence.name)
    return sequence._replace(children=rest)


def _moved(op: ir.Op, path: str, name: str) -> ir.Op:
    return op._replace(path=path, name=name, replaces=original_ops(op))
