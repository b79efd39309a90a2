"""Layers, the bodies that hold them, modules and auxiliary heads."""

from archc.editor_schema.fields import CLASSES, field, mapping, or_named
from archc.editor_schema.notations import Schema, whole
from archc.editor_schema.operators import chain, needs_nothing, nested
from archc.editor_schema.scopes import Scope, definition, removable
from archc.models import AuxArguments, ModuleHeader, RepeatArguments, ResidualArguments
from archc.names import KIND_PATTERN
from archc.ops import OPERATORS
from archc.syntax import STRUCTURES
from archc.vocabulary import STRUCTURE_FIELDS, about
from archc.vocabulary import STRUCTURES as MEANINGS

NAMED = ("Sequence", "Repeat")
"""The structures that may stand under a name."""
UNNAMED = ("Sequence", "Concat", "Residual")
"""The structures that may stand without one."""

_KINDS = (*OPERATORS, *STRUCTURES, "Aux", "none")
_OWN_KIND = f"(?!(?:{'|'.join(_KINDS)})$){KIND_PATTERN}"
_ONE_ROW: Schema = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "propertyNames": {"pattern": whole(_OWN_KIND)},
    "additionalProperties": {
        "type": ["array", "object"],
        "items": {"type": ["number", "string"]},
        "propertyNames": {"pattern": "^[#a-z]"},
        "additionalProperties": {"type": ["number", "string"]},
    },
}
"""A row of a module that is certainly no mapping of names to layers."""
_LAYER = "A layer: a bare word, a list of layers one after the other, or a mapping with one kind."
_EXACTLY_ONE = "A layer has exactly one kind, such as {Conv: 3x3, out: 64}; here is none."
_UNKNOWN = f"No kind of layer. The kinds are {', '.join([*OPERATORS, *NAMED])}."
_BARE = [kind for kind in OPERATORS if needs_nothing(OPERATORS[kind])]
_WORD = f"A bare word is a kind that needs nothing else: {', '.join(_BARE)}"


def structures(scope: Scope) -> dict[str, Schema]:
    """The definitions of layers and of what holds them."""
    definitions = {
        "layer": _layer(scope),
        "row": _row(scope),
        "body": _body(scope, UNNAMED),
        "named_body": _body(scope, ("Sequence",)),
        "branches": _branches(scope),
        "Sequence": _structure(scope, "Sequence", definition(scope.structure("named_body"))),
        "Repeat": _structure(scope, "Repeat", _numbers(field(RepeatArguments, "times"), scope)),
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
            "then": {"items": layer, "minItems": 1, "errorMessage": "A list of layers is empty."},
            "else": _mapping(scope),
        },
    }


def _row(scope: Scope) -> Schema:
    """A layer under a name, which a variant may remove."""
    layer = definition(scope.structure("layer"))
    if scope.complete:
        return layer
    message = "A layer stands after or before one other, not both."
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
        needing += [kind for kind in OPERATORS if not needs_nothing(OPERATORS[kind])]
    return {
        "pattern": whole(f"(?!(?:{'|'.join(sorted(needing))})$){KIND_PATTERN}"),
        "patternErrorMessage": f"{_WORD}, or a module without columns.",
    }


def _mapping(scope: Scope) -> Schema:
    choices = [(kind, definition(scope.operator(kind))) for kind in OPERATORS]
    choices += [(kind, definition(scope.structure(kind))) for kind in NAMED]
    for kind in ("Concat", "Residual"):
        message = f"A {kind} under a name needs a class of its own: define it as a module."
        choices.append((kind, {"properties": {kind: False}, "errorMessage": message}))
    message = "An Aux stands under a name in the section aux."
    choices.append(("Aux", {"properties": {"Aux": False}, "errorMessage": message}))
    nothing: Schema = {"minProperties": 1, "propertyNames": _refused("^[A-Z]", _EXACTLY_ONE)}
    unknown: Schema = {"propertyNames": _refused("^[^A-Z]", _UNKNOWN)}
    other = {
        "if": {"propertyNames": {"pattern": "^[^A-Z]"}},
        "then": {**nothing, "errorMessage": _EXACTLY_ONE},
        "else": definition(scope.structure("call")) if scope.open_kinds else unknown,
    }
    return {
        "type": "object",
        "errorMessage": _LAYER,
        "allOf": [chain(choices, {"allOf": [definition("kinds"), other]})],
    }


def _refused(pattern: str, message: str) -> Schema:
    """For keys none of which fits the pattern."""
    return {"pattern": pattern, "patternErrorMessage": message}


def kinds() -> Schema:
    """What each kind is, for an editor that offers them."""
    meanings = {kind: about(OPERATORS[kind]) for kind in OPERATORS}
    meanings |= {kind: MEANINGS[kind] for kind in NAMED}
    return {"properties": {kind: {"description": text} for kind, text in meanings.items()}}


def _call(scope: Scope) -> Schema:
    """A row of one of the spec's own modules."""
    cell = _numbers({"type": "number"}, scope)
    placed = "".join(f"|{key}" for key in scope.placement)
    text = "A row of a module: a cell for each of its columns."
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
    unknown = f"{_UNKNOWN[:-1]}; a module takes its row of cells and no fields."
    return {
        "if": {
            "type": "object",
            "propertyNames": {"pattern": whole(f"{_OWN_KIND}{placed}")},
            "properties": scope.placement,
            "additionalProperties": {"type": ["array", "object"]},
            "maxProperties": 2 if placed else 1,
        },
        "then": {"properties": scope.placement, "additionalProperties": cells},
        "else": {"propertyNames": _refused("^[^A-Z]", unknown)},
    }


def _body(scope: Scope, unnamed: tuple[str, ...]) -> Schema:
    body, named = (definition(scope.structure(name)) for name in ("body", "row"))
    branches = definition(scope.structure("branches"))
    behind = {"Sequence": body, "Concat": branches, "Residual": body}
    message = "needs a class of its own here: define it as a module."
    refused = {
        kind: {"not": {}, "errorMessage": f"A {kind} {message}"}
        for kind in UNNAMED
        if kind not in unnamed
    }
    return {
        "description": "Layers one after the other: a list, or a mapping of names.",
        "if": {"type": "array"},
        "then": {"items": definition(scope.structure("layer")), "minItems": 1},
        "else": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"if": {"enum": list(UNNAMED)}, "else": definition("layer_name")},
            "properties": {
                **{
                    kind: {"description": MEANINGS[kind], "allOf": [behind[kind]]}
                    for kind in unnamed
                },
                **refused,
            },
            "additionalProperties": named,
        },
    }


def _branches(scope: Scope) -> Schema:
    layer, body = (definition(scope.structure(name)) for name in ("layer", "body"))
    # An item of a list is a layer, or a mapping of names whose layers follow each other.
    operator = {"anyOf": [{"required": [kind]} for kind in (*OPERATORS, "Repeat")]}
    alone = {"maxProperties": 1, "anyOf": [{"required": [kind]} for kind in UNNAMED]}
    residual = {
        "required": ["Residual"],
        "propertyNames": {"enum": ["Residual", *STRUCTURES["Residual"]]},
    }
    layers = [{"type": ["string", "array"]}, operator, alone, residual]
    if scope.open_kinds:
        layers.append(_ONE_ROW)
    least = 2 if scope.complete else 1
    return {
        "description": MEANINGS["Concat"],
        "if": {"type": "array"},
        "then": {
            "items": {"if": {"anyOf": layers}, "then": layer, "else": body},
            "minItems": 2,
            "errorMessage": "A Concat has at least two branches.",
        },
        "else": {"allOf": [{"minProperties": least}, body]},
    }


def _numbers(schema: Schema, scope: Scope) -> Schema:
    return or_named(schema, scope.names) if scope.names else schema


def _structure(scope: Scope, kind: str, value: Schema) -> Schema:
    fields: dict[str, Schema] = {}
    if kind == "Repeat":
        layer = definition(scope.structure("layer"))
        fields["of"] = {"description": STRUCTURE_FIELDS["of"], "allOf": [layer]}
        if scope.names == CLASSES:
            value = field(RepeatArguments, "times")
    meaning = {"description": MEANINGS[kind], "allOf": [value]}
    properties = {kind: meaning, **fields, **scope.placement}
    takes = [*fields, *scope.placement]
    return mapping(kind, properties, takes, fields if scope.complete else ())


def module(scope: Scope) -> Schema:
    """A module's definition, whole or what differs from the one that it extends."""
    body, branches = (definition(scope.structure(name)) for name in ("body", "branches"))
    layer = definition(scope.structure("layer"))
    behind = {"Sequence": body, "Concat": branches, "Residual": body}
    message = "A module has exactly one body: Sequence, Concat or Residual."
    none: Schema = {"errorMessage": message}
    if scope.complete:
        none |= {"required": ["Sequence"]}
    one = {
        "if": {"required": ["Sequence"]},
        "then": {"properties": {"Concat": False, "Residual": False}, "errorMessage": message},
        "else": {
            "if": {"required": ["Concat"]},
            "then": {"properties": {"Residual": False}, "errorMessage": message},
            "else": {"if": {"required": ["Residual"]}, "then": {}, "else": none},
        },
    }
    shortcut = {"if": {"type": ["string", "array"]}, "then": layer, "else": _shortcut(scope)}
    properties: dict[str, Schema] = {
        "about": field(ModuleHeader, "about"),
        "extends": {
            "description": "The module of which this one says what differs.",
            "type": "string",
        },
        "columns": {
            "description": "What a row gives: names that stand for numbers in the body.",
            "type": "array",
            "items": definition("column_name"),
            "minItems": 1,
            "uniqueItems": True,
        },
        **{kind: {"description": MEANINGS[kind], "allOf": [behind[kind]]} for kind in UNNAMED},
        "scale": _numbers(field(ResidualArguments, "scale"), scope),
        "activation": nested(
            ResidualArguments, "activation", STRUCTURE_FIELDS["activation"], scope
        ),
        "shortcut": {"description": STRUCTURE_FIELDS["shortcut"], "allOf": [shortcut]},
    }
    schema = {"type": "object", **mapping("A module", properties, properties), "allOf": [one]}
    if scope.complete:
        schema["dependencies"] = {key: ["Residual"] for key in STRUCTURES["Residual"]}
    return schema


def _shortcut(scope: Scope) -> Schema:
    branches = _branches(scope)
    items: Schema = branches["then"]["items"]
    return items


def modules(scope: Scope) -> Schema:
    """The section ``modules``."""
    partial = definition("variant.module")
    extending = {"if": {"required": ["extends"]}, "then": partial, "else": definition("module")}
    return {
        "type": "object",
        "propertyNames": definition("class_name"),
        "additionalProperties": extending if scope.complete else removable(partial, scope),
        "maxProperties": 256,
    }


def auxiliary(scope: Scope) -> Schema:
    """The section ``aux``."""
    tap, weight = (field(AuxArguments, name) for name in ("tap", "loss_weight"))
    if scope.parameters:
        weight = _numbers(weight, scope)
    layers = {
        "description": "The layers of the head.",
        "allOf": [definition(scope.structure("layer"))],
    }
    properties = {"Aux": layers, "from": tap, "loss_weight": weight, **scope.placement}
    needed = ("Aux", "from", "loss_weight") if scope.complete else ("Aux",)
    head = {"type": "object", **mapping("Aux", properties, list(properties)[1:], needed)}
    return _section(scope, head)


def rows(scope: Scope) -> Schema:
    """A section of rows."""
    return _section(scope, definition(scope.structure("row")))


def _section(scope: Scope, value: Schema) -> Schema:
    named: Schema = {
        "type": "object",
        "propertyNames": definition("layer_name"),
        "additionalProperties": removable(value, scope),
    }
    return removable(named, scope)
