"""Check a network against the budget of its spec."""

from archc.analyses import Analysis
from archc.diagnostics import Code, Diagnostic


def check_budget(analysis: Analysis) -> list[Diagnostic]:
    """Return a diagnostic for each limit that the network exceeds."""
    costs = {
        "params": analysis.cost.params,
        "params_with_aux": analysis.cost_with_aux.params,
        "macs": analysis.cost.macs,
        "depth": analysis.depth,
        "activations": analysis.memory,
    }
    return [
        Diagnostic(
            Code.OVER_BUDGET,
            f"{name}: {costs[name]:,} is more than the budget of {limit.value:,}",
            limit.span,
            notes=(f"{costs[name] - limit.value:,} too many",),
        )
        for name, limit in analysis.network.budget.items()
        if costs[name] > limit.value
    ]
