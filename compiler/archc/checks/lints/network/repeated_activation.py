"""An activation is applied twice.

## Why
The ReLU of a ReLU is the same ReLU; the softmax of a softmax is nearly
uniform. One of the two is a leftover, most often of a default that the layer
in front has already taken.

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
    """A remark for each second activation."""
    for first, second, _ in analysis.edges:
        layer, again = first.operator, second.operator
        last = layer if isinstance(layer, Activation) else getattr(layer, "activation", None)
        if isinstance(again, Activation) and type(last) is type(again):
            message = f"{first.path} ends in a {type(again).__name__} already"
            label = Label(first.span, f"{first.path} stands in front")
            yield violation(second, message, "leave one of the two out", label)
