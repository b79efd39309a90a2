"""Layers, and the bodies of structures and modules."""

from archc.language.grammar.kinds import STRUCTURES
from archc.language.sections.models import RepeatArguments
from archc.language.vocabulary import STRUCTURE_DOCS, STRUCTURE_FIELD_DOCS, class_docs
from archc.network.names import KIND_PATTERN
from archc.ops import OPERATORS
from archc.views.json_schema.fields import CLASSES, PARAMETER, field, mapping, required, with_names
from archc.views.json_schema.notations import Schema, anchored
from archc.views.json_schema.operators import first_kind
from archc.views.json_schema.scopes import Scope, definition, removable

NAMED = ("Sequence", "Repeat")
"""The structures that a row or layer with a name may have."""
UNNAMED = ("Sequence", "Concat", "Residual")
"""The structures that a layer without a name may have."""

_KINDS = (*OPERATORS, *STRUCTURES, "Aux", "none")
_OWN_KIND = f"(?!(?:{'|'.join(_KINDS)})$){KIND_PATTERN}"
_ONE_ROW: Schema = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {"pattern": anchored(_OWN_KIND)},
    "additionalProperties": {
        "type": ["array", "object"],
        "items": {"type": ["number", "string"]},
        "propertyNames": {"pattern": "^[#a-z]"},
        "additionalProperties": {"type": ["number", "string"]},
    },
}
"""A row that uses a module, and cannot be a mapping of names to layers."""
_LAYER = "A layer: one word, a list of layers in sequence, or a mapping with one kind."
_EXACTLY_ONE = "Missing kind. A layer has exactly one, such as {Conv: 3x3, out: 64}."
_UNKNOWN = f"Unknown kind. The kinds are {', '.join([*OPERATORS, *NAMED])}."
_BARE = [kind for kind in OPERATORS if not required(OPERATORS[kind])]
"""The kinds without required fields, which may be written as one word."""
_WORD = f"One word is a kind without required fields: {', '.join(_BARE)}"


def structures(scope: Scope) -> dict[str, Schema]:
    """Return the definitions of layers and bodies."""
    definitions = {
        "layer": _layer(scope),
        "row": _row(scope),
        "body": _body(scope, UNNAMED),
        "named_body": _body(scope, ("Sequence",)),
        "branches": _branches(scope),
        "branch": _branch(scope),
        "Sequence": _sequence(scope),
        "Repeat": _repeat(scope),
    }
    if scope.open_kinds:
        definitions["call"] = _call(scope)
    return {scope.structure(name): schema for name, schema in definitions.items()}


def _layer(scope: Scope) -> Schema:
    layer = definition(scope.structure("layer"))
    return {
        "description": _LAYER,
        "examples": _BARE,
        "if": {"type": "string"},
        "then": _word(scope),
        "else": {
            "if": {"type": "array"},
            "then": {"items": layer, "minItems": 1, "errorMessage": "The list of layers is empty."},
            "else": _mapping(scope),
        },
    }


def _row(scope: Scope) -> Schema:
    """Return the schema of a named layer, which a variant may remove."""
    layer = definition(scope.structure("layer"))
    if scope.complete:
        return layer
    message = "A new layer has after or before, not both."
    placed_once = {
        "if": {"required": list(scope.placement)},
        "then": {"properties": {"before": False}, "errorMessage": message},
    }
    return removable({"allOf": [layer, placed_once]}, scope)


def _word(scope: Scope) -> Schema:
    if not scope.open_kinds:
        return {"enum": _BARE, "errorMessage": f"{_WORD}."}
    needing = [*STRUCTURES, "Aux"]
    if scope.complete:
        needing += [kind for kind in OPERATORS if required(OPERATORS[kind])]
    return {
        "pattern": anchored(f"(?!(?:{'|'.join(sorted(needing))})$){KIND_PATTERN}"),
        "patternErrorMessage": f"{_WORD}, or a module without columns.",
    }


def _mapping(scope: Scope) -> Schema:
    choices = [(kind, definition(scope.operator(kind))) for kind in OPERATORS]
    choices += [(kind, definition(scope.structure(kind))) for kind in NAMED]
    for kind in ("Concat", "Residual"):
        message = f"A {kind} cannot have a name here: define it as a module."
        choices.append((kind, {"properties": {kind: False}, "errorMessage": message}))
    message = "Aux is allowed only in the section aux, under a name."
    choices.append(("Aux", {"properties": {"Aux": False}, "errorMessage": message}))
    nothing: Schema = {"minProperties": 1, "propertyNames": _matching_keys("^[A-Z]", _EXACTLY_ONE)}
    unknown: Schema = {"propertyNames": _matching_keys("^[^A-Z]", _UNKNOWN)}
    other = {
        "if": {"propertyNames": {"pattern": "^[^A-Z]"}},
        "then": {**nothing, "errorMessage": _EXACTLY_ONE},
        "else": definition(scope.structure("call")) if scope.open_kinds else unknown,
    }
    return {
        "type": "object",
        "errorMessage": _LAYER,
        "allOf": [first_kind(choices, {"allOf": [definition("kinds"), other]})],
    }


def _matching_keys(pattern: str, message: str) -> Schema:
    """Report keys that do not match the pattern."""
    return {"pattern": pattern, "patternErrorMessage": message}


def kinds() -> Schema:
    """Return the description of each kind, for completion."""
    meanings = {kind: class_docs(OPERATORS[kind]) for kind in OPERATORS}
    meanings |= {kind: STRUCTURE_DOCS[kind] for kind in NAMED}
    return {"properties": {kind: {"description": text} for kind, text in meanings.items()}}


def _call(scope: Scope) -> Schema:
    """Return the schema of a row that uses a module of the spec."""
    cell = with_names({"type": "number"}, scope.names or CLASSES)
    placed = "".join(f"|{key}" for key in scope.placement)
    text = "A row that uses a module: a cell for each column."
    cells = {
        "description": text,
        "if": {"type": "array"},
        "then": {"items": cell, "minItems": 1, "errorMessage": text},
        "else": {
            "type": "object",
            "propertyNames": definition("column_name"),
            "additionalProperties": cell,
        },
    }
    unknown = f"{_UNKNOWN[:-1]}. A module takes a row of cells, and no fields."
    return {
        "if": {
            "type": "object",
            "propertyNames": {"pattern": anchored(f"{_OWN_KIND}{placed}")},
            "properties": scope.placement,
            "additionalProperties": {"type": ["array", "object"]},
            "maxProperties": 2 if placed else 1,
        },
        "then": {"properties": scope.placement, "additionalProperties": cells},
        "else": {"propertyNames": _matching_keys("^[^A-Z]", unknown)},
    }


def _body(scope: Scope, unnamed: tuple[str, ...]) -> Schema:
    body, named = (definition(scope.structure(name)) for name in ("body", "row"))
    branches = definition(scope.structure("branches"))
    contents = {"Sequence": body, "Concat": branches, "Residual": body}
    message = "A Concat or Residual cannot have a name here: define it as a module."
    properties: dict[str, Schema | bool] = dict.fromkeys(UNNAMED, False)
    for kind in unnamed:
        properties[kind] = {"description": STRUCTURE_DOCS[kind], "allOf": [contents[kind]]}
    return {
        "description": "Layers in sequence: a list, or a mapping of names.",
        "if": {"type": "array"},
        "then": {"items": definition(scope.structure("layer")), "minItems": 1},
        "else": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"if": {"enum": list(UNNAMED)}, "else": definition("layer_name")},
            "properties": properties,
            "additionalProperties": named,
            **({"errorMessage": message} if False in properties.values() else {}),
        },
    }


def _branches(scope: Scope) -> Schema:
    body, branch = (definition(scope.structure(name)) for name in ("body", "branch"))
    return {
        "description": STRUCTURE_DOCS["Concat"],
        "if": {"type": "array"},
        "then": {
            "items": branch,
            "minItems": 2,
            "errorMessage": "A Concat needs at least two branches.",
        },
        "else": {"allOf": [{"minProperties": 2 if scope.complete else 1}, body]},
    }


def _branch(scope: Scope) -> Schema:
    """Return the schema of a branch: a layer, or a mapping of named layers in sequence."""
    layer, body = (definition(scope.structure(name)) for name in ("layer", "body"))
    layers = [
        {"type": ["string", "array"]},
        {"anyOf": [{"required": [kind]} for kind in (*OPERATORS, "Repeat")]},
        {"maxProperties": 1, "anyOf": [{"required": [kind]} for kind in UNNAMED]},
        {
            "required": ["Residual"],
            "propertyNames": {"enum": ["Residual", *STRUCTURES["Residual"]]},
        },
        *([_ONE_ROW] if scope.open_kinds else []),
    ]
    return {"if": {"anyOf": layers}, "then": layer, "else": body}


def _sequence(scope: Scope) -> Schema:
    body = definition(scope.structure("named_body"))
    meaning = {"description": STRUCTURE_DOCS["Sequence"], "allOf": [body]}
    return mapping("Sequence", {"Sequence": meaning, **scope.placement}, scope.placement)


def _repeat(scope: Scope) -> Schema:
    times = field(RepeatArguments, "times")
    of = {
        "description": STRUCTURE_FIELD_DOCS["of"],
        "allOf": [definition(scope.structure("layer"))],
    }
    properties = {
        "Repeat": {
            "description": STRUCTURE_DOCS["Repeat"],
            "allOf": [with_names(times, PARAMETER) if scope.parameters else times],
        },
        "of": of,
        **scope.placement,
    }
    takes = ["of", *scope.placement]
    return mapping("Repeat", properties, takes, ["of"] if scope.complete else [])
