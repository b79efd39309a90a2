"""The language as a JSON Schema (draft-07), by which editors complete and check specs.

Made from the models that the compiler itself reads specs by. Choices are ``if``/``then``, not
``oneOf``, so that an editor names the fault in the kind that is meant. What takes more than one
file, or counting, is left to the compiler: modules and columns that are referred to, shapes, the
printed table.
"""

import json

from archc.language.sections.keys import ROW_SECTIONS
from archc.language.sections.models import Budget, Header, Paper, Width
from archc.language.vocabulary import class_docs
from archc.ops import OPERATORS
from archc.views.json_schema.fields import field, mapping, required, whole_model
from archc.views.json_schema.layers import kinds, structures
from archc.views.json_schema.modules import auxiliary, module, modules, rows
from archc.views.json_schema.notations import CLASS_NAME, COLUMN_NAME, LAYER_NAME, NAME, Schema
from archc.views.json_schema.operators import completes, operators
from archc.views.json_schema.scopes import BARE, MODULE, ROW, SCOPES, VARIANT, Scope
from archc.views.json_schema.sections import (
    cells,
    checkpoints,
    defaults,
    defaults_of_kinds,
    lint_settings_of_lints,
    parameters,
    reference,
    table,
    width,
)

_SECTIONS = {
    "stem": "The first rows, in the order in which they run.",
    "inception": "The rows of modules, in the order in which they run.",
    "body": "The rows between stem and head, in the order in which they run.",
    "head": "The last rows, in the order in which they run; a Softmax at the end stands behind the "
    "class probabilities, and is no part of what a loss is given.",
    "aux": "Auxiliary heads: they tap a row, run in training alone, and are counted apart.",
}


def schema_text() -> str:
    """The schema as it is written to a file."""
    return json.dumps(editor_schema(), indent=1) + "\n"


def editor_schema() -> Schema:
    """The whole schema."""
    top = _top()
    operator_scopes = {scope.operator(""): scope for scope in (ROW, MODULE, VARIANT)}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archc spec",
        "description": "A neural-network architecture, written as its paper prints it.",
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
    """Every key at the top, with what does not depend on the others."""
    header = {name: field(Header, name) for name in Header.model_fields}
    name = {"description": header["name"]["description"], **CLASS_NAME}
    return {
        "archc": header["archc"],
        "extends": {
            "description": "The spec of which this one says what differs: its file name.",
            "type": "string",
            "pattern": r"^[^/].*\.yaml$",
            "patternErrorMessage": "The file name of a spec, such as base.yaml.",
        },
        "name": name,
        "about": header["about"],
        "paper": whole_model(Paper, "paper", class_docs(Paper)),
        "input": header["input"],
        "classes": header["classes"],
        "parameters": {
            "description": "Numbers with a name, which the command line may set: they may stand "
            "wherever a number may.",
            **parameters(),
        },
        "width": {"description": class_docs(Width)},
        "budget": whole_model(Budget, "budget", class_docs(Budget)),
        "defaults": {
            "description": "Fields that every layer of a kind has unless it says otherwise."
        },
        "modules": {
            "description": "What the paper draws as a figure: named columns and one body each. A "
            "row gives a cell for each column."
        },
        **{name: {"description": text} for name, text in _SECTIONS.items()},
        "table": {
            "description": "What the paper prints, the conventions it counts by, and its errata.",
            **table(),
        },
        "lints": {
            "description": "What is not to be remarked, where, and for which hardware.",
            **lint_settings_of_lints(),
        },
        "checkpoints": {
            "description": "How the keys of checkpoints from elsewhere map to this network's.",
            **checkpoints(),
        },
        "reference": {
            "description": "The hand-written model that computes the same: a library, and the "
            "name that it has for it.",
            **reference(),
        },
    }


def _whole(top: dict[str, Schema]) -> Schema:
    """A spec that extends nothing."""
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
    """Whether a field that a layer needs stands among the defaults."""
    given = [
        {
            "required": [name],
            "properties": {name: {"anyOf": [{"required": [key]} for key in completes(kind)]}},
        }
        for name, kind in OPERATORS.items()
        if completes(kind)
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
            "errorMessage": "A spec needs layers, in stem, inception, body or head.",
        },
    }
