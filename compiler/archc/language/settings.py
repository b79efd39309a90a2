"""Settings: values from the command line or a caller that override those of a spec."""

import math
from collections.abc import Mapping
from shlex import quote

Setting = int | float | str
Settings = Mapping[str, Setting]
"""Values of parameters, and of the keys in ``SETTABLE``, by name."""

SETTABLE = ("classes", "input")
"""Top-level keys that can be set. No parameter may have one of these names."""


def is_number(value: object) -> bool:
    """Return whether the value is valid for a parameter."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def format_setting(value: Setting) -> str:
    """Return the value as text; equal values give equal texts."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def format_settings(settings: Settings) -> list[str]:
    """Return ``name = value`` for each setting, sorted by name."""
    # With spaces, since Python reads `coding=` in the first line of a file as its encoding.
    return [f"{name} = {format_setting(value)}" for name, value in sorted(settings.items())]


def set_options(settings: Settings) -> list[str]:
    """Return the command-line options for these settings."""
    return [f"--set {quote(f'{name}={format_setting(value)}')}" for name, value in settings.items()]
