"""A layer has a bias that the following batch norm cancels.

## Why
Batch normalisation subtracts the mean, which includes the bias
(arXiv:1502.03167, section 3.2). The bias is stored, read and decayed without
any effect. The lint does not report a layer that feeds something else as well,
such as the sum of a Residual, where the bias has an effect.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv: {Conv: 3x3, out: 16, bias: true, norm: BatchNorm, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```

## Instead
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv: {Conv: 3x3, out: 16, norm: BatchNorm, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.analyses.adjacency import Edge
from archc.checks.lints.violation import Violation, violation
from archc.network import ir
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.ops.normalization import BatchNorm

CODE = "L104"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report biases before a norm, whether the norm is the layer's own or the next layer."""
    for op in analysis.shapes.ops:
        layer = op.operator
        if isinstance(layer, Conv | SeparableConv) and layer.norm is not None and layer.biased:
            yield _violation(op)
    readers: dict[int, list[Edge]] = {}
    for edge in analysis.edges:
        readers.setdefault(id(edge.first), []).append(edge)
    for edges in readers.values():
        first = edges[0].first
        before = first.operator
        if not isinstance(before, Conv | SeparableConv | Linear):
            continue
        follows = before.activation is None and getattr(before, "norm", None) is None
        # Readers other than norms need the bias.
        all_norms = all(isinstance(edge.second.operator, BatchNorm) for edge in edges)
        is_kept = any(edge.is_kept for edge in edges)
        if all_norms and not is_kept and follows and before.biased:
            yield _violation(first)


def _violation(op: ir.Op) -> Violation:
    return violation(op, "the norm after this layer cancels its bias", "set bias: false")
