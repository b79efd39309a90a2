"""Depth: the number of layers with weights on the longest path through a node."""

from archc.network import ir


def measure_depth(node: ir.Node) -> int:
    """Return the depth as papers count it: 0 for a pool, the deepest branch for a Concat."""
    if type(node) is ir.Op:
        return node.operator.depth
    if type(node) is ir.Concat:
        return max([measure_depth(branch) for branch in node.branches])
    if type(node) is ir.Fork:
        shared = measure_depth(node.shared)
        branches = zip(node.parts, node.branches, strict=True)
        return max([measure_depth(branch) + (shared if part else 0) for part, branch in branches])
    if type(node) is ir.Residual:
        shortcut = 0 if node.shortcut is None else measure_depth(node.shortcut)
        return max(measure_depth(node.body), shortcut)
    return sum([measure_depth(child) for child in node.children])
