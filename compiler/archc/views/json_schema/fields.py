"""The fields of pydantic models as schemas with descriptions."""

from collections.abc import Iterable
from functools import cache

from pydantic import BaseModel

from archc.language.fields.names import COLUMN_PATTERN
from archc.language.vocabulary import field_docs
from archc.network.names import NAME_PATTERN
from archc.views.json_schema.notations import NOTATIONS, Schema, anchored

CLASSES = "classes"
"""The name that every spec may use for a number."""
PARAMETER = NAME_PATTERN
"""The names that a spec with parameters may use."""
COLUMN_OR_PARAMETER = COLUMN_PATTERN
"""The names that a module may use."""


@cache
def _properties(model: type[BaseModel]) -> dict[str, Schema]:
    properties: dict[str, Schema] = model.model_json_schema()["properties"]
    return properties


def pydantic_schema(model: type[BaseModel], field: str) -> Schema:
    """Return pydantic's schema of a field. Its ``format`` names a notation; null is removed."""
    schema = dict(_properties(model)[field])
    choices = [choice for choice in schema.pop("anyOf", ()) if choice != {"type": "null"}]
    schema = {**schema, **(choices[0] if len(choices) == 1 else {})}
    schema.pop("title", None)
    if schema.get("default", "") in (None, ""):
        schema.pop("default", None)
    return schema


def field(model: type[BaseModel], name: str) -> Schema:
    """Return the schema of a field's value, with its description."""
    schema = pydantic_schema(model, name)
    notation = NOTATIONS[schema.pop("format")] if "format" in schema else {}
    return {"description": field_docs(model).get(name, ""), **notation, **schema}


def fields(model: type[BaseModel]) -> dict[str, Schema]:
    """Return the schemas of all fields of a model."""
    return {name: field(model, name) for name in model.model_fields}


def mapping(
    what: str, properties: dict[str, Schema], takes: Iterable[str], needed: Iterable[str] = ()
) -> Schema:
    """Return the schema of a mapping with known keys; the error message lists ``takes``.

    A misspelt required key is reported once, as unknown but not as missing.
    """
    missing = [{"required": [key], "errorMessage": f"{what} needs {key}."} for key in needed]
    known = {"propertyNames": {"enum": list(properties)}}
    return {
        "properties": properties,
        "additionalProperties": False,
        "errorMessage": f"{what} takes {', '.join(takes) or 'no fields'}.",
        **({"allOf": [{"if": known, "then": {"allOf": missing}}]} if missing else {}),
    }


def model_mapping(model: type[BaseModel], what: str, description: str) -> Schema:
    """Return the schema of a mapping with the fields of a model."""
    whole = mapping(what, fields(model), model.model_fields, required(model))
    return {"description": description, "type": "object", **whole}


def required(model: type[BaseModel]) -> list[str]:
    """Return the required fields."""
    return [name for name, info in model.model_fields.items() if info.is_required()]


def with_names(schema: Schema, names: str) -> Schema:
    """Return the schema that also allows names in place of numbers; ``names`` is their pattern."""
    if schema.get("type") == "array":
        return {**schema, "items": with_names(schema["items"], names)}
    types = schema["type"]
    if not isinstance(types, list):
        if types not in ("integer", "number"):
            return schema
        types = [types, "string"]
    pattern = anchored(f"{schema['pattern']}|{names}" if "pattern" in schema else names)
    needed = schema.get("patternErrorMessage", "A number.")[:-1] + ", or the name of a number."
    if names == CLASSES:
        needed = f"A number without quotes, or {CLASSES}."
    return {**schema, "type": types, "pattern": pattern, "patternErrorMessage": needed}
