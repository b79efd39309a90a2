"""Changes a valid spec so that its layers usually no longer fit together.

The result is valid in the language; only its shapes may be wrong.
"""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from fuzz.generate import mentioned
from fuzz.plain import ROWS, STRUCTURES, Data, extended, mappings

INSERTED: tuple[Any, ...] = (
    "Flatten",
    {"LRN": 3},
    {"Conv": "3x3", "out": 4},
    {"SeparableConv": "3x3", "out": 6},
    {"MaxPool": "2x2/2"},
    {"AvgPool": "global"},
    {"AdaptiveAvgPool": 2},
    {"Linear": 4},
    {"Affine": [1.0, 2.0, 3.0]},
    {"Affine": [0.5]},
    {"BatchNorm": {"eps": 0.01}},
)
WINDOWED = ("Conv", "SeparableConv", "MaxPool", "AvgPool")


def misfit(spec: Data, random: Random) -> tuple[Data, str]:
    """Return the spec with one change, and the change's name; everything may still fit."""
    while True:
        name = random.choice(list(CHANGES))
        changed = deepcopy(spec)
        if CHANGES[name](changed, random) and not _unused_column(changed):
            return changed, name


def _unused_column(spec: Data) -> bool:
    modules = extended(spec.get("modules", {})).values()
    return any(set(module.get("columns", ())) - mentioned(_body(module)) for module in modules)


def _body(module: Data) -> Data:
    return {key: value for key, value in module.items() if key != "columns"}


def _layers(spec: Data, *kinds: str) -> list[tuple[Data, str]]:
    """Yield every layer of the given kinds that has fields, and its kind."""
    places = [spec.get(section, {}) for section in (*ROWS, "aux", "modules")]
    return [(d, kind) for d in mappings(places) for kind in kinds if kind in d]


def _one(spec: Data, random: Random, *kinds: str) -> tuple[Data, str]:
    return random.choice(_layers(spec, *kinds) or [({}, "")])


def _kernel(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, *WINDOWED)
    if kind:
        size = random.choice(("6x6", "7x7", "9x9", "11x11", "12x1", "1x13", "5x5"))
        step = random.choice((1, 2, 3))
        layer[kind] = f"{size}/{step} valid"
        layer.pop("padding", None)
        layer.pop("count_padding", None)
    return bool(kind)


def _stride(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, *WINDOWED)
    if not kind or layer[kind] == "global":
        return False
    sizes, _, mode = layer[kind].partition(" ")
    step = random.choice(("1", "2", "3", "1x2", "2x1"))
    layer[kind] = f"{sizes.partition('/')[0]}/{step}" + (f" {mode}" if mode else "")
    return True


def _padding(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, *WINDOWED)
    if not kind or layer[kind] == "global":
        return False
    layer[kind] = layer[kind].partition(" ")[0]
    layer["padding"] = random.choice((0, 1, 2, 3, "0x2", "2x1"))
    if kind == "AvgPool":
        layer["count_padding"] = True
    return True


def _count(spec: Data, random: Random) -> bool:
    layer, _ = _one(spec, random, "AvgPool")
    return layer.pop("count_padding", None) is not None


def _even(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, *WINDOWED)
    if kind:
        layer[kind] = random.choice(("2x2/1 same", "4x3/1 same", "3x2/2 same", "3x3/1 same"))
        layer.pop("padding", None)
        if kind == "AvgPool":
            layer["count_padding"] = False
    return bool(kind)


def _ceil(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, "MaxPool", "AvgPool")
    if not kind or layer[kind] == "global":
        return False
    layer["ceil"] = not layer.get("ceil", False)
    return True


def _filters(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, "Conv", "SeparableConv")
    if kind:
        layer["out"] = random.choice((1, 3, 5, 6, 10, 16))
    return bool(kind)


def _groups(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, "Conv")
    if kind:
        layer["groups"] = random.choice((2, 3, 4, 5, 6, 8))
    return bool(kind)


def _affine(spec: Data, random: Random) -> bool:
    layer, kind = _one(spec, random, "Affine")
    if kind:
        size = max(1, len(layer[kind]) + random.choice((-3, -1, 0, 1)))
        layer[kind] = [0.5] * random.choice((1, size))
        layer.pop("shift", None)
    return bool(kind)


def _sequences(spec: Data) -> list[Any]:
    """Yield lists of consecutive layers: sections of rows, and bodies of Sequence and Residual."""
    found = [spec[section] for section in ROWS if section in spec]
    for data in mappings([spec.get("modules", {}), *found, spec.get("aux", {})]):
        found += [data[kind] for kind in ("Sequence", "Residual") if kind in data]
        found += [value for key, value in data.items() if _is_chain(key, value)]
    return found


def _is_chain(key: str, value: Any) -> bool:
    """Whether a list holds consecutive layers."""
    plain = ("columns", "Affine", "shift", "Concat")
    return isinstance(value, list) and key not in plain and not key.startswith("Module")


def _insert(spec: Data, random: Random) -> bool:
    layers = random.choice(_sequences(spec))
    layer = deepcopy(random.choice(INSERTED))
    place = random.randint(0, len(layers))
    if isinstance(layers, list):
        layers.insert(place, layer)
        return True
    items = list(layers.items())
    items.insert(place, (f"inserted{random.randint(100, 999)}", layer))
    layers.clear()
    layers.update(items)
    return True


def _remove(spec: Data, random: Random) -> bool:
    layers = random.choice(_sequences(spec))
    tapped = {head["from"] for head in spec.get("aux", {}).values()}
    keys = range(len(layers)) if isinstance(layers, list) else list(layers)
    removable = [key for key in keys if key not in tapped]
    if len(keys) < 2 or not removable:
        return False
    del layers[random.choice(removable)]
    return True


def _input(spec: Data, random: Random) -> bool:
    sizes = [str(random.randint(1, 9)) for _ in range(3)]
    spec["input"] = "x".join([random.choice((spec["input"][0], sizes[0])), *sizes[1:]])
    return True


def _shortcut(spec: Data, random: Random) -> bool:
    layer, _ = _one(spec, random, "Residual")
    if "shortcut" not in layer:
        return False
    del layer["shortcut"]
    return True


def _squeeze(spec: Data, random: Random) -> bool:
    """Reduce a branch or a residual body to 1x1, which torch broadcasts."""
    bodies = [
        d[kind] for d in mappings(spec.get("modules", {})) for kind in STRUCTURES if kind in d
    ]
    bodies = [body for body in bodies if isinstance(body, dict)]
    if not bodies:
        return False
    random.choice(bodies)["squeezed"] = {"AvgPool": "global"}
    return True


def _classes(spec: Data, random: Random) -> bool:
    spec["head"]["fc"] = {"Linear": random.choice((3, "classes", 9))}
    return True


CHANGES: dict[str, Callable[[Data, Random], bool]] = {
    "kernel": _kernel,
    "stride": _stride,
    "padding": _padding,
    "count_padding": _count,
    "even kernel": _even,
    "ceil": _ceil,
    "filters": _filters,
    "groups": _groups,
    "affine": _affine,
    "inserted": _insert,
    "removed": _remove,
    "input": _input,
    "shortcut": _shortcut,
    "squeezed": _squeeze,
    "classes": _classes,
}
