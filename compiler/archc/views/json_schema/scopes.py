"""Where a layer stands, which decides what it must say and which names it may use.

A JSON Schema has no variables: what differs from place to place is written out for each.
"""

from typing import NamedTuple

from archc.views.json_schema.fields import CLASSES, COLUMN_OR_PARAMETER
from archc.views.json_schema.notations import Schema


class Scope(NamedTuple):
    """Where layers stand.

    ``complete`` layers state all that they need; ``open_kinds`` are those of the spec's own modules
    beside archc's; ``names`` is a pattern of what may stand for a number, None where nothing may.
    """

    prefix: str
    complete: bool
    open_kinds: bool
    names: str | None

    def operator(self, name: str) -> str:
        """The name of an operator's definition, which does not depend on the spec's modules."""
        return f"{'row' if self.prefix == 'bare' else self.prefix}.{name}"

    def structure(self, name: str) -> str:
        """The name of another definition."""
        return f"{self.prefix}.{name}"

    def default(self, name: str) -> str:
        """The name of the definition of a kind's defaults."""
        return f"{'named_' if self.parameters else ''}default.{name}"

    @property
    def parameters(self) -> bool:
        """Whether parameters may stand for numbers."""
        return self.names == COLUMN_OR_PARAMETER

    @property
    def placement(self) -> dict[str, Schema]:
        """Where a new layer of a variant stands."""
        texts = {
            "after": "In a variant: the layer behind which this one stands.",
            "before": "In a variant: the layer before which this one stands.",
        }
        if self.complete:
            return {}
        return {key: {"description": text, "type": "string"} for key, text in texts.items()}


BARE = Scope("bare", complete=True, open_kinds=False, names=CLASSES)
"""The rows of a spec that has neither modules nor parameters."""
ROW = Scope("row", complete=True, open_kinds=True, names=CLASSES)
"""The rows of a spec that has modules."""
MODULE = Scope("module", complete=True, open_kinds=True, names=COLUMN_OR_PARAMETER)
"""Inside a module, whose columns stand for numbers, and in the rows of a spec with parameters."""
VARIANT = Scope("variant", complete=False, open_kinds=True, names=COLUMN_OR_PARAMETER)
"""What differs from something extended, or leaves a required field to the defaults."""

SCOPES = (BARE, ROW, MODULE, VARIANT)


def definition(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def removable(schema: Schema, scope: Scope) -> Schema:
    """The same, or ``none`` where that may remove what is extended."""
    return schema if scope.complete else {"if": {"const": "none"}, "then": {}, "else": schema}
