"""Layers, modules and auxiliary heads as written in the spec, before modules are expanded."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.diagnostics.spans import Span
from archc.language.yaml.nodes import Entry


class Layer(NamedTuple):
    """One layer.

    ``fields`` holds the arguments of an operator or structure, or the cells of a module's row by
    column. ``children`` holds the layers of a structure: those of a Sequence, the branches of a
    Concat, the body and the shortcut of a Residual, the one layer of a Repeat. ``name`` is empty
    for a structure without a name.
    """

    name: str
    kind: str
    fields: Mapping[str, Entry]
    children: "tuple[Layer, ...]"
    span: Span


class ModuleDefinition(NamedTuple):
    """A module; the body is a Sequence, Concat or Residual."""

    name: str
    columns: tuple[str, ...]
    about: str
    body: Layer
    span: Span


class AuxHead(NamedTuple):
    """An auxiliary head: its layer, the row that it taps, and its weight in the loss."""

    layer: Layer
    tap: str
    loss_weight: float
    span: Span
