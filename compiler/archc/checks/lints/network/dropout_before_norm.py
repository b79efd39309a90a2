"""A dropout comes before a batch norm.

## Why
Dropout changes the variance of its output in training but not at inference, so
the running variance of a later norm is wrong at inference (arXiv:1801.05134).
Place dropout after the last norm.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv1: {Conv: 3x3, out: 16, norm: BatchNorm, activation: ReLU}
  dropout: {Dropout: 0.2}
  conv2: {Conv: 3x3, out: 16, norm: BatchNorm, activation: ReLU}
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
  conv1: {Conv: 3x3, out: 16, norm: BatchNorm, activation: ReLU}
  conv2: {Conv: 3x3, out: 16, norm: BatchNorm, activation: ReLU}
  dropout: {Dropout: 0.2}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.diagnostics import Label
from archc.ops.normalization import BatchNorm
from archc.ops.plain import Dropout

CODE = "L110"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report dropouts that feed a norm."""
    for first, second, _ in analysis.edges:
        if not isinstance(first.operator, Dropout) or first.operator.p == 0:
            continue
        after = second.operator
        if isinstance(after, BatchNorm) or getattr(after, "norm", None) is not None:
            message = "this dropout distorts the running variance of the next norm"
            label = Label(second.span, f"norm of {second.path}")
            yield violation(first, message, "move the dropout after the last norm", label)
