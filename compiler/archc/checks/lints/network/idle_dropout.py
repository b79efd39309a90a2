"""A dropout has probability 0 and does nothing.

## Why
It adds a row to the table and a line to the generated code without any effect.
To set the probability later, use a parameter.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
head:
  flatten: Flatten
  dropout: {Dropout: 0}
  fc: {Linear: classes}
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
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.ops.plain import Dropout

CODE = "L109"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report dropouts with probability 0."""
    for op in analysis.shapes.ops:
        if isinstance(op.operator, Dropout) and op.operator.p == 0:
            yield violation(op, "this dropout does nothing", "remove it or set its probability")
