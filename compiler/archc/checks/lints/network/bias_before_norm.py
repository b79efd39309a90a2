"""A convolution has a bias, and a norm behind it that takes it away again.

## Why
Batch normalisation subtracts the mean, and with it every bias
(arXiv:1502.03167, section 3.2). The bias is a parameter that is stored, read
and decayed, and changes nothing. Where something else reads the layer as well,
such as the sum of a Residual, the bias counts there and is not remarked.

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
    """A remark for each such bias, whether the norm is the layer's own or the next one."""
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
        # What also goes past the norm needs its bias there.
        all_norms = all(isinstance(edge.second.operator, BatchNorm) for edge in edges)
        is_kept = any(edge.is_kept for edge in edges)
        if all_norms and not is_kept and follows and before.biased:
            yield _violation(first)


def _violation(op: ir.Op) -> Violation:
    return violation(op, "this bias is subtracted again by the norm behind it", "set bias: false")
