"""The same activation is applied twice in a row.

## Why
A second ReLU has no effect; the softmax of a softmax is nearly uniform. Usually
the first activation comes from `defaults`, and the second is redundant.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv: {Conv: 3x3, out: 16, activation: ReLU}
  relu: ReLU
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
  conv: {Conv: 3x3, out: 16, activation: ReLU}
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
from archc.ops.activation import Activation

CODE = "L106"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report activations that repeat the one before."""
    for first, second, _ in analysis.edges:
        layer, again = first.operator, second.operator
        last = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
        if isinstance(again, Activation) and type(last) is type(again):
            message = f"{first.path} already ends in a {type(again).__name__}"
            label = Label(first.span, f"first applied in {first.path}")
            yield violation(second, message, "remove one of the two", label)
