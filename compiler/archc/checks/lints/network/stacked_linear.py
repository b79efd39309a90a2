"""Two layers with weights have no activation between them.

## Why
Two linear maps in sequence are one linear map: the second layer adds parameters
but no expressive power. The lint looks through norms, pools, dropouts and
Concats between the two. Usually an activation was forgotten, or the layer's
kind was changed and `defaults` set the activation only for the old kind.

The lint does not report intended cases: the output of a Residual's body, a
depthwise convolution before its 1x1, and a linear bottleneck, which is a 1x1
that narrows before a 1x1 that widens (arXiv:1801.04381). It does not report a
layer either if any path from it reaches an activation first.

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
    """Report layers that feed another layer with weights without an activation between."""
    for first, second, _ in find_linear_paths(analysis.network):
        if not _is_meant(first, second, analysis):
            message = "no activation between this layer and the next layer with weights"
            hint = "set activation: ReLU, or merge the two layers"
            if isinstance(first.operator, SeparableConv):
                hint = "set activation: ReLU; defaults of Conv do not apply to SeparableConv"
            label = Label(second.span, f"next layer with weights: {second.path}")
            yield violation(first, message, hint, label)


def _is_meant(first: ir.Op, second: ir.Op, analysis: Analysis) -> bool:
    """Return whether the first is depthwise, or the two form a linear bottleneck."""
    one, other = first.operator, second.operator
    if not isinstance(one, Conv) or not isinstance(other, Conv):
        return False
    given, read = (analysis.shapes.input(op)[0] for op in (first, second))
    if other.window.kernel != (1, 1):
        return False
    is_depthwise = 1 < given == one.groups
    is_bottleneck = one.window.kernel == (1, 1) and one.out < given and other.out > read
    return is_depthwise or is_bottleneck
