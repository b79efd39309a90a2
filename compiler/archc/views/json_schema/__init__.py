"""The language as a JSON Schema (draft-07), for completion and checks in editors.

It is generated from the models with which the compiler reads specs. Choices are ``if``/``then``
instead of ``oneOf``, so that editors report errors in the chosen kind. Only the compiler checks
what needs other files or an analysis: references to modules and columns, shapes, the printed table.
"""

import json

from archc.language.sections.keys import ROW_SECTIONS
from archc.language.sections.models import Budget, Header, Paper, Width
from archc.language.vocabulary import class_docs
from archc.ops import OPERATORS
from archc.views.json_schema.fields import field, mapping, model_mapping, required
from archc.views.json_schema.layers import kinds, structures
from archc.views.json_schema.modules import auxiliary, module, modules, rows
from archc.views.json_schema.notations import CLASS_NAME, COLUMN_NAME, LAYER_NAME, NAME, Schema
from archc.views.json_schema.operators import completable_fields, operators
from archc.views.json_schema.scopes import BARE, MODULE, ROW, SCOPES, VARIANT, Scope
from archc.views.json_schema.sections import (
    cells,
    checkpoints,
    defaults,
    defaults_of_kinds,
    lint_settings,
    parameters,
    reference,
    table,
    width,
)

_SECTIONS = {
    "stem": "The first rows, in order of execution.",
    "inception": "The rows that use modules, in order of execution.",
    "body": "The rows between stem and head, in order of execution.",
    "head": "The last rows, in order of execution. A Softmax at the end computes class "
    "probabilities; losses are computed from its input.",
    "aux": "Auxiliary heads: each reads the output of a row, runs only in training, and is counted "
    "separately.",
}


def schema_text() -> str:
    """Return the schema as JSON text."""
    return json.dumps(editor_schema(), indent=1) + "\n"


def editor_schema() -> Schema:
    """Return the schema."""
    top = _top()
    operator_scopes = {scope.operator(""): scope for scope in (ROW, MODULE, VARIANT)}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archc spec",
        "description": "A neural-network architecture, written like the table of its paper.",
        "type": "object",
        **mapping("A spec", top, top, ("name",)),
        "if": {"required": ["extends"]},
        "then": _branch(VARIANT),
        "else": _whole(top),
        "definitions": {
            "name": NAME,
            "layer_name": LAYER_NAME,
            "class_name": CLASS_NAME,
            "column_name": COLUMN_NAME,
            "kinds": kinds(),
            "module": module(MODULE),
            "variant.module": module(VARIANT),
            **cells(),
            **defaults_of_kinds(),
            **{
                name: schema
                for scope in operator_scopes.values()
                for name, schema in operators(scope).items()
            },
            **{name: schema for scope in SCOPES for name, schema in structures(scope).items()},
        },
    }


def _top() -> dict[str, Schema]:
    """Return the schemas of the top-level keys, as far as they do not depend on other keys."""
    header = {name: field(Header, name) for name in Header.model_fields}
    name = {"description": header["name"]["description"], **CLASS_NAME}
    return {
        "archc": header["archc"],
        "extends": {
            "description": "The file name of the spec that this one extends; it lists only the "
            "differences.",
            "type": "string",
            "pattern": r"^[^/].*\.yaml$",
            "patternErrorMessage": "The file name of a spec, such as base.yaml.",
        },
        "name": name,
        "about": header["about"],
        "paper": model_mapping(Paper, "paper", class_docs(Paper)),
        "input": header["input"],
        "classes": header["classes"],
        "parameters": {
            "description": "Named numbers, allowed wherever a number is. The command line can set "
            "them.",
            **parameters(),
        },
        "width": {"description": class_docs(Width)},
        "budget": model_mapping(Budget, "budget", class_docs(Budget)),
        "defaults": {"description": "Default fields of all layers of a kind."},
        "modules": {
            "description": "Reusable blocks, often a figure of the paper: named columns and one "
            "body each. A row that uses a module fills each column with a cell."
        },
        **{name: {"description": text} for name, text in _SECTIONS.items()},
        "table": {
            "description": "The paper's printed table, its counting conventions, and its errata.",
            **table(),
        },
        "lints": {
            "description": "Lint settings: lints to turn off, rows to allow, and the target "
            "hardware.",
            **lint_settings(),
        },
        "checkpoints": {
            "description": "How the keys of checkpoints from other sources map to this network's.",
            **checkpoints(),
        },
        "reference": {
            "description": "A library's hand-written model of the same network: the library, and "
            "the model's name there.",
            **reference(),
        },
    }


def _whole(top: dict[str, Schema]) -> Schema:
    """Return the schema of a spec without ``extends``."""
    with_modules = {
        "if": {"required": ["modules"]},
        "then": _branch(ROW),
        "else": _branch(BARE),
    }
    with_parameters = {
        "if": {"required": ["parameters"]},
        "then": _branch(MODULE),
        "else": with_modules,
    }
    return {
        "allOf": [
            *mapping("A spec", top, top, required(Header))["allOf"],
            _holds_layers(),
            {
                "if": _completing_defaults(),
                "then": _branch(VARIANT),
                "else": with_parameters,
            },
        ],
    }


def _branch(scope: Scope) -> Schema:
    return {
        "properties": {
            **{section: rows(scope) for section in ROW_SECTIONS},
            "aux": auxiliary(scope),
            "defaults": defaults(scope),
            "modules": modules(scope),
            "width": width(scope),
        }
    }


def _completing_defaults() -> Schema:
    """Return the condition that the defaults set a required field of a layer."""
    given = [
        {
            "required": [name],
            "properties": {
                name: {"anyOf": [{"required": [key]} for key in completable_fields(kind)]}
            },
        }
        for name, kind in OPERATORS.items()
        if completable_fields(kind)
    ]
    return {"required": ["defaults"], "properties": {"defaults": {"anyOf": given}}}


def _holds_layers() -> Schema:
    sections = [*ROW_SECTIONS, "aux"]
    held = [{"required": [name], "properties": {name: {"minProperties": 1}}} for name in sections]
    return {
        "if": {"not": {"anyOf": held}},
        "then": {
            "required": ["body"],
            "properties": {name: {"minProperties": 1} for name in sections},
            "errorMessage": "A spec needs layers in stem, inception, body or head.",
        },
    }
