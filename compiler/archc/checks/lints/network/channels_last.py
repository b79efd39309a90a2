"""The input looks like height x width x channels.

## Why
archc puts channels first, as PyTorch does; Keras and image files put them last.
archc reads 224x224x3 as 224 channels of 224x3 pixels. Such a network can be
valid but does not learn from images as intended.

## Example
```yaml
archc: 1
name: Net
input: 32x32x3
classes: 10
body:
  conv: {Conv: 3x3, out: 16, activation: ReLU}
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
from archc.language.sections.models import channels_first
from archc.ops.operator import format_shape

CODE = "L111"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report the first layer if the input seems to have its channels last."""
    network = analysis.network
    turned = channels_first(format_shape(network.input))
    # Images are roughly square. One-dimensional signals, whose last size is also small, are not.
    channels, height, _ = network.input
    if turned is not None and channels <= 2 * height and height <= 2 * channels:
        message = f"the input {format_shape(network.input)} seems to have its channels last"
        yield violation(network.rows[0], message, f"put channels first: input: {turned}")
