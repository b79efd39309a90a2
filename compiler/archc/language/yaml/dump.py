"""A mapping of Python as the text of a spec, so that findings have a place in it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from archc.language.yaml.source import DECIMAL

_WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Writes what a spec may hold: everything in full, and text that looks like a number quoted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# What PyYAML has a tag for, and a spec has not.
for _kind in (set, bytes, date, datetime):
    _Dumper.add_representer(_kind, _Dumper.represent_undefined)
# YAML 1.1, which PyYAML writes, takes 1e3 for text; a spec takes it for a number.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", DECIMAL, list("-+0123456789"))


def write_spec(spec: Mapping[str, Any]) -> str:
    """The mapping as YAML. Raises TypeError where it holds what YAML has no word for."""
    try:
        return yaml.dump(
            dict(spec),
            Dumper=_Dumper,
            allow_unicode=True,
            default_flow_style=None,
            sort_keys=False,
            width=_WIDTH,
        )
    except yaml.representer.RepresenterError as error:
        what = type(error.args[-1]).__name__
        message = f"a spec holds mappings, lists, text, numbers, booleans and None, not {what}"
        raise TypeError(message) from None
    except RecursionError:
        raise TypeError("a spec cannot hold itself") from None
