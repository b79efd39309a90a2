"""The names of the sections."""

from archc.language.sections.models import Header

ROW_SECTIONS = ("stem", "inception", "body", "head")
"""Sections whose entries are rows of the network."""

LAYER_SECTIONS = ("stem", "inception", "body", "aux", "head")
"""Sections whose entries are layers: rows and auxiliary heads."""

PARAMETER_SECTIONS = ("width", "defaults", "modules", *LAYER_SECTIONS)
"""Sections in which a parameter's name stands for its value."""

NOT_INHERITED = ("about", "budget", "checkpoints", "name", "reference", "table")
"""Keys that hold for one network only, so that a variant does not inherit them."""

SPEC_KEYS = (
    *Header.model_fields,
    *("extends", "paper", "defaults", "modules", *ROW_SECTIONS, "aux", "table"),
    *("parameters", "width", "budget", "checkpoints", "reference", "lints"),
)
"""All keys at the top of a spec."""
