"""The sections without layers, such as ``table``, ``defaults`` and ``checkpoints``."""

from archc.checks.lints import lints
from archc.language.sections.checkpoint_keys import CheckpointSection
from archc.language.sections.lint_settings import LintArguments
from archc.language.sections.models import Width
from archc.language.sections.printed_numbers import COUNTS, LETTERS, Convention
from archc.language.sections.printed_rows import SIZES_PATTERN, TOTALS
from archc.language.sections.printed_table import COLUMNS, ErratumFields
from archc.language.sections.reference_model import NAME_PATTERN as MODEL_PATTERN
from archc.language.vocabulary import class_docs
from archc.network.names import NAME_PATTERN
from archc.ops import OPERATORS
from archc.views.json_schema.fields import field, mapping, model_mapping, with_names
from archc.views.json_schema.notations import PRINTED_NUMBER, Schema, anchored
from archc.views.json_schema.operators import defaults_of
from archc.views.json_schema.scopes import MODULE, ROW, Scope, definition, removable

_SCALAR = ["string", "number", "boolean"]
_PATH = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*"

_UNITS = {
    letter: [unit for unit, of in LETTERS.items() if of == letter] for letter in LETTERS.values()
}
"""The units of each letter."""
_LISTED: Schema = {
    "type": "array",
    "items": {"type": ["string", "number"]},
    "maxItems": len(COLUMNS),
}
"""The printed cells of a row or a total."""


def table() -> Schema:
    """Return the section ``table``."""
    properties: dict[str, Schema] = {column: _convention(column) for column in COUNTS}
    properties["columns"] = {
        "description": "The columns of the cells, in order.",
        "type": "array",
        "items": {"enum": list(COLUMNS)},
        "minItems": 1,
        "uniqueItems": True,
    }
    properties["rows"] = {
        "description": "The printed cells of each row, by the path of the row or layer; - for a "
        "cell that is not printed.",
        "type": "object",
        "propertyNames": {
            "pattern": anchored(_PATH),
            "patternErrorMessage": "The path of a row or layer, such as aux1.conv.",
        },
        "additionalProperties": _LISTED,
    }
    totals = {
        "total": "The printed totals of the network; numbers may have any letter.",
        "total_with_aux": "The printed totals including auxiliary heads.",
    }
    properties |= {name: {"description": text, **_LISTED} for name, text in totals.items()}
    properties["errata"] = {
        "description": "Known errors of the printed table, by row.column.",
        "type": "object",
        "propertyNames": {
            "pattern": anchored(rf"{_PATH}\.(?:{'|'.join(COLUMNS)})"),
            "patternErrorMessage": "The cell of the erratum as row.column.",
        },
        "additionalProperties": _erratum(),
    }
    known = mapping("A table", properties, properties, ("columns",))
    printed = [{"required": [name]} for name in ("rows", *TOTALS)]
    return {
        "type": "object",
        **known,
        "allOf": [
            *known["allOf"],
            {"anyOf": printed, "errorMessage": "A table needs rows or a total."},
            *(_needs_convention(column) for column in COUNTS),
            *(_cells_of(column) for column in COLUMNS if column not in COUNTS),
            *(_cells_of(column, letter) for column in COUNTS for letter in _UNITS),
            *(_at_most(length) for length in range(1, len(COLUMNS))),
        ],
    }


def _convention(column: str) -> Schema:
    convention = model_mapping(
        Convention, column, f"The counting convention of the column {column}."
    )
    properties = convention["properties"]
    properties["count"] = {**properties["count"], "enum": list(COUNTS[column])}
    unit = properties["unit"]
    properties["unit"] = {"description": unit["description"], "enum": list(LETTERS)}
    return convention


def _erratum() -> Schema:
    names = ("computed", "why")
    properties = {name: {**field(ErratumFields, name), "type": _SCALAR} for name in names}
    number = "A number, one such as 2.7K, or a size."
    printed = {"pattern": anchored(f"{SIZES_PATTERN}|[0-9.]+[KMG]?"), "patternErrorMessage": number}
    properties["computed"] |= {**printed, "type": ["string", "number"]}
    return {"type": "object", **mapping("An erratum", properties, names, names)}


def _needs_convention(column: str) -> Schema:
    listed = {"columns": {"type": "array", "contains": {"const": column}}}
    return {
        "if": {"required": ["columns"], "properties": listed},
        "then": {"required": [column]},
    }


def _cells_of(column: str, letter: str | None = None) -> Schema:
    """Return the condition on a column's cells, whatever its position.

    With ``letter``, it applies only if the column's unit has that letter.
    """
    name = column if letter is None else letter or "plain"
    at_each = []
    for place in range(len(COLUMNS)):
        here: list[Schema] = [{}] * place
        listed = {"items": [*here, {"const": column}], "minItems": place + 1}
        of_rows = {"items": [*here, definition(f"cell.{name}")]}
        printed: dict[str, Schema] = {"rows": {"additionalProperties": of_rows}}
        for total, counted in TOTALS.items():
            in_total = name if letter is None else "count"
            cell = definition(f"cell.{in_total if column in counted else 'none'}")
            printed[total] = {"items": [*here, cell]}
        at_each.append({"if": {"properties": {"columns": listed}}, "then": {"properties": printed}})
    condition: Schema = {"required": ["columns"], "properties": {"columns": {"type": "array"}}}
    if letter is not None:
        unit = {"required": ["unit"], "properties": {"unit": {"enum": _UNITS[letter]}}}
        condition["required"] = ["columns", column]
        condition["properties"][column] = unit
    return {"if": condition, "then": {"allOf": at_each}}


def _at_most(length: int) -> Schema:
    """Return the condition: with at most ``length`` columns, rows have at most ``length`` cells."""
    return {
        "if": {"required": ["columns"], "properties": {"columns": {"maxItems": length}}},
        "then": {
            "properties": {
                "rows": {"additionalProperties": {"maxItems": length}},
                **{total: {"maxItems": length} for total in TOTALS},
            }
        },
    }


def cells() -> dict[str, Schema]:
    """Return the definitions of printed cells."""
    found = {
        "output": _cell(["integer"], SIZES_PATTERN, "A size, height x width x channels, or -."),
        "depth": _cell(["integer"], "[0-9]+", "A whole number, or -."),
        "none": {"const": "-", "errorMessage": "A total has no such cell: write '-'."},
        "count": _cell(
            ["number"], f"{PRINTED_NUMBER}[KMG]?", "A number with K, M, G or no letter, or -."
        ),
    }
    for letter in _UNITS:
        types, suffix = ([], f"the letter {letter}") if letter else (["number"], "no letter")
        needed = f"A number with {suffix}, as its unit requires, or -."
        found[letter or "plain"] = _cell(types, f"{PRINTED_NUMBER}{letter}", needed)
    return {f"cell.{name}": schema for name, schema in found.items()}


def _cell(types: list[str], pattern: str, needed: str) -> Schema:
    return {
        "type": ["string", *types],
        "pattern": anchored(f"{pattern}|-"),
        "minimum": 0,
        "errorMessage": needed,
        "patternErrorMessage": needed,
    }


def defaults(scope: Scope) -> Schema:
    """Return the section ``defaults``."""
    kind = scope.default
    kinds = {name: removable(definition(kind(name)), scope) for name in OPERATORS}
    return {"type": "object", **mapping("The section defaults", kinds, kinds)}


def defaults_of_kinds() -> dict[str, Schema]:
    """Return the definitions of each kind's default fields."""
    return {
        scope.default(name): {
            "description": class_docs(kind),
            "type": "object",
            **mapping(name, defaults_of(kind, scope), kind.model_fields),
        }
        for scope in (ROW, MODULE)
        for name, kind in OPERATORS.items()
    }


def width(scope: Scope) -> Schema:
    """Return the section ``width``."""
    section = model_mapping(Width, "width", class_docs(Width))
    if scope.parameters:
        properties = section["properties"]
        section["properties"] = {
            name: with_names(schema, NAME_PATTERN) for name, schema in properties.items()
        }
    return section


_SEGMENTS = {
    separator: f"(?!{text})(?!.*{text}{text})(?!.*{text}$)"
    for separator, text in ((".", "\\."), ("/", "/"))
}
_PLACEHOLDER = "\\{[A-Za-z_][A-Za-z0-9_]*\\}"
_ONCE = f"(?!.*({_PLACEHOLDER}).*\\1)"
_APART = "(?!.*\\}[A-Za-z0-9]*\\{)"


def checkpoints() -> Schema:
    """Return the section ``checkpoints``."""
    section = model_mapping(CheckpointSection, "A checkpoint", class_docs(CheckpointSection))
    ours = "(?:[A-Za-z0-9_]|\\{[A-Za-z0-9_]+\\})+"
    section["properties"]["source"] |= {"pattern": "[^\\s]"}
    section["properties"]["keys"] |= {
        "propertyNames": {
            "pattern": f"^{_ONCE}{_APART}(?:[^{{}}]|{_PLACEHOLDER})+$",
            "patternErrorMessage": "Whole segments of a key. A placeholder is a name in braces, "
            "such as {row}; each occurs once, with a separator between two.",
        },
        "additionalProperties": {
            "type": "string",
            "pattern": anchored(f"{ours}(?:\\.{ours})*"),
            "patternErrorMessage": "A path such as conv1 or conv1.weight, or none to drop the key.",
        },
    }
    section["allOf"] += [_separated(".", {"not": {"required": ["separator"]}})]
    section["allOf"] += [
        _separated(text, {"required": ["separator"], "properties": {"separator": {"const": text}}})
        for text in _SEGMENTS
    ]
    return {
        "type": "object",
        "propertyNames": definition("name"),
        "additionalProperties": section,
    }


def _separated(separator: str, condition: Schema) -> Schema:
    message = f"Segments separated by {separator}, none of them empty."
    names = {"pattern": f"^{_SEGMENTS[separator]}", "patternErrorMessage": message}
    return {"if": condition, "then": {"properties": {"keys": {"propertyNames": names}}}}


def reference() -> Schema:
    """Return the section ``reference``."""
    needed = "At most 64 lowercase letters, digits and underscores, a letter first."
    name = {"pattern": anchored(MODEL_PATTERN), "patternErrorMessage": needed}
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": name,
        "additionalProperties": {"type": "string", **name},
        "errorMessage": "One library, and the name of its model.",
    }


def lint_settings() -> Schema:
    """Return the section ``lints``."""
    setting = model_mapping(LintArguments, "A lint", class_docs(LintArguments))
    settings: dict[str, Schema] = {
        name: {
            "description": lint.documentation.split("\n", 1)[0],
            "if": {"type": "string"},
            "then": {"const": "none", "errorMessage": "none, or {allow: [a_row]}."},
            "else": setting,
        }
        for name, lint in lints().items()
    }
    return {"type": "object", **mapping("The section lints", settings, settings)}


def parameters() -> Schema:
    """Return the section ``parameters``."""
    return {
        "type": "object",
        "propertyNames": definition("name"),
        "additionalProperties": {"type": "number"},
    }
