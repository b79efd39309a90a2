"""A softmax stands where its output goes into a loss, or into another layer.

## Why
The cross entropy takes logits and applies its own softmax: of probabilities
its gradient nearly vanishes, and training crawls without any error. A softmax
as the network's last row is fine: the generated code applies it in
`probabilities` only, never before a loss.

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
    """A remark for each softmax but the one that is the network's last row."""
    for op in analysis.shapes.ops:
        activation = getattr(op.operator, "activation", None)
        is_last = op is analysis.network.rows[-1] and activation is None
        if isinstance(activation or op.operator, Softmax) and not is_last:
            hint = "make it the last row of the network, prob: Softmax"
            yield violation(op, "this softmax stands in front of a loss or of another layer", hint)
