"""An auxiliary head taps the last row, or the head itself.

## Why
An auxiliary head sends a gradient into the middle of the network
(arXiv:1409.4842, section 5). Behind the last row it trains what the main loss
trains already, and only costs.

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
    """A remark for each such head, at the row that it names."""
    network = analysis.network
    body = [row.name for row in network.rows if network.sections[row.name] != "head"]
    late = {row.name for row in network.rows} - {*body[:-1]}
    for head in network.aux:
        if head.tap in late:
            message = f"this auxiliary head taps {head.tap}, behind which only the head follows"
            hint = "tap a row in the middle of the network"
            yield Violation(head.body.path, head.span, message, hint)
