"""A 1x1 reduction gives more channels than it reads.

## Why
A reduction stands in front of a larger convolution to make it cheaper
(arXiv:1409.4842, section 4). One that widens costs more than the convolution
alone, and is most often a swapped or mistyped cell. A convolution that is
grouped is left alone: there, widening first is the point. So is one in a
Residual that gives as many channels itself, as in the first of wide blocks
(arXiv:1605.07146).

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv: [{Conv: 1x1, out: 64, activation: ReLU}, {Conv: 3x3, out: 32, activation: ReLU}]
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
  conv: {Conv: 3x3, out: 32, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.network import ir
from archc.ops.convolution import Conv

CODE = "L101"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """A remark for each such reduction."""
    network = analysis.network
    bodies = network.rows_and_heads
    residuals = [n for body in bodies for n in ir.walk(body) if isinstance(n, ir.Residual)]
    given = {
        id(op): analysis.shapes.output(residual)[0]
        for residual in residuals
        for op in ir.walk(residual)
    }
    for first, second, _ in analysis.edges:
        reduction, larger = first.operator, second.operator
        if not isinstance(reduction, Conv) or not isinstance(larger, Conv):
            continue
        channels = analysis.shapes.input(first)[0]
        is_reduction = reduction.window.kernel == (1, 1) and reduction.stride == (1, 1)
        is_larger = max(larger.window.kernel) > 1 and larger.groups == 1
        is_wide = reduction.out > max(channels, given.get(id(first), 0))
        if is_reduction and is_larger and is_wide:
            made = f"makes {reduction.out} channels of {channels}"
            message = f"the 1x1 in front of a {larger.window} {made}"
            yield violation(first, message, f"give at most {channels}, or leave the 1x1 out")
