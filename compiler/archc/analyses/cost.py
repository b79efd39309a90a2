"""What every layer costs: parameters by kind, multiply-accumulates, and the rest apart."""

from collections.abc import Iterable

from archc.analyses.shapes import Layer
from archc.ops.operator import Cost


def count_cost(layers: Iterable[Layer]) -> tuple[Cost, ...]:
    """The cost of each layer, in the same order. Exact integers, for one image."""
    return tuple([op.operator.cost(shape, output) for op, shape, output in layers])


def total(costs: Iterable[Cost]) -> Cost:
    """The sum, field by field."""
    costs = tuple(costs)
    if len(costs) == 1:
        return costs[0]
    return Cost(*map(sum, zip(*costs, strict=True))) if costs else Cost()
