"""The vocabulary and the codes as documentation, made from the compiler itself.

``python -m archc.reference docs/*.md`` renews the parts of each file between markers.
"""

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from archc.explanations import as_page, explanations
from archc.ops import OPERATORS
from archc.ops.operator import Operator
from archc.ops.window import Window
from archc.syntax import STRUCTURES

_BEGIN = "<!-- {}: made by python -m archc.reference -->"
_END = "<!-- end of {} -->"

_STRUCTURES = {
    "Sequence": "Layers one after the other: a list, or a mapping of names.",
    "Concat": "Branches that read the same input; their channels are joined in this order.",
    "Residual": "activation(layers * scale + shortcut); without a shortcut the input itself.",
    "Repeat": "The layer under `of`, several times, numbered from 0.",
}
_FIELDS = {
    "scale": "number, 1.0",
    "activation": "a kind or `none`, none",
    "shortcut": "layers, the input",
    "of": "a layer",
}


def vocabulary() -> str:
    """Every kind with its fields, as a Markdown table."""
    lines = [
        "| kind | its value | other keys (with their defaults) | |",
        "| --- | --- | --- | --- |",
    ]
    for name, keys in STRUCTURES.items():
        others = "; ".join(f"`{key}`: {_FIELDS[key]}" for key in keys)
        value = "how many times" if name == "Repeat" else "layers"
        lines.append(f"| `{name}` | {value} | {others} | {_STRUCTURES[name]} |")
    for name, kind in OPERATORS.items():
        fields = dict(kind.model_fields)
        if kind.primary:
            value = _type(fields.pop(kind.primary))
        else:
            value = f"none, or `{{{name}: {{key: value}}}}`" if fields else "none: a bare word"
        others = "; ".join(f"`{key}`: {_type(f)}{_default(f)}" for key, f in fields.items())
        lines.append(f"| `{name}` | {value} | {others} | {_about(kind)} |")
    return "\n".join(lines)


def codes() -> str:
    """Every code, explained."""
    return as_page(explanations())


def renewed(text: str) -> str:
    """The text with what stands between markers made anew."""
    for part in (vocabulary, codes):
        begin, end = _BEGIN.format(part.__name__), _END.format(part.__name__)
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if found and ended:
            text = f"{before}{begin}\n{part()}\n{end}{after}"
    return text


def _about(kind: type[Operator]) -> str:
    paragraph = (kind.__doc__ or "").split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def _type(field: FieldInfo) -> str:
    text = str(field.annotation)
    words = []
    if Window.__name__ in text:
        words.append("window")
    if "global" in text:
        words.append("`global`")
    if "tuple[float" in text:
        words.append("list of numbers")
    elif "tuple[int" in text:
        words.append("number or HxW")
    elif "int" in text:
        words.append("whole number")
    elif "float" in text:
        words.append("number")
    if "bool" in text:
        words.append("true or false")
    if "BatchNorm" in text or "Activation" in text:
        words.append("kind or `none`")
    return " or ".join(words)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ", required"
    if field.default is None:
        return ""
    return f", {str(field.default).lower()}"


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path = Path(argument)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
