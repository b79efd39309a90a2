"""A 1x1 after the pool of a branch keeps the number of channels.

## Why
In a module that reduces the size, the output of the pool is used as it is
(arXiv:1502.03167, figure 5). A 1x1 with as many output as input channels saves
nothing and adds weights: the number of channels squared.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
modules:
  Reduction:
    Concat:
      branch1: {Conv: 3x3/2, out: 8, activation: ReLU}
      branch2: [{MaxPool: 3x3/2 same}, {Conv: 1x1, out: 3, activation: ReLU}]
body:
  reduction: Reduction
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
modules:
  Reduction:
    Concat:
      branch1: {Conv: 3x3/2, out: 8, activation: ReLU}
      branch2: {MaxPool: 3x3/2 same}
body:
  reduction: Reduction
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.ops.convolution import Conv
from archc.ops.pooling import AvgPool, MaxPool
from archc.ops.window import Window

CODE = "L103"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report 1x1 convolutions that keep the channels of a reducing pool."""
    for first, second, _ in analysis.edges:
        pool, projection = first.operator, second.operator
        if not isinstance(pool, MaxPool | AvgPool) or not isinstance(projection, Conv):
            continue
        shape = analysis.shapes.input(second)
        reduces = isinstance(pool.window, Window) and max(pool.window.stride or (1, 1)) > 1
        # A row of its own is not a branch: the layer after its pool is the next stage.
        in_branch = "." in first.path
        keeps = projection.window.kernel == (1, 1) and projection.out == shape[0]
        if reduces and in_branch and keeps:
            message = f"the 1x1 after a {pool.window} pool keeps its {shape[0]} channels"
            yield violation(second, message, "remove the 1x1")
