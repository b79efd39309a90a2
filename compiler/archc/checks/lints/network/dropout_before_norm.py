"""A dropout stands in front of a batch normalisation.

## Why
Dropout changes the variance of what follows while training and not afterwards:
the running variance that the norm has learned is then wrong at inference
(arXiv:1801.05134). Dropout belongs behind the last norm.

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
    """A remark for each such dropout."""
    for first, second, _ in analysis.edges:
        if not isinstance(first.operator, Dropout) or first.operator.p == 0:
            continue
        after = second.operator
        if isinstance(after, BatchNorm) or getattr(after, "norm", None) is not None:
            message = "this dropout shifts the variance that the next norm learns"
            label = Label(second.span, f"the norm of {second.path}")
            yield violation(first, message, "drop behind the last norm", label)
