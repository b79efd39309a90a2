"""Settings: what the command line or a caller gives in place of values that a spec holds."""

import math
from collections.abc import Mapping
from shlex import quote

Setting = int | float | str
Settings = Mapping[str, Setting]
"""Values by name: of the spec's parameters, and of the keys in ``SETTABLE``."""

SETTABLE = ("classes", "input")
"""Keys at the top of every spec that can be set. No parameter can have such a name."""


def is_number(value: object) -> bool:
    """Whether the value can be a parameter's."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def format_setting(value: Setting) -> str:
    """The value as text, the same for equal values."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def format_settings(settings: Settings) -> list[str]:
    """``name = value`` for each, by name."""
    # Python takes `coding=` in a file's first line for the file's encoding: hence the spaces.
    return [f"{name} = {format_setting(value)}" for name, value in sorted(settings.items())]


def set_options(settings: Settings) -> list[str]:
    """The options of the command line that give the same settings."""
    return [f"--set {quote(f'{name}={format_setting(value)}')}" for name, value in settings.items()]
