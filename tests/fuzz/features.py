"""Lists the language features that a spec uses, so that campaigns can report coverage."""

from collections.abc import Iterator
from typing import Any

from fuzz.plain import STRUCTURES, Data, mappings

OPERATORS = (
    "AdaptiveAvgPool Affine AvgPool BatchNorm Conv Dropout Flatten Identity LRN Linear MaxPool ReLU"
    " SeparableConv Softmax"
).split()
FIELDS = (
    "norm",
    "activation",
    "groups",
    "multiplier",
    "bias",
    "padding",
    "ceil",
    "shortcut",
    "scale",
)
SECTIONS = ("defaults", "modules", "aux", "parameters", "width", "stem", "inception", "body")
FEATURES = (
    *OPERATORS,
    *STRUCTURES,
    "Repeat",
    *FIELDS,
    *SECTIONS,
    "columns",
    "extends",
    "a row of a module",
    "a module in a module",
    "a Concat in a Concat",
    "global",
    "valid",
    "same",
)


def features(spec: Data) -> set[str]:
    """Return the features of a spec, each once."""
    found = set(_features(spec)) | (set(SECTIONS) & spec.keys())
    modules = spec.get("modules", {})
    for module in modules.values():
        if any(name in words(module) for name in modules):
            found.add("a module in a module")
    return found & set(FEATURES)


def words(data: Any) -> set[str]:
    """Yield every key and text in the data."""
    if isinstance(data, dict):
        return {str(key) for key in data} | {
            word for value in data.values() for word in words(value)
        }
    if isinstance(data, list):
        return {word for item in data for word in words(item)}
    return {data} if isinstance(data, str) else set()


def _features(spec: Data) -> Iterator[str]:
    modules = spec.get("modules", {})
    for word in words({key: value for key, value in spec.items() if key != "name"}):
        yield word
        yield word.rpartition(" ")[2]
        if word in modules:
            yield "a row of a module"
    for data in mappings(spec):
        if "Concat" in data and any("Concat" in inner for inner in mappings(data["Concat"])):
            yield "a Concat in a Concat"
