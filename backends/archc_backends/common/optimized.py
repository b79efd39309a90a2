"""Sentences in a generated file about how the network was optimised."""

from archc.analyses import Analysis
from archc.diagnostics.wording import join_words, pluralize
from archc.driver.optimize import Optimized, origins_of
from archc.network import ir
from archc.ops.convolution import Conv, Convolution
from archc.ops.normalization import BatchNorm


def headline(optimized: Optimized) -> str:
    """Return one sentence about what the file is."""
    use = "in fewer steps" if optimized.recipe.is_trainable else "for inference"
    return f"{optimized.analysis.network.name}: {optimized.original.network.name} {use}."


def summary(optimized: Optimized, inference: bool = False) -> str:
    """Describe what was done to the network, and what that saves.

    With ``inference``, auxiliary heads and dropout are neither counted nor mentioned: such a file
    never has them.
    """
    before, after = optimized.original, optimized.analysis
    plain = before.network
    ops = _operators(after, inference)
    sources = [source for op in ops for origin in origins_of(op) for source in origin.sources]
    done = []
    if folded := sum(bool(source.norm) for source in sources):
        done.append(f"{pluralize(folded, 'norm')} folded into the convolutions before")
    if merged := [op.replaces for op in ops if _filters(op.replaces) > 1]:
        siblings = sum(map(_filters, merged))
        done.append(f"{siblings} sibling 1x1 convolutions merged into {len(merged)}")
    left_out = []
    if heads := len(plain.aux) - len(after.network.aux):
        left_out.append(pluralize(heads, "auxiliary head"))
    if not optimized.recipe.is_trainable and (dropouts := _dropouts(plain)):
        left_out.append(pluralize(dropouts, "dropout"))
    if left_out and not inference:
        done.append(f"{join_words(left_out)} left out")
    if not done:
        return f"{plain.name} has nothing that could be made faster."
    new, old = (_sizes(analysis, inference) for analysis in (after, before))
    return (
        f"{'; '.join(done)}. It has {new[0]} convolutions, {new[1]} norms and {new[2]} parameters, "
        f"{plain.name} {old[0]}, {old[1]} and {old[2]}."
    )


def _operators(analysis: Analysis, inference: bool) -> list[ir.Op]:
    if not inference:
        return list(analysis.shapes.ops)
    return [layer.op for row in analysis.rows for layer in row.layers]


def _dropouts(network: ir.Network) -> int:
    """Count dropouts outside auxiliary heads."""
    nodes = (node for row in network.rows for node in ir.walk(row))
    return sum(isinstance(node, ir.Op) and node.operator.training_only for node in nodes)


def _sizes(analysis: Analysis, inference: bool) -> tuple[str, str, str]:
    """Count convolutions, norms and parameters."""
    operators = [op.operator for op in _operators(analysis, inference)]
    convolutions = sum(isinstance(operator, Convolution) for operator in operators)
    norms = sum(isinstance(operator, BatchNorm) for operator in operators)
    norms += sum(getattr(operator, "norm", None) is not None for operator in operators)
    cost = analysis.cost if inference else analysis.cost_with_aux
    return str(convolutions), str(norms), f"{cost.params:,}"


def _filters(ops: tuple[ir.Op, ...]) -> int:
    return sum(isinstance(op.operator, Conv) for op in ops)
