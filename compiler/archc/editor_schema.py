"""The language as a JSON Schema (draft-07), so that editors complete and check specs.

Made from the same models as the compiler. It says what can be said of one file alone: modules,
columns, rows that are tapped and everything that comes from ``extends`` only the compiler knows.
Choices are ``if``/``then``, not ``oneOf``, so that an editor names the fault in the kind that is
meant.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from archc.models import Budget, Paper, Width
from archc.names import KIND_PATTERN, NAME_PATTERN
from archc.ops import OPERATORS
from archc.ops.operator import Operator
from archc.ops.window import NOTATION_PATTERN, PAIR_PATTERN
from archc.schema import ROW_SECTIONS
from archc.switches import LINT_NAMES, TARGETS
from archc.syntax import STRUCTURES
from archc.table import COLUMNS, LETTERS, Convention

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "minLength": 1}
_LAYER: Schema = {"$ref": "#/definitions/layer"}
_BODY: Schema = {"$ref": "#/definitions/body"}
_NUMBER_OR_SYMBOL: Schema = {"type": ["number", "string"]}
_PLACEMENT: Schema = {
    "after": {**_TEXT, "description": "In a variant: the layer behind which a new one stands."},
    "before": {**_TEXT, "description": "In a variant: the layer before which a new one stands."},
}


def editor_schema() -> Schema:
    """The whole schema."""
    sections = {section: _section(section) for section in ROW_SECTIONS}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archc spec",
        "description": "A neural-network architecture, written as its paper prints it.",
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {
            "archc": {"const": 1, "description": "The version of the language."},
            "extends": {
                "type": "string",
                "pattern": r"\.yaml$",
                "description": "The spec of which this one says what differs.",
            },
            "name": {
                "type": "string",
                "pattern": f"^{KIND_PATTERN}$",
                "description": "The class that is generated.",
            },
            "about": {**_TEXT, "description": "What the network is; it becomes a docstring."},
            "paper": {**_model(Paper), "description": Paper.__doc__},
            "input": {
                "type": "string",
                "pattern": r"^[1-9]\d*x[1-9]\d*x[1-9]\d*$",
                "description": "channels x height x width, such as 3x224x224.",
            },
            "classes": {"type": "integer", "minimum": 1},
            "parameters": {
                "type": "object",
                "additionalProperties": {"type": "number"},
                "description": "Numbers with a name, which the command line may set.",
            },
            "width": {**_model(Width), "description": Width.__doc__},
            "budget": {**_model(Budget), "description": Budget.__doc__},
            "defaults": _defaults(),
            "modules": _modules(),
            **sections,
            "aux": _auxiliary(),
            "table": _table(),
            "lints": _lints(),
            "checkpoints": {
                "type": "object",
                "description": "How the keys of checkpoints from elsewhere map to this network's.",
            },
        },
        "definitions": {
            "layer": _layer(),
            "body": _body(),
            "branches": _branches(),
            **{name: _operator(name, kind) for name, kind in OPERATORS.items()},
            **{name: _structure(name) for name in STRUCTURES},
        },
    }


def _layer() -> Schema:
    kinds = [*OPERATORS, *STRUCTURES]
    choices = [
        {"if": {"required": [name]}, "then": {"$ref": f"#/definitions/{name}"}} for name in kinds
    ]
    return {
        "description": "A bare word, a list of layers, or a mapping with exactly one kind.",
        "if": {"type": "string"},
        "then": {"pattern": f"^({KIND_PATTERN}|none)$"},
        "else": {
            "if": {"type": "array"},
            "then": {"minItems": 1, "items": _LAYER},
            "else": {"type": "object", "minProperties": 1, "allOf": choices},
        },
    }


def _body() -> Schema:
    return {
        "if": {"type": "array"},
        "then": {"minItems": 1, "items": _LAYER},
        "else": {
            "type": "object",
            "minProperties": 1,
            "properties": {
                "Concat": {"$ref": "#/definitions/branches"},
                "Residual": _BODY,
                "Sequence": _BODY,
            },
            "patternProperties": {f"^{NAME_PATTERN}$": {}},
            "additionalProperties": False,
        },
    }


def _branches() -> Schema:
    return {
        "if": {"type": "array"},
        "then": {"minItems": 2},
        "else": {"type": "object", "minProperties": 1},
    }


def _structure(name: str) -> Schema:
    values: dict[str, Schema] = {
        "Sequence": _BODY,
        "Concat": {"$ref": "#/definitions/branches"},
        "Residual": _BODY,
        "Repeat": {"type": ["integer", "string"], "minimum": 1},
    }
    fields: dict[str, Schema] = {
        "scale": _NUMBER_OR_SYMBOL,
        "activation": _LAYER,
        "shortcut": {},
        "of": _LAYER,
    }
    return {
        "type": "object",
        "properties": {
            name: values[name],
            **{key: fields[key] for key in STRUCTURES[name]},
            **_PLACEMENT,
        },
    }


def _operator(name: str, kind: type[Operator]) -> Schema:
    fields = dict(kind.model_fields)
    value: Schema = {"type": "object", "minProperties": 1}
    if kind.primary is not None:
        value = _field(kind.primary, fields.pop(kind.primary), kind)
    else:
        value["properties"] = {key: _field(key, field, kind) for key, field in fields.items()}
        value["additionalProperties"] = False
    return {
        "type": "object",
        "description": (kind.__doc__ or "").split("\n\n")[0],
        "additionalProperties": False,
        "properties": {
            name: value,
            **{key: _field(key, field, kind) for key, field in fields.items()},
            **_PLACEMENT,
        },
    }


def _field(name: str, field: FieldInfo, kind: type[Operator]) -> Schema:
    if name in kind.layer_fields:
        return _LAYER
    schema = _value(field)
    if name in kind.column_fields:
        schema["type"] = sorted({*_types(schema), "string"})
    if not field.is_required() and field.default is not None:
        schema["default"] = field.default
    return schema


def _value(field: FieldInfo) -> Schema:
    """The schema of a field's value, from its annotation."""
    text = str(field.annotation)
    schema: Schema = {}
    if "Window" in text:
        schema = {"type": "string", "pattern": f"^({NOTATION_PATTERN}|global)$"}
        if "global" not in text:
            schema["pattern"] = f"^{NOTATION_PATTERN}$"
    elif "tuple[float" in text:
        schema = {"type": "array", "items": {"type": "number"}, "minItems": 1}
    elif "tuple[int" in text:
        schema = {"type": ["integer", "string"], "minimum": 0, "pattern": f"^{PAIR_PATTERN}$"}
    elif "Quantity" in text or "int" in text:
        schema = {"type": "integer"}
    elif "float" in text:
        schema = {"type": "number"}
    elif "bool" in text:
        schema = {"type": "boolean"}
    else:
        schema = {"type": "string"}
    for bound in field.metadata:
        for key, word in (("ge", "minimum"), ("le", "maximum")):
            if hasattr(bound, key):
                schema[word] = getattr(bound, key)
        for key, word in (("gt", "exclusiveMinimum"), ("lt", "exclusiveMaximum")):
            if hasattr(bound, key):
                schema[word] = getattr(bound, key)
    return schema


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _model(model: type[BaseModel]) -> Schema:
    quantities = {"type": ["integer", "string"], "minimum": 0}
    properties = {
        name: dict(quantities) if model is Budget else _value(field)
        for name, field in model.model_fields.items()
    }
    if model is Width:
        properties = {
            name: {**value, "type": ["number", "string"]} for name, value in properties.items()
        }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
        "required": [name for name, field in model.model_fields.items() if field.is_required()],
    }


def _section(section: str) -> Schema:
    return {
        "description": f"The rows of the {section}, in the order in which they run.",
        "if": {"type": "string"},
        "then": {"const": "none"},
        "else": {
            "type": "object",
            "patternProperties": {f"^{NAME_PATTERN}$": _LAYER},
            "additionalProperties": False,
        },
    }


def _defaults() -> Schema:
    kinds = {}
    for name, kind in OPERATORS.items():
        fields = {key: _field(key, field, kind) for key, field in kind.model_fields.items()}
        kinds[name] = {
            "type": ["object", "string"],
            "properties": fields,
            "additionalProperties": False,
        }
    return {
        "type": "object",
        "description": "Fields that every layer of a kind has unless it says otherwise.",
        "properties": kinds,
        "additionalProperties": False,
    }


def _modules() -> Schema:
    module: Schema = {
        "type": ["object", "string"],
        "properties": {
            "columns": {"type": "array", "items": _TEXT, "minItems": 1},
            "about": _TEXT,
            "extends": _TEXT,
            "Sequence": _BODY,
            "Concat": {"$ref": "#/definitions/branches"},
            "Residual": _BODY,
            "scale": _NUMBER_OR_SYMBOL,
            "activation": _LAYER,
            "shortcut": {},
        },
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "Modules: named columns and one structure, as a figure of the paper shows.",
        "patternProperties": {f"^{KIND_PATTERN}$": module},
        "additionalProperties": False,
    }


def _lints() -> Schema:
    switch: Schema = {
        "description": "none switches it off; allow names rows in which it has nothing to say.",
        "if": {"type": "string"},
        "then": {"const": "none"},
        "else": {
            "type": "object",
            "properties": {
                "allow": {"type": "array", "items": _TEXT, "minItems": 1},
                "target": {"enum": list(TARGETS)},
            },
            "additionalProperties": False,
        },
    }
    return {
        "type": "object",
        "description": "What is not to be remarked, or for which hardware.",
        "properties": dict.fromkeys(LINT_NAMES, switch),
        "additionalProperties": False,
    }


def _auxiliary() -> Schema:
    head: Schema = {
        "type": ["object", "string"],
        "properties": {
            "Aux": {},
            "from": {**_TEXT, "description": "The row that the head taps."},
            "loss_weight": {"type": "number", "exclusiveMinimum": 0},
            **_PLACEMENT,
        },
        "required": ["Aux"],
        "additionalProperties": False,
    }
    return {
        "description": "Heads that run in training alone.",
        "type": ["object", "string"],
        "patternProperties": {f"^{NAME_PATTERN}$": head},
        "additionalProperties": False,
    }


def _table() -> Schema:
    convention = _model(Convention)
    convention["properties"] = {
        "count": {"enum": ["weights", "params", "macs", "flops"]},
        "unit": {"enum": list(LETTERS)},
        "round": {"enum": ["floor", "nearest", "up"]},
    }
    erratum = {
        "type": "object",
        "properties": {"computed": {}, "why": _TEXT},
        "required": ["computed", "why"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": "What the paper prints, with the convention it counts by, and its errata.",
        "properties": {
            "params": convention,
            "ops": convention,
            "columns": {"type": "array", "items": {"enum": list(COLUMNS)}, "minItems": 1},
            "rows": {"type": "object", "additionalProperties": {"type": "array"}},
            "errata": {"type": "object", "additionalProperties": erratum},
        },
        "required": ["columns", "rows"],
        "additionalProperties": False,
    }
