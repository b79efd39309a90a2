"""The output of a softmax goes into a loss or another layer.

## Why
Cross entropy expects logits and applies its own softmax. With probabilities as
input its gradient nearly vanishes, and training is slow without any error. A
softmax as the last row of the network is fine: the generated code applies it
only in `probabilities`, never before a loss.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
head:
  flatten: Flatten
  fc: {Linear: classes, activation: Softmax}
```

## Instead
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
head:
  flatten: Flatten
  fc: {Linear: classes}
  prob: Softmax
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.ops.activation import Softmax

CODE = "L108"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report every softmax that is not the last row of the network."""
    for op in analysis.shapes.ops:
        activation = getattr(op.operator, "activation", None)
        is_last = op is analysis.network.rows[-1] and activation is None
        if isinstance(activation or op.operator, Softmax) and not is_last:
            hint = "make it the last row of the network: prob: Softmax"
            yield violation(op, "this softmax feeds a loss or another layer", hint)
