"""What a network may cost, as its spec allows it."""

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic


def check_budget(analysis: Analysis) -> list[Diagnostic]:
    """A finding for each line of the budget that the network exceeds."""
    spent = {
        "params": analysis.cost.params,
        "params_with_aux": analysis.cost_with_aux.params,
        "macs": analysis.cost.macs,
        "depth": analysis.depth,
        "activations": analysis.memory,
    }
    return [
        Diagnostic(
            Code.OVER_BUDGET,
            f"{name}: {spent[name]:,} is more than the budget of {limit.value:,}",
            limit.span,
            notes=(f"{spent[name] - limit.value:,} too many",),
        )
        for name, limit in analysis.network.budget.items()
        if spent[name] > limit.value
    ]
