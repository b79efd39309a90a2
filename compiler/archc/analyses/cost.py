"""What every layer costs: parameters by kind, multiply-accumulates, and the rest apart."""

from collections.abc import Iterable

from archc.analyses.shapes import Shapes
from archc.ops.operator import Cost


def count_cost(shapes: Shapes) -> tuple[Cost, ...]:
    """The cost of each operator, in the order of ``shapes.ops``. Exact integers, for one image."""
    layers = zip(shapes.ops, shapes.given, shapes.made, strict=True)
    return tuple([op.operator.cost(shape, output) for op, shape, output in layers])


def total(costs: Iterable[Cost]) -> Cost:
    """The sum, field by field."""
    costs = tuple(costs)
    if len(costs) == 1:
        return costs[0]
    return Cost(*map(sum, zip(*costs, strict=True)))
