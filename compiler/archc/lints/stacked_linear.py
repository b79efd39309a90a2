"""Two linear layers follow one another with no activation between them.

## Why
A linear map of a linear map is one linear map: the second layer adds
parameters, and nothing that the network can express. A norm between them
changes that as little. Most often an activation was forgotten.

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

from archc.analysis import Analysis
from archc.diagnostics import Label
from archc.ops.convolution import Conv, SeparableConv
from archc.ops.linear import Linear
from archc.remarks import Remark, remark

CODE = "L105"


def lint(analysis: Analysis, target: str | None) -> Iterator[Remark]:
    """A remark for each such pair, at the first of the two."""
    for first, second in analysis.pairs:
        before, after = first.operator, second.operator
        if not isinstance(before, Conv | SeparableConv | Linear) or before.activation is not None:
            continue
        if isinstance(after, Conv | SeparableConv | Linear):
            message = "no activation stands between this layer and the next linear one"
            label = Label(second.span, f"{second.path} follows")
            yield remark(first, message, "write activation: ReLU, or make one layer of both", label)
