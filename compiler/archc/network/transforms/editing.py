"""Edits of single nodes, for use in transforms."""

from typing import TypeVar, cast

from archc.network import ir
from archc.ops.operator import Operator
from archc.ops.plain import Identity

AnyOperator = TypeVar("AnyOperator", bound=Operator)


def with_fields(operator: AnyOperator, **fields: object) -> AnyOperator:
    """Return the operator with some fields replaced, without validating them again."""
    known = {name: getattr(operator, name) for name in type(operator).model_fields}
    return cast("AnyOperator", type(operator).model_construct(**known | fields))


def original_ops(op: ir.Op) -> tuple[ir.Op, ...]:
    """Return the operators of the spec that were merged into this one, or the operator itself."""
    return op.replaces or (op,)


def as_identity(op: ir.Op) -> ir.Op:
    """Return an Identity in the operator's place."""
    return op._replace(operator=Identity(), symbols={})


def without_child(sequence: ir.Sequence, index: int) -> ir.Node:
    """Return the sequence without the operator at ``index``.

    If layers are named by their positions, the operators after it are renumbered, and a single
    remaining operator replaces the sequence and takes its name. Structures are never renumbered,
    since the paths of their layers would change: if one follows, an Identity takes the operator's
    place instead.
    """
    op, after = sequence.children[index], sequence.children[index + 1 :]
    assert isinstance(op, ir.Op)
    before = sequence.children[:index]
    if not op.name.isdigit():
        return sequence._replace(children=before + after)
    operators = [node for node in after if isinstance(node, ir.Op)]
    if len(operators) < len(after):
        return sequence._replace(children=(*before, as_identity(op), *after))
    renumbered = tuple(
        _renamed(node, f"{sequence.path}.{place}", str(place))
        for place, node in enumerate(operators, start=int(op.name))
    )
    rest = before + renumbered
    if len(rest) == 1 and sequence.name and isinstance(rest[0], ir.Op):
        return _renamed(rest[0], sequence.path, sequence.name)
    return sequence._replace(children=rest)


def _renamed(op: ir.Op, path: str, name: str) -> ir.Op:
    return op._replace(path=path, name=name, replaces=original_ops(op))
