"""An auxiliary head taps the last row of the body or a row of the head.

## Why
An auxiliary head adds a gradient in the middle of the network
(arXiv:1409.4842, section 5). After the last row it only repeats the gradient
of the main loss, at extra cost.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
body:
  conv1: {Conv: 3x3/2, out: 8, activation: ReLU}
  conv2: {Conv: 3x3/2, out: 16, activation: ReLU}
aux:
  aux1: {Aux: [{AvgPool: global}, Flatten, {Linear: classes}], from: conv2, loss_weight: 0.3}
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
  conv1: {Conv: 3x3/2, out: 8, activation: ReLU}
  conv2: {Conv: 3x3/2, out: 16, activation: ReLU}
aux:
  aux1: {Aux: [{AvgPool: global}, Flatten, {Linear: classes}], from: conv1, loss_weight: 0.3}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: classes}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation

CODE = "L102"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report auxiliary heads that tap a row after which only the head follows."""
    network = analysis.network
    body = [row.name for row in network.rows if network.sections[row.name] != "head"]
    late = {row.name for row in network.rows} - {*body[:-1]}
    for head in network.aux:
        if head.tap in late:
            message = f"this auxiliary head taps {head.tap}, after which only the head follows"
            hint = "tap a row in the middle of the network"
            yield Violation(head.body.path, head.span, message, hint)
