"""A stride is larger than the kernel, so part of the input is skipped.

## Why
A 1x1 with stride 2 reads a quarter of its input and ignores the rest. A pool or
a larger kernel keeps the information at little cost. The lint does not report
the shortcut of a Residual, where this is common because the other branch reads
everything (arXiv:1512.03385).

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv: {Conv: 1x1/2, out: 16, activation: ReLU}
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
  conv: {Conv: 3x3/2, out: 16, activation: ReLU}
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
from archc.ops.window import Window

CODE = "L107"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report windows with a stride larger than their kernel, except in shortcuts."""
    network = analysis.network
    bodies = network.rows_and_heads
    shortcuts = {
        id(op)
        for body in bodies
        for node in ir.walk(body)
        if isinstance(node, ir.Residual) and node.shortcut is not None
        for op in ir.walk(node.shortcut)
    }
    for op in analysis.shapes.ops:
        if id(op) in shortcuts:
            continue
        window = getattr(op.operator, "window", None)
        if not isinstance(window, Window) or window.stride is None:
            continue
        (height, width), (down, right) = window.kernel, window.stride
        if down > height or right > width:
            read, of = min(height, down) * min(width, right), down * right
            message = f"{window} reads {read} of every {of} elements and skips the rest"
            hint = f"a {max(height, down)}x{max(width, right)} kernel reads all elements"
            yield violation(op, message, hint)
