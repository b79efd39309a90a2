"""The fields of a pydantic model, each as a schema with what it means."""

from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel

from archc.language.vocabulary import field_docs
from archc.network.names import NAME_PATTERN
from archc.views.json_schema.notations import COLUMN, NOTATIONS, Schema, whole

CLASSES = "classes"
"""The name that stands for a number in every spec."""
PARAMETER = NAME_PATTERN
"""The names that may in a spec with parameters."""
COLUMN_OR_PARAMETER = COLUMN
"""The names that may inside a module, too."""


@cache
def _properties(model: type[BaseModel]) -> dict[str, Schema]:
    properties: dict[str, Schema] = model.model_json_schema()["properties"]
    return properties


def stated(model: type[BaseModel], field: str) -> Schema:
    """What pydantic says of a field, a notation by its ``format``; ``null`` is never written."""
    schema = dict(_properties(model)[field])
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != {"type": "null"}]
    schema = {**schema, **(choices[0] if len(choices) == 1 else {})}
    schema.pop("title", None)
    if schema.get("default", "") in (None, ""):
        schema.pop("default", None)
    return schema


def field(model: type[BaseModel], name: str) -> Schema:
    """The schema of a field's value, with its description."""
    schema = stated(model, name)
    notation = NOTATIONS[schema.pop("format")] if "format" in schema else {}
    return {"description": field_docs(model).get(name, ""), **notation, **schema}


def fields(model: type[BaseModel]) -> dict[str, Schema]:
    """All fields of a model."""
    return {name: field(model, name) for name in model.model_fields}


def mapping(
    what: str, properties: dict[str, Schema], takes: Iterable[str], needed: Iterable[str] = ()
) -> Schema:
    """A mapping of known keys; ``takes`` are those that are offered where another stands.

    A misspelt key is one fault, not also a missing one.
    """
    missing = [{"required": [key], "errorMessage": f"{what} needs {key}."} for key in needed]
    known = {"propertyNames": {"enum": list(properties)}}
    return {
        "properties": properties,
        "additionalProperties": False,
        "errorMessage": f"{what} takes {', '.join(takes) or 'no fields'}.",
        **({"allOf": [{"if": known, "then": {"allOf": missing}}]} if missing else {}),
    }


def whole_model(model: type[BaseModel], what: str, description: str) -> Schema:
    """A mapping that is one model."""
    whole = mapping(what, fields(model), model.model_fields, required(model))
    return {"description": description, "type": "object", **whole}


def required(model: type[BaseModel]) -> list[str]:
    """The fields that must be stated."""
    return [name for name, info in model.model_fields.items() if info.is_required()]


def or_named(schema: Schema, names: str) -> Schema:
    """The same where a name may stand for a number, a pattern of ``names``."""
    if schema.get("type") == "array":
        return {**schema, "items": or_named(schema["items"], names)}
    types = schema["type"]
    if not isinstance(types, list):
        if types not in ("integer", "number"):
            return schema
        types = [types, "string"]
    pattern = whole(f"{schema['pattern']}|{names}" if "pattern" in schema else names)
    needed = (
        schema.get("patternErrorMessage", "A number.")[:-1] + ", or a name that stands for one."
    )
    if names == CLASSES:
        needed = f"A number without quotes, or {CLASSES}."
    return {**schema, "type": types, "pattern": pattern, "patternErrorMessage": needed}
