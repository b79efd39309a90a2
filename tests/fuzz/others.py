"""Draws operators that the other files do not know, from the types of their fields.

``valid`` draws all of them, and asks archc for their shapes. The other campaigns draw those with an
entry in READINGS, which is where a new operator gets a second reading.
"""

from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from fuzz.features import OPERATORS as KNOWN
from fuzz.plain import Data

from archc.ops import OPERATORS
from archc.ops.activation import Activation
from archc.ops.operator import ShapeMismatch

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]


class Reading(NamedTuple):
    """An operator read a second time, from its fields as plain data.

    ``shape`` returns the output shape, or None if the input does not fit. ``tensor`` computes the
    output; it raises what torch raises if the input does not fit.
    """

    shape: Callable[[Data, Shape], Shape | None]
    tensor: "Callable[[Data, Tensor], Tensor]"


READINGS: dict[str, Reading] = {}
"""The second reading of each operator, by its kind."""

OTHERS = tuple(kind for kind in OPERATORS if kind not in KNOWN)
"""The operators that only this file knows."""

_WRITTEN: dict[str, tuple[Any, ...]] = {
    "window": ("1x1", "3x3", "3x3/2", "2x3 valid"),
    "pool window": ("3x3/2", "2x2/2", "3x3/1 same"),
    "pool window or global": ("2x2/2", "3x3/1", "global"),
    "pair": (0, 1, "0x1"),
    "size": (1, 2, "2x1"),
}
"""Values of fields that have a notation of their own."""


def draw(random: Random, kind: str) -> Any:
    """A layer of the kind, or its name alone if it needs no field."""
    model = OPERATORS[kind]
    fields: Data = {}
    for name, schema in model.model_json_schema()["properties"].items():
        needed = model.model_fields[name].is_required()
        if name not in model.layer_fields and (needed or random.random() < 0.5):
            fields[name] = _value(random, schema)
    if model.positional_field in fields:
        return {kind: fields.pop(model.positional_field), **fields}
    return {kind: fields} if fields else kind


def draw_activation(random: Random, kinds: Iterable[str]) -> Any:
    """An activation among the kinds, as the field of another layer; None if there is none."""
    activations = [kind for kind in kinds if issubclass(OPERATORS[kind], Activation)]
    return draw(random, random.choice(activations)) if activations else None


def shape_of(kind: str, fields: Data, shape: Shape) -> Shape | None:
    """The output shape by the second reading, otherwise by archc's; None if it does not fit."""
    if kind in READINGS:
        return READINGS[kind].shape(fields, shape)
    model = OPERATORS[kind]
    given = {name: fields[name] for name in model.model_fields if name in fields}
    if model.positional_field is not None:
        given[model.positional_field] = fields[kind]
    given = {name: value for name, value in given.items() if name not in model.layer_fields}
    try:
        out = model.model_validate(given).output(shape)
    except ValueError:
        return None
    return None if isinstance(out, ShapeMismatch) else out


def _value(random: Random, schema: Data) -> Any:
    """A value of the type, near to the least one that is valid."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    schema = {**schema, **(choices[0] if choices else {})}
    if "format" in schema:
        return random.choice(_WRITTEN[schema["format"]])
    if "enum" in schema:
        return random.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    if schema["type"] == "boolean":
        return random.random() < 0.5
    if schema["type"] == "integer":
        least, most = _limits(schema, 1, 3)
        return random.randint(int(least), int(min(most, least + 3)))
    if schema["type"] == "number":
        least, most = _limits(schema, 0, 2)
        return round(least + (most - least) * random.choice((0.125, 0.25, 0.5)), 6)
    assert schema["type"] == "array", f"a field of the type {schema['type']} is not drawn"
    return [_value(random, schema["items"]) for _ in range(random.randint(1, 4))]


def _limits(schema: Data, step: float, span: float) -> tuple[float, float]:
    """The least and the largest number, ``step`` inside a limit that is exclusive."""
    least: float = schema.get("exclusiveMinimum", 0) + step
    least = schema.get("minimum", least)
    most: float = schema.get("exclusiveMaximum", least + span + step) - step
    return least, schema.get("maximum", most)
