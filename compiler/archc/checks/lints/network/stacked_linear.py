"""A layer with weights feeds others with nothing non-linear between them.

## Why
A linear map of a linear map is one linear map: the second layer adds
parameters, and nothing that the network can express. A norm, a pool, a dropout
or a Concat between them changes that as little. Most often an activation was
forgotten, or a layer's kind was changed and `defaults` give the activation to
the old kind alone.

Nothing is remarked where it is meant: what a Residual adds, a depthwise layer
in front of its 1x1, and a linear bottleneck, which is a 1x1 that narrows in
front of a 1x1 that widens (arXiv:1801.04381). Nor where some way from the
layer meets an activation first.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv1: {Conv: 3x3, out: 16}
  conv2: {Conv: 3x3, out: 32, activation: ReLU}
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
  conv1: {Conv: 3x3, out: 16, activation: ReLU}
  conv2: {Conv: 3x3, out: 32, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.analyses.linear_paths import find_linear_paths
from archc.checks.lints.violation import Violation, violation
from archc.diagnostics import Label
from archc.network import ir
from archc.ops.convolution import Conv, SeparableConv

CODE = "L105"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """A remark for each such layer."""
    for first, second, _ in find_linear_paths(analysis.network):
        if not _is_meant(first, second, analysis):
            message = "nothing non-linear stands between this layer and the next with weights"
            hint = "set activation: ReLU, or make one layer of both"
            if isinstance(first.operator, SeparableConv):
                hint = "set activation: ReLU: what defaults say of Conv is not for SeparableConv"
            label = Label(second.span, f"{second.path} follows")
            yield violation(first, message, hint, label)


def _is_meant(first: ir.Op, second: ir.Op, analysis: Analysis) -> bool:
    """Whether the first is depthwise, or the two are the two sides of a linear bottleneck."""
    one, other = first.operator, second.operator
    if not isinstance(one, Conv) or not isinstance(other, Conv):
        return False
    given, read = (analysis.shapes.input(op)[0] for op in (first, second))
    if other.window.kernel != (1, 1):
        return False
    is_depthwise = 1 < given == one.groups
    is_bottleneck = one.window.kernel == (1, 1) and one.out < given and other.out > read
    return is_depthwise or is_bottleneck
