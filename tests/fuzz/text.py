"""Writes a spec's plain data as YAML, as people do: layers in braces, the rest in blocks."""

import re
from typing import Any

_PLAIN = re.compile(
    r"[A-Za-z][A-Za-z0-9_.]*( [A-Za-z0-9_.]+)*|[0-9]+(x[0-9]+)+[/0-9x]*( same| valid)?"
)


def write(data: dict[str, Any], depth: int = 2) -> str:
    """Return the text; mappings and lists are blocks down to ``depth``, and in brackets below."""
    return "\n".join(_block(data, depth, "")) + "\n"


def _block(data: Any, depth: int, indent: str) -> list[str]:
    lines = []
    pairs = data.items() if isinstance(data, dict) else ((None, item) for item in data)
    for key, value in pairs:
        start = f"{indent}- " if key is None else f"{indent}{_flow(key)}:"
        if isinstance(value, dict | list) and value and depth and key is not None:
            lines += [start, *_block(value, depth - 1, indent + "  ")]
        else:
            lines.append(f"{start}{'' if key is None else ' '}{_flow(value)}")
    return lines


def _flow(data: Any) -> str:
    if isinstance(data, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(map(_flow, data)) + "]"
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, str):
        return data if _PLAIN.fullmatch(data) else f'"{data}"'
    return repr(data)
