"""The cost of every layer: parameters, multiply-accumulates and other operations."""

from collections.abc import Iterable

from archc.analyses.shapes import Shapes
from archc.ops.operator import Cost


def count_cost(shapes: Shapes) -> tuple[Cost, ...]:
    """Return the cost of each of ``shapes.ops`` for one image, as exact integers."""
    layers = zip(shapes.ops, shapes.inputs, shapes.outputs, strict=True)
    return tuple([op.operator.cost(shape, output) for op, shape, output in layers])


def total(costs: Iterable[Cost]) -> Cost:
    """Return the sum of each field."""
    costs = tuple(costs)
    if len(costs) == 1:
        return costs[0]
    return Cost(*map(sum, zip(*costs, strict=True)))
