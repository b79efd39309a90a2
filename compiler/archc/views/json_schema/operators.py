"""Operators as schemas, generated from their fields.

Only the constraints between fields of a window are written here: ``window``, ``padding``,
``count_padding``, and ``ceil``, which only pools have.
"""

from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel

from archc.language.fields.validation import allowed_kinds
from archc.language.vocabulary import class_docs, field_docs
from archc.ops import OPERATORS
from archc.ops.operator import Operator
from archc.views.json_schema.fields import (
    CLASSES,
    COLUMN_OR_PARAMETER,
    PARAMETER,
    field,
    mapping,
    with_names,
)
from archc.views.json_schema.fields import required as required_fields
from archc.views.json_schema.notations import PADDED_WINDOW, Schema, convolution_window, pool_window
from archc.views.json_schema.scopes import Scope, definition

COMPLETING = ("padding", "count_padding")
"""Optional fields on which the requirements of other fields depend."""


def operators(scope: Scope) -> dict[str, Schema]:
    """Return the definitions of all operators in the scope."""
    return {scope.operator(name): _operator(name, kind, scope) for name, kind in OPERATORS.items()}


def completable_fields(kind: type[Operator]) -> list[str]:
    """Return the fields that a layer may omit if the section ``defaults`` sets them."""
    return [*required_fields(kind), *(key for key in COMPLETING if key in kind.model_fields)]


def defaults_of(kind: type[Operator], scope: Scope) -> dict[str, Schema]:
    """Return the fields of a kind in the section ``defaults``."""
    scope = scope._replace(names=PARAMETER if scope.parameters else None)
    schemas = {key: operator_field(kind, key, scope) for key in kind.model_fields}
    if "window" in schemas:
        schemas["window"] |= _window(kind, None)
    return schemas


def operator_field(kind: type[Operator], name: str, scope: Scope) -> Schema:
    """Return the schema of a field, with names in place of numbers where the scope allows them."""
    if name in kind.layer_fields:
        return operator_or_none(kind, name, field_docs(kind).get(name, ""), scope)
    schema = field(kind, name)
    if scope.names is None or (scope.names == CLASSES and name not in kind.column_fields):
        return schema
    if scope.names == COLUMN_OR_PARAMETER and name not in kind.column_fields:
        return with_names(schema, PARAMETER)
    return with_names(schema, scope.names)


def operator_or_none(model: type[BaseModel], name: str, description: str, scope: Scope) -> Schema:
    """Return the schema of a field whose value is an operator or ``none``."""
    kinds = allowed_kinds(model, name)
    choices = [(kind, definition(scope.operator(kind))) for kind in kinds]
    message = f"Expected {', '.join(kinds)} or none."
    other = {"additionalProperties": False, "minProperties": 1, "errorMessage": message}
    return {
        "description": description,
        "examples": [*kinds, "none"],
        "if": {"type": "string"},
        "then": {"enum": [*kinds, "none"], "errorMessage": message},
        "else": {
            "type": "object",
            "properties": {kind: {"description": class_docs(OPERATORS[kind])} for kind in kinds},
            "errorMessage": message,
            "allOf": [first_kind(choices, other)],
        },
    }


def first_kind(choices: Iterable[tuple[str, Schema]], otherwise: Schema) -> Schema:
    """Return the schema of the first kind that is a key, or ``otherwise``."""
    schema = otherwise
    for kind, then in reversed(list(choices)):
        schema = {"if": {"required": [kind]}, "then": then, "else": schema}
    return schema


def _operator(name: str, kind: type[Operator], scope: Scope) -> Schema:
    fields = {key: operator_field(kind, key, scope) for key in kind.model_fields}
    if kind.positional_field is not None:
        value = fields.pop(kind.positional_field)
        value = {**value, "description": f"{class_docs(kind)}\n\n{value['description']}"}
    else:
        inside = mapping(name, dict(fields), fields)
        value = {"description": class_docs(kind), "type": "object", **inside}
    takes = [*fields, *scope.placement]
    needed = [
        key for key in required_fields(kind) if key != kind.positional_field and scope.complete
    ]
    schema = mapping(name, {name: value, **fields, **scope.placement}, takes, needed)
    conditions = [*schema.pop("allOf", ()), *_conditions(name, kind, scope)]
    return {**schema, "allOf": conditions} if conditions else schema


def _conditions(name: str, kind: type[Operator], scope: Scope) -> list[Schema]:
    """Return the constraints between a window and its padding."""
    if "window" not in kind.model_fields:
        return []
    padded: Schema = {"required": ["padding"]}
    unpadded = False if scope.complete else None
    conditions: list[Schema] = [
        {
            "if": padded,
            "then": {"properties": {name: _window(kind, True)}},
            "else": {"properties": {name: _window(kind, unpadded)}},
        }
    ]
    if "count_padding" not in kind.model_fields:
        return conditions
    message = "A global pool takes no ceil, padding or count_padding."
    unused = {"padding": False, "count_padding": False}
    no_window = {"ceil": {"const": False, "errorMessage": message}, **unused}
    conditions.append(
        {
            "if": {"properties": {name: {"const": "global"}}},
            "then": {"properties": no_window, "errorMessage": message},
        }
    )
    if scope.complete:
        pads = [
            {"properties": {name: {"type": "string", "pattern": PADDED_WINDOW}}},
            {
                "required": ["padding"],
                "properties": {"padding": {"not": {"enum": [0, "0x0"]}}},
            },
        ]
        message = f"A padded {name} needs count_padding; true includes the zeros in the mean."
        needed = {"required": ["count_padding"], "errorMessage": message}
        conditions.append({"if": {"anyOf": pads}, "then": needed})
    return conditions


@cache
def _window(kind: type[Operator], padded: bool | None) -> Schema:
    if "ceil" not in kind.model_fields:
        return convolution_window(padded)
    return pool_window(bool(padded), "count_padding" in kind.model_fields)
