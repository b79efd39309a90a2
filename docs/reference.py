"""Generates the vocabulary and the lists of codes, commands and functions from the compiler.

``python docs/reference.py docs/*.md`` updates the parts of each file between markers.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from manual import command_reference

import archc
from archc.language.grammar.kinds import STRUCTURES
from archc.language.vocabulary import STRUCTURE_DOCS as MEANINGS
from archc.language.vocabulary import docstring, summary
from archc.ops import OPERATORS
from archc.ops.operator import Operator
from archc.views.explanations import as_page, explanations
from archc.views.json_schema.fields import pydantic_schema, required

_BEGIN = "<!-- {}: made by python docs/reference.py -->"
_END = "<!-- end of {} -->"

_FIELDS = {
    "scale": "number, 1.0",
    "activation": "a kind or `none`, none",
    "shortcut": "layers, the input",
    "of": "a layer",
}
_WORDS = {
    "window": "window",
    "pool window": "window",
    "pool window or global": "window or `global`",
    "pair": "number or HxW",
    "size": "number or HxW",
    "array": "list of numbers",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
}


def vocabulary() -> str:
    """Return a Markdown table of all kinds with their fields."""
    lines = [
        "| kind | value | other keys (with defaults) | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, keys in STRUCTURES.items():
        others = "; ".join(f"`{key}`: {_FIELDS[key]}" for key in keys)
        value = "number of repetitions" if name == "Repeat" else "layers"
        lines.append(f"| `{name}` | {value} | {others} | {MEANINGS[name]} |")
    for name, kind in OPERATORS.items():
        keys = tuple(key for key in kind.model_fields if key != kind.positional_field)
        if kind.positional_field:
            value = _type(kind, kind.positional_field)
        else:
            value = f"none, or `{{{name}: {{key: value}}}}`" if keys else "none (a bare word)"
        others = "; ".join(f"`{key}`: {_type(kind, key)}{_default(kind, key)}" for key in keys)
        lines.append(f"| `{name}` | {value} | {others} | {summary(kind)} |")
    return "\n".join(lines)


def codes() -> str:
    """Return the explanations of all codes."""
    return as_page(explanations())


def commands() -> str:
    """Return every command with its options."""
    return command_reference()


def api() -> str:
    """Return every public function with its parameters and its docstring."""
    sections = []
    for name in archc.__all__:
        function = getattr(archc, name)
        if inspect.isfunction(function):
            parameters = ", ".join(_parameters(function))
            text = docstring(function).replace("``", "`")
            examples = [line for line in text.splitlines() if line.startswith(">>> ")]
            text = "\n".join(line for line in text.splitlines() if line not in examples)
            text = text.replace("\n\n\n", "\n\n")
            sections.append(f"### {name}\n\n`archc.{name}({parameters})`\n\n{text}")
    return "\n\n".join(sections)


def renewed(text: str) -> str:
    """Return the text with the parts between markers generated again."""
    for part in (vocabulary, codes, commands, api):
        begin, end = _BEGIN.format(part.__name__), _END.format(part.__name__)
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if found and ended:
            text = f"{before}{begin}\n{part()}\n{end}{after}"
    return text


def _parameters(function: Callable[..., object]) -> Iterator[str]:
    """The parameters with their defaults, without their types."""
    keyword_only = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            yield "*"
        yield str(parameter.replace(annotation=parameter.empty))


def _type(kind: type[Operator], field: str) -> str:
    if field in kind.layer_fields:
        return "kind or `none`"
    schema = pydantic_schema(kind, field)
    if words := schema.get("enum"):
        return ", ".join(f"`{word}`" for word in words)
    return _WORDS[schema.get("format") or schema["type"]]


def _default(kind: type[Operator], field: str) -> str:
    if field in required(kind):
        return ", required"
    default = kind.model_fields[field].default
    return "" if default is None else f", {str(default).lower()}"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path = Path(argument)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
