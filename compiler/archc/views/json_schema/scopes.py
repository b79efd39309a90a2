"""Scopes: places of a spec with their own required fields and names.

JSON Schema has no variables, so a definition that differs between scopes is repeated for each.
"""

from typing import NamedTuple

from archc.views.json_schema.fields import CLASSES, COLUMN_OR_PARAMETER
from archc.views.json_schema.notations import Schema


class Scope(NamedTuple):
    """A place for layers.

    ``complete``: layers need all required fields. ``open_kinds``: the spec's own modules are kinds,
    too. ``names`` is a pattern of the names allowed in place of numbers, None without any.
    """

    prefix: str
    complete: bool
    open_kinds: bool
    names: str | None

    def operator(self, name: str) -> str:
        """Return the name of an operator's definition, which does not depend on modules."""
        return f"{'row' if self.prefix == 'bare' else self.prefix}.{name}"

    def structure(self, name: str) -> str:
        """Return the name of another definition."""
        return f"{self.prefix}.{name}"

    def default(self, name: str) -> str:
        """Return the name of the definition of a kind's defaults."""
        return f"{'named_' if self.parameters else ''}default.{name}"

    @property
    def parameters(self) -> bool:
        """Whether parameters are allowed in place of numbers."""
        return self.names == COLUMN_OR_PARAMETER

    @property
    def placement(self) -> dict[str, Schema]:
        """The fields for the position of a variant's new layer."""
        texts = {
            "after": "In a variant: the layer after which to insert this one.",
            "before": "In a variant: the layer before which to insert this one.",
        }
        if self.complete:
            return {}
        return {key: {"description": text, "type": "string"} for key, text in texts.items()}


BARE = Scope("bare", complete=True, open_kinds=False, names=CLASSES)
"""The rows of a spec without modules and parameters."""
ROW = Scope("row", complete=True, open_kinds=True, names=CLASSES)
"""The rows of a spec with modules."""
MODULE = Scope("module", complete=True, open_kinds=True, names=COLUMN_OR_PARAMETER)
"""The bodies of modules, and the rows of a spec with parameters."""
VARIANT = Scope("variant", complete=False, open_kinds=True, names=COLUMN_OR_PARAMETER)
"""The differences of a variant, and layers with required fields in the section ``defaults``."""

SCOPES = (BARE, ROW, MODULE, VARIANT)


def definition(name: str) -> Schema:
    """Return a reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def removable(schema: Schema, scope: Scope) -> Schema:
    """Return the schema; in a variant, it also allows ``none``, which removes the entry."""
    return schema if scope.complete else {"if": {"const": "none"}, "then": {}, "else": schema}
