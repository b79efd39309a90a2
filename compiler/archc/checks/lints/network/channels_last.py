"""The input looks like height x width x channels.

## Why
archc writes channels first, as PyTorch and papers do; Keras and image files
have them last. An image of 224x224x3 would have 224 channels, and each of its
rows three columns. Such a network can be valid, and it learns nothing.

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
    """A remark at the layer that reads such an input."""
    network = analysis.network
    turned = channels_first(format_shape(network.input))
    # Signals of one dimension have a width of 1 or less than 5; an image is about as wide as high.
    channels, height, _ = network.input
    if turned is not None and channels <= 2 * height and height <= 2 * channels:
        message = f"the input {format_shape(network.input)} has its channels last, it seems"
        yield violation(network.rows[0], message, f"channels come first, input: {turned}")
