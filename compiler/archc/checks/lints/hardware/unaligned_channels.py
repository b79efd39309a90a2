"""The number of channels is not a multiple of the hardware's vector size.

## Why
Vector units and tensor cores process 4 to 16 channels at a time, and a partial
group costs as much as a full one (NVIDIA, "Matrix Multiplication Background
User's Guide": multiples of 16 bytes). The lint runs only if the spec or
`--target` names a target: `avx2` and `tensor_cores` need multiples of 8,
`avx512` of 16, `neon` of 4.

## Example
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
lints:
  unaligned_channels: {target: tensor_cores}
body:
  conv: {Conv: 3x3, out: 20, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: 16}
```

## Instead
```yaml
archc: 1
name: Net
input: 3x32x32
classes: 10
lints:
  unaligned_channels: {target: tensor_cores}
body:
  conv: {Conv: 3x3, out: 24, activation: ReLU}
head:
  pool: {AvgPool: global}
  flatten: Flatten
  fc: {Linear: 16}
```
"""

from collections.abc import Iterator

from archc.analyses import Analysis
from archc.checks.lints.violation import Violation, violation
from archc.language.sections.lint_settings import TARGETS
from archc.network import ir

CODE = "L301"


def lint(analysis: Analysis, target: str | None) -> Iterator[Violation]:
    """Report layers whose number of channels does not fill the target's vectors."""
    if target is None:
        return
    multiple = TARGETS[target]
    for op, channels in zip(analysis.shapes.ops, map(_channels, analysis.shapes.ops), strict=True):
        if channels is None or channels % multiple == 0:
            continue
        message = f"{channels} channels are not a multiple of {multiple}, as {target} requires"
        below, above = channels // multiple * multiple, -(-channels // multiple) * multiple
        yield violation(op, message, f"use {below} or {above}" if below else f"use {above}")


def _channels(op: ir.Op) -> int | None:
    field = type(op.operator).channels_field
    return None if field is None else int(getattr(op.operator, field))
