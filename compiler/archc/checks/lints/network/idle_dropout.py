"""A dropout with probability 0 does nothing.

## Why
It is a row of the table and a line of the generated code that never acts. A
rate that is to be set later is a parameter.

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
    """A remark for each such dropout."""
    for op in analysis.shapes.ops:
        if isinstance(op.operator, Dropout) and op.operator.p == 0:
            yield violation(
                op, "this dropout drops nothing", "leave it out, or give its probability"
            )
