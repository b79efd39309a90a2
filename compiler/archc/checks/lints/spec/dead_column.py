"""A column of a module has the same value in every row.

## Why
A value that never differs belongs in the module: the rows become shorter, and
the number cannot be mistyped. The lint needs at least three rows.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
modules:
  Module:
    columns: [narrow, wide]
    Sequence:
      conv1: {Conv: 1x1, out: narrow, activation: ReLU}
      conv2: {Conv: 3x3, out: wide, activation: ReLU}
body:
  stem: {Conv: 3x3, out: 64, activation: ReLU}
  row1: {Module: [16, 32]}
  row2: {Module: [16, 48]}
  row3: {Module: [16, 64]}
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
modules:
  Module:
    columns: [wide]
    Sequence:
      conv1: {Conv: 1x1, out: 16, activation: ReLU}
      conv2: {Conv: 3x3, out: wide, activation: ReLU}
body:
  stem: {Conv: 3x3, out: 64, activation: ReLU}
  row1: {Module: [32]}
  row2: {Module: [48]}
  row3: {Module: [64]}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation
from archc.network import ir

CODE = "L201"
FEWEST_ROWS = 3


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report columns with one value in all rows, at their module."""
    network = analysis.network
    calls: dict[str, list[ir.Call]] = {}
    for node in network.rows_and_heads:
        for inner in ir.walk(node):
            if type(inner) is ir.Call and inner.arguments:
                calls.setdefault(inner.module, []).append(inner)
    for name, rows in calls.items():
        if len(rows) < FEWEST_ROWS:
            continue
        for column, argument in rows[0].arguments.items():
            if all(row.arguments[column].value == argument.value for row in rows):
                message = f"{column} of {name} is {argument.value} in all {len(rows)} rows"
                hint = f"write {argument.value} in the module and remove the column"
                yield Violation("", network.modules[name].span, message, hint)
