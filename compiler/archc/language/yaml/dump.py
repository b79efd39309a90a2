"""Write a Python mapping as the text of a spec, so that diagnostics have places."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from archc.language.yaml.composer import DECIMAL

_WIDTH = 100


class _Dumper(yaml.SafeDumper):
    """Writes without aliases, and quotes text that looks like a number."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Specs have none of the types that PyYAML writes with a tag.
for _kind in (set, bytes, date, datetime):
    _Dumper.add_representer(_kind, _Dumper.represent_undefined)
# PyYAML writes YAML 1.1, where 1e3 is text; in a spec it is a number, so text must be quoted.
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", DECIMAL, list("-+0123456789"))


def write_spec(spec: Mapping[str, Any]) -> str:
    """Return the mapping as YAML. Raises TypeError for a value that a spec cannot contain."""
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
        name = type(error.args[-1]).__name__
        message = f"a spec contains mappings, lists, text, numbers, booleans and None, not {name}"
        raise TypeError(message) from None
    except RecursionError:
        raise TypeError("a spec cannot contain itself") from None
