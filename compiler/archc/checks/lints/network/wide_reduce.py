"""A 1x1 reduction increases the number of channels.

## Why
A 1x1 reduction before a larger convolution makes the convolution cheaper
(arXiv:1409.4842, section 4). A 1x1 that widens instead costs more than the
convolution alone, and is usually a swapped or mistyped cell. The lint does not
report a 1x1 before a grouped convolution, where widening is intended, nor one
within a Residual whose output has at least as many channels, as in the first
wide block of a stage (arXiv:1605.07146).

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
    """Report 1x1 convolutions that widen before a larger convolution."""
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
            widens = f"widens {channels} channels to {reduction.out}"
            message = f"the 1x1 before a {larger.window} {widens}"
            yield violation(first, message, f"use at most {channels}, or remove the 1x1")
