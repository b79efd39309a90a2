"""Modules, sections of rows, and auxiliary heads."""

from archc.language.grammar.kinds import STRUCTURES
from archc.language.grammar.modules import MAXIMUM_MODULES
from archc.language.sections.models import AuxArguments, ModuleHeader, ResidualArguments
from archc.language.vocabulary import STRUCTURE_DOCS, STRUCTURE_FIELD_DOCS
from archc.views.json_schema.fields import (
    COLUMN_OR_PARAMETER,
    PARAMETER,
    field,
    mapping,
    with_names,
)
from archc.views.json_schema.layers import UNNAMED
from archc.views.json_schema.notations import Schema
from archc.views.json_schema.operators import operator_or_none
from archc.views.json_schema.scopes import Scope, definition, removable


def module(scope: Scope) -> Schema:
    """Return the definition of a module, or of one that changes another module."""
    body, branches = (definition(scope.structure(name)) for name in ("body", "branches"))
    contents = {"Sequence": body, "Concat": branches, "Residual": body}
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
    shortcut = definition(scope.structure("branch"))
    properties: dict[str, Schema] = {
        "about": field(ModuleHeader, "about"),
        "extends": {
            "description": "The module that this one extends; it lists only the differences.",
            "type": "string",
        },
        "columns": {
            "description": "The names of numbers in the body. Each row that uses the module sets "
            "them.",
            "type": "array",
            "items": definition("column_name"),
            "minItems": 1,
            "uniqueItems": True,
        },
        **{
            kind: {"description": STRUCTURE_DOCS[kind], "allOf": [contents[kind]]}
            for kind in UNNAMED
        },
        "scale": with_names(field(ResidualArguments, "scale"), COLUMN_OR_PARAMETER),
        "activation": operator_or_none(
            ResidualArguments, "activation", STRUCTURE_FIELD_DOCS["activation"], scope
        ),
        "shortcut": {"description": STRUCTURE_FIELD_DOCS["shortcut"], "allOf": [shortcut]},
    }
    schema = {"type": "object", **mapping("A module", properties, properties), "allOf": [one]}
    if scope.complete:
        schema["dependencies"] = {key: ["Residual"] for key in STRUCTURES["Residual"]}
    return schema


def modules(scope: Scope) -> Schema:
    """Return the section ``modules``."""
    partial = definition("variant.module")
    extending = {"if": {"required": ["extends"]}, "then": partial, "else": definition("module")}
    return {
        "type": "object",
        "propertyNames": definition("class_name"),
        "additionalProperties": extending if scope.complete else removable(partial, scope),
        "maxProperties": MAXIMUM_MODULES,
    }


def auxiliary(scope: Scope) -> Schema:
    """Return the section ``aux``."""
    row = {"allOf": [definition("layer_name")]}
    tap = {"description": field(AuxArguments, "tap")["description"], **row}
    weight = field(AuxArguments, "loss_weight")
    if scope.parameters:
        weight = with_names(weight, PARAMETER)
    layers = {
        "description": "The layers of the head.",
        "allOf": [definition(scope.structure("layer"))],
    }
    properties = {"Aux": layers, "from": tap, "loss_weight": weight, **scope.placement}
    needed = ("Aux", "from", "loss_weight") if scope.complete else ("Aux",)
    head: Schema = {
        "type": "object",
        "errorMessage": "An auxiliary head is {Aux: AModule, from: a_row, loss_weight: 0.3}.",
        "allOf": [mapping("Aux", properties, list(properties)[1:], needed)],
    }
    return _section(scope, head)


def rows(scope: Scope) -> Schema:
    """Return a section of rows."""
    return _section(scope, definition(scope.structure("row")))


def _section(scope: Scope, value: Schema) -> Schema:
    named: Schema = {
        "type": "object",
        "propertyNames": definition("layer_name"),
        "additionalProperties": removable(value, scope),
    }
    return removable(named, scope)
