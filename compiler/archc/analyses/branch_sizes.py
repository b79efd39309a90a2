"""Explain why a branch of a Concat or Residual differs in size from the others."""

from collections.abc import Sequence
from typing import NamedTuple

from archc.diagnostics import Label
from archc.network import ir
from archc.ops.operator import Operator, Pair, Shape, format_shape
from archc.ops.window import Window, arithmetic


class Reason(NamedTuple):
    """The layer that set the size of a branch, the arithmetic, and a change that makes it fit."""

    label: Label | None
    note: str | None
    hint: str | None


def explain_size(layers: Sequence[tuple[ir.Op, Shape, Shape]], wanted: Shape) -> Reason:
    """Return the last of a branch's layers that changes the size, and a change of it that fits.

    ``layers`` are operators with their input and output shapes. For example, a 3x3 without padding
    turns 16x16 into 14x14, and "3x3 same gives 16x16" is the change for a wanted size of 16x16.
    """
    for op, before, after in reversed(layers):
        if before[1:] != after[1:]:
            sizes = f"from {format_size(before[1:])} to {format_size(after[1:])}"
            note = _arithmetic_note(op.operator, before, after)
            change = _fitting_change(op.operator, before, wanted)
            return Reason(Label(op.span, f"{sizes} here"), note, change)
    return Reason(None, "no layer of this branch changes the size", None)


def _fitting_change(operator: Operator, before: Shape, wanted: Shape) -> str | None:
    """Return the change of one field that gives the wanted size, such as ``ceil: true``."""
    changes: list[tuple[dict[str, object], str]] = []
    window = getattr(operator, "window", None)
    ceil = getattr(operator, "ceil", None)
    if isinstance(window, Window) and ceil is not None:
        changes.append(({"ceil": not ceil}, f"ceil: {'false' if ceil else 'true'} gives"))
    if isinstance(window, Window):
        mode = "valid" if any(getattr(operator, "pads", ())) else "same"
        changes.append(({"window": window._replace(mode=mode)}, f"{window} {mode} gives"))
    for change, words in changes:
        fields = {name: getattr(operator, name) for name in type(operator).model_fields} | change
        try:
            changed = type(operator)(**fields)
        except ValueError:
            continue
        if changed.output(before)[1:] == wanted:
            return f"{words} {format_size(wanted)}"
    return None


def _arithmetic_note(operator: Operator, before: Shape, after: Shape) -> str | None:
    """Return the arithmetic of the first side that changed; None for a global or adaptive pool."""
    window = getattr(operator, "window", None)
    if not isinstance(window, Window):
        return None
    axis = 0 if before[1] != after[1] else 1
    pads: Pair = getattr(operator, "pads", (0, 0))
    step = (window.stride or (1, 1))[axis]
    ceil = bool(getattr(operator, "ceil", False))
    total = arithmetic(before[1 + axis], window.kernel[axis], step, pads[axis], ceil)
    return f"{type(operator).__name__} gives {total}"


def format_size(size: Shape) -> str:
    """Return height and width as text; ``flat`` for features, which have neither."""
    return format_shape(size) if size else "flat"
