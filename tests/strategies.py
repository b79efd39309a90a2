"""Random valid specs, as text, over the whole vocabulary.

Shapes are followed with arithmetic of this file's own, so that what is drawn fits together without
asking the compiler whose answers are tested.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, TypeVar

import yaml
from hypothesis import strategies as st

Shape = tuple[int, ...]
Cells = Mapping[str, Any]
T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

CLASSES = 7
HEAD = {
    "Sequence": {
        "features": ["Flatten", {"Linear": 6, "activation": "ReLU"}],
        "fc": {"Linear": "classes"},
    }
}
COUNTS = (4, 8, 12)
COLUMNS = {
    "#1x1": COUNTS,
    "#3x3 reduce": COUNTS,
    "proj": COUNTS,
    "width": COUNTS,
    "cardinality": (1, 2, 4),
    "scale": (1, 0.17, -0.5),
    "drop": (0, 0.25),
    "eps": (0.001, 1e-5),
}
"""What a module may have as columns, and the values that a row gives them."""


def one_of(draw: Draw, *values: T) -> T:
    value: T = draw(st.sampled_from(values))
    return value


def chance(draw: Draw, percent: int) -> bool:
    return bool(draw(st.integers(0, 99)) >= 100 - percent)


class Unfit(Exception):
    """The layers do not fit together."""


@dataclass
class Shapes:
    """Follows shapes through layers as a spec writes them."""

    modules: dict[str, Any]
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    dimensions: dict[str, int] = field(default_factory=dict)

    def layer(self, layer: Any, shape: Shape, cells: Cells) -> Shape:
        """The layer's output. Raises Unfit where ``shape`` does not go in."""
        if isinstance(layer, list):
            for item in layer:
                shape = self.layer(item, shape, cells)
            return shape
        if isinstance(layer, str):
            layer = {layer: None}
        kind = next((key for key in layer if key[0].isupper()), "")
        if not kind:
            return self.body(layer, shape, cells)
        if kind in self.modules:
            module, row = self.modules[kind], layer[kind]
            if "BatchNorm" in str(module) and len(shape) != self.dimensions[kind]:
                raise Unfit
            values = list(row.values()) if isinstance(row, dict) else row or []
            inner = dict(
                zip(module.get("columns", []), (cells.get(v, v) for v in values), strict=True)
            )
            return self.structure(module, shape, {"classes": CLASSES, **inner})
        if kind in ("Sequence", "Concat", "Residual", "Repeat"):
            return self.structure(layer, shape, cells)
        fields = {**self.defaults.get(kind, {}), **layer}
        return self.operator(
            kind,
            {k: cells.get(v, v) if isinstance(v, str) else v for k, v in fields.items()},
            shape,
        )

    def structure(self, layer: Any, shape: Shape, cells: Cells) -> Shape:
        if "Sequence" in layer:
            return self.body(layer["Sequence"], shape, cells)
        if "Repeat" in layer:
            for _ in range(layer["Repeat"]):
                shape = self.layer(layer["of"], shape, cells)
            return shape
        if "Residual" in layer:
            out = self.body(layer["Residual"], shape, cells)
            shortcut = layer.get("shortcut")
            if out != (shape if shortcut is None else self.layer(shortcut, shape, cells)):
                raise Unfit
            return out
        branches = layer["Concat"]
        if isinstance(branches, dict):
            outs = [self.part(k, v, shape, cells) for k, v in branches.items()]
        else:
            outs = []
            for branch in branches:
                keys = branch if isinstance(branch, dict) else ()
                unnamed = keys and not any(self.is_kind(key) for key in keys)
                part = self.body if unnamed else self.layer
                outs.append(part(branch, shape, cells))
        if len({out[1:] for out in outs}) > 1:
            raise Unfit
        return (sum(out[0] for out in outs), *outs[0][1:])

    def is_kind(self, key: str) -> bool:
        return key[0].isupper() and key not in ("Sequence", "Concat", "Residual")

    def body(self, layers: Any, shape: Shape, cells: Cells) -> Shape:
        if isinstance(layers, list):
            return self.layer(layers, shape, cells)
        for key, layer in layers.items():
            shape = self.part(key, layer, shape, cells)
        return shape

    def part(self, key: str, layer: Any, shape: Shape, cells: Cells) -> Shape:
        """What stands under a key: an unnamed structure, or a layer with its name."""
        unnamed = key in ("Sequence", "Concat", "Residual")
        return self.layer({key: layer} if unnamed else layer, shape, cells)

    def operator(self, kind: str, fields: Mapping[str, Any], shape: Shape) -> Shape:
        if kind in ("Dropout", "ReLU", "Softmax", "Identity", "BatchNorm"):
            return shape
        if kind == "Flatten":
            return shape if len(shape) == 1 else (shape[0] * shape[1] * shape[2],)
        if kind == "Linear":
            if shape[1:] not in ((), (1, 1)):
                raise Unfit
            return (fields["Linear"],)
        if len(shape) == 1:
            raise Unfit
        if kind == "LRN":
            return shape
        if kind == "Affine":
            if len(fields["Affine"]) != shape[0]:
                raise Unfit
            return shape
        if kind == "AdaptiveAvgPool":
            return (shape[0], *pair(fields[kind]))
        convolution = kind in ("Conv", "SeparableConv")
        channels = fields["out"] if convolution else shape[0]
        groups = fields.get("groups", 1)
        if convolution and (shape[0] % groups or channels % groups):
            raise Unfit
        if fields[kind] == "global":
            return (channels, 1, 1)
        kernel, stride, padding = window(fields[kind], fields.get("padding"), convolution)
        size = []
        for axis in (0, 1):
            steps = (shape[1 + axis] + 2 * padding[axis] - kernel[axis]) / stride[axis]
            count = (ceil(steps) if fields.get("ceil") else int(steps // 1)) + 1
            if fields.get("ceil") and (count - 1) * stride[axis] >= shape[1 + axis] + padding[axis]:
                count -= 1
            if steps < 0 or count < 1:
                raise Unfit
            size.append(count)
        return (channels, *size)


def pair(value: Any) -> tuple[int, int]:
    """``1`` or ``0x3``."""
    if isinstance(value, int):
        return value, value
    high, wide = value.split("x")
    return int(high), int(wide)


def window(
    text: str, padding: Any, same: bool
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride and padding of ``KxK[/S][ same|valid]``."""
    sizes, _, mode = text.partition(" ")
    size, _, step = sizes.partition("/")
    kernel = pair(size)
    stride = pair(step if "x" in step else int(step or 1))
    if padding is not None:
        return kernel, stride, pair(padding)
    if mode == "same" or (same and not mode):
        return kernel, stride, (kernel[0] // 2, kernel[1] // 2)
    return kernel, stride, (0, 0)


@dataclass
class Scope:
    """Where layers are drawn: the columns there are, with an example of a row, and free names."""

    cells: dict[str, Any]
    used: set[str] = field(default_factory=set)
    names: int = 0

    def name(self, draw: Draw, word: str) -> str:
        self.names += 1
        if chance(draw, 3):
            return f"{word}_with_a_name_as_long_as_can_be"[:36] + f"_{self.names}"
        return f"{word}{self.names}"

    def value(self, draw: Draw, columns: tuple[str, ...], *literals: Any) -> Any:
        """A literal, or one of those columns that this scope has."""
        known = [column for column in columns if column in self.cells]
        if known and chance(draw, 70):
            column = one_of(draw, *known)
            self.used.add(column)
            return column
        return one_of(draw, *literals)

    def count(self, draw: Draw) -> Any:
        columns = tuple(c for c, values in COLUMNS.items() if values is COUNTS)
        return self.value(draw, columns, *COUNTS)


class Writer:
    """Draws layers that fit the shape they are given."""

    def __init__(self, draw: Draw, shapes: Shapes, siblings: bool) -> None:
        self.draw = draw
        self.shapes = shapes
        self.siblings = siblings

    def fits(self, layer: Any, shape: Shape, scope: Scope) -> Shape | None:
        try:
            out = self.shapes.layer(layer, shape, scope.cells)
        except Unfit:
            return None
        widest = 96 if len(out) == 3 else 600
        return out if out[0] <= widest and max(out[1:], default=0) <= 24 else None

    def norm(self) -> dict[str, Any]:
        draw = self.draw
        if chance(draw, 40):
            return {}
        if chance(draw, 60):
            return {"norm": "BatchNorm"}
        return {"norm": {"BatchNorm": {"eps": one_of(draw, 0.001, 0.01), "momentum": 0.3}}}

    def activation(self, percent: int = 50) -> dict[str, Any]:
        if not chance(self.draw, percent):
            return {}
        return {"activation": one_of(self.draw, "ReLU", "ReLU", "ReLU", "Softmax", "none")}

    def convolution(self, scope: Scope, keeps_size: bool) -> dict[str, Any]:
        draw = self.draw
        windows: tuple[str, ...] = ("1x1", "3x3", "1x3", "5x1", "3x3 same")
        if not keeps_size:
            windows = ("3x3/2", "3x3 valid", "2x1/2x1 valid", "5x3/1x2", "3x3/2 valid", "1x1/2")
        kind = one_of(draw, "Conv", "Conv", "Conv", "SeparableConv")
        layer: dict[str, Any] = {kind: one_of(draw, *windows), "out": scope.count(draw)}
        if not keeps_size and chance(draw, 25):
            layer[kind] = one_of(draw, "4x4/2", "3x2", "3x5/2")
            layer["padding"] = one_of(draw, 1, "0x1")
        if kind == "SeparableConv" and chance(draw, 40):
            layer["multiplier"] = scope.value(draw, ("cardinality",), 1, 2, 3)
        if kind == "Conv" and chance(draw, 30):
            layer["groups"] = scope.value(draw, ("cardinality",), 2, 4)
        if chance(draw, 25):
            layer["bias"] = chance(draw, 50)
        return layer | self.norm() | self.activation()

    def pool(self, keeps_size: bool) -> dict[str, Any]:
        draw = self.draw
        kind = one_of(draw, "MaxPool", "AvgPool")
        if keeps_size:
            layer: dict[str, Any] = {kind: one_of(draw, "3x3/1 same", "3x1/1 same", "5x5/1 same")}
        else:
            windows = ("3x3/2", "2x2/2", "3x2/2x1", "3x3/2 same", "5x5/3", "2x3/1")
            layer = {kind: one_of(draw, *windows)}
            if "same" not in layer[kind] and chance(draw, 30):
                layer["padding"] = 1
            if chance(draw, 50):
                layer["ceil"] = chance(draw, 80)
        if kind == "AvgPool" and ("same" in layer[kind] or "padding" in layer):
            layer["count_padding"] = chance(draw, 50)
        return layer

    def plain(self, scope: Scope, shape: Shape) -> Any:
        """A layer that keeps the shape."""
        draw = self.draw
        kinds: list[Any] = ["ReLU", "Identity", "BatchNorm", "Softmax"]
        kinds.append({"Dropout": scope.value(draw, ("drop",), 0, 0.5)})
        kinds.append({"BatchNorm": {"eps": scope.value(draw, ("eps",), 0.001, 1e-5)}})
        kinds.append({"BatchNorm": {"momentum": 1}})
        if len(shape) == 3:
            kinds.append({"LRN": one_of(draw, 2, 3, 5)})
            kinds.append({"LRN": 5, "alpha": 0.5, "beta": 0.5, "k": 2.0})
            numbers = [round(0.5 + i / 8, 3) for i in range(shape[0])]
            affine: dict[str, Any] = {"Affine": numbers}
            kinds.append(affine | ({"shift": numbers[::-1]} if chance(draw, 50) else {}))
        return one_of(draw, *kinds)

    def operator(self, scope: Scope, shape: Shape, keeps_size: bool) -> Any:
        draw = self.draw
        if len(shape) == 1:
            if chance(draw, 40):
                return self.plain(scope, shape)
            features = scope.count(draw) if chance(draw, 80) else "classes"
            bias = {"bias": chance(draw, 50)} if chance(draw, 30) else {}
            return {"Linear": features, **bias, **self.activation()}
        choice = draw(st.integers(0, 9))
        if choice == 9 and not keeps_size and chance(draw, 60):
            return "Flatten"
        if choice < 5:
            return self.convolution(scope, keeps_size)
        if choice < 7:
            return self.pool(keeps_size)
        return self.plain(scope, shape)

    def call(self, scope: Scope) -> Any:
        """A row of a module, as a list or a mapping; cells may be columns of the caller."""
        draw = self.draw
        if not self.shapes.modules:
            return None
        name = one_of(draw, *self.shapes.modules)
        columns = self.shapes.modules[name].get("columns", [])
        if not columns:
            return name
        row: dict[str, Any] = {}
        for column in columns:
            if COLUMNS[column] is COUNTS:
                row[column] = "classes" if chance(draw, 4) else scope.count(draw)
            else:
                row[column] = scope.value(draw, (column,), *COLUMNS[column])
        return {name: row if chance(draw, 30) else list(row.values())}

    def layer(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> tuple[Any, Shape]:
        """A layer that may stand under a name, and what comes out of it."""
        draw = self.draw
        for _ in range(4):
            before = set(scope.used)
            choice = draw(st.integers(0, 99))
            layer: Any
            if choice < (55 if self.siblings else 25):
                layer = self.call(scope)
            elif choice < 40 and depth:
                layer = self.chain(scope, shape, depth - 1, keeps_size)
            elif choice < 50 and depth:
                inner, _ = self.layer(scope, shape, depth - 1, True)
                layer = {"Repeat": one_of(draw, 1, 2, 3), "of": inner}
            else:
                layer = self.operator(scope, shape, keeps_size)
            out = None if layer is None else self.fits(layer, shape, scope)
            if out is not None and (not keeps_size or out[1:] == shape[1:]):
                return layer, out
            scope.used = before
        return "ReLU", shape

    def chain(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> Any:
        """Layers in a row: a list, or a Sequence with names."""
        layers = []
        for _ in range(self.draw(st.integers(1, 3))):
            layer, shape = self.layer(scope, shape, depth, keeps_size)
            layers.append(layer)
        if chance(self.draw, 60):
            return layers
        named: dict[str, Any] = {}
        for i, layer in enumerate(layers):
            named[f"step{i}"] = layer
        if len(named) > 1 and chance(self.draw, 15):
            (first, layer), *rest = named.items()
            return {"Sequence": {"Sequence": {first: layer}, **dict(rest)}}
        return {"Sequence": named}

    def body(
        self, scope: Scope, shape: Shape, depth: int, keeps_size: bool
    ) -> tuple[dict[str, Any], Shape]:
        """The named layers of a class, with unnamed structure between them."""
        body: dict[str, Any] = {}
        for _ in range(self.draw(st.integers(1, 3))):
            choice = self.draw(st.integers(0, 99))
            if choice < 12 and depth and "Concat" not in body:
                body["Concat"], shape = self.fork(scope, shape, depth - 1, keeps_size)
            elif choice < 20 and depth and "Residual" not in body:
                residual, shape = self.residual(scope, shape, depth - 1)
                if set(residual) == {"Residual"}:
                    body |= residual
                    continue
                # With fields of its own a Residual stands only where a kind may have fields.
                layer, shape = self.layer(scope, shape, depth, keeps_size)
                body[scope.name(self.draw, "layer")] = layer
            elif choice < 24 and depth and "Sequence" not in body:
                body["Sequence"], shape = self.body(scope, shape, depth - 1, keeps_size)
            else:
                layer, shape = self.layer(scope, shape, depth, keeps_size)
                body[scope.name(self.draw, "layer")] = layer
        return body, shape

    def fork(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> tuple[Any, Shape]:
        """The branches of a Concat, as a mapping or a list, all of one size."""
        draw = self.draw
        reduces = not keeps_size and len(shape) == 3 and chance(draw, 40)
        branches: list[dict[str, Any]] = []
        channels, size = 0, shape[1:]
        alike = self.norm() | self.activation() if self.siblings else {}
        for _ in range(draw(st.integers(2, 4))):
            first: dict[str, Any] = {}
            given = shape
            if self.siblings and len(shape) == 3 and chance(draw, 75):
                sibling = {"Conv": "1x1", "out": scope.count(draw), **alike}
                first[scope.name(draw, "first")] = sibling
                given = self.shapes.layer(sibling, shape, scope.cells)
            branch: dict[str, Any] = {}
            out = given
            if not first or chance(draw, 70):
                branch, out = self.body(scope, given, depth, True)
            branch = first | branch
            if reduces:
                last: Any = one_of(
                    draw,
                    {"MaxPool": "3x3/2 same"},
                    {"Conv": "3x3/2", "out": scope.count(draw), "activation": "ReLU"},
                    {"AvgPool": "3x3/2 same", "count_padding": chance(draw, 50)},
                )
                branch[scope.name(draw, "reduce")] = last
                out = self.shapes.layer(last, out, scope.cells)
            branches.append(branch)
            channels, size = channels + out[0], out[1:]
        form = draw(st.integers(0, 2))
        for branch in branches:
            if len(branch) == 1 and next(iter(branch)) in ("Concat", "Residual", "Sequence"):
                branch[scope.name(draw, "after")] = "Identity"
        if form == 0:
            return branches, (channels, *size)
        mapping: dict[str, Any] = {}
        for i, branch in enumerate(branches):
            unnamed = next((k for k in branch if k in ("Concat", "Residual", "Sequence")), None)
            if len(branch) == 1 and unnamed and unnamed not in mapping:
                mapping |= branch
            elif unnamed:
                return branches, (channels, *size)
            elif len(branch) == 1:
                mapping |= branch
            else:
                layers = list(branch.values())
                named = {"Sequence": branch}
                mapping[f"branch{scope.names}_{i}"] = layers if form == 1 else named
        return mapping, (channels, *size)

    def residual(self, scope: Scope, shape: Shape, depth: int) -> tuple[dict[str, Any], Shape]:
        """A Residual with the fields it has, and what comes out of it."""
        draw = self.draw
        body, out = self.body(scope, shape, depth, True)
        width: Any = scope.count(draw) if chance(draw, 50) else shape[0]
        channels = scope.cells.get(width, width)
        last: Any = {"Conv": "1x1", "out": width} if len(shape) == 3 else {"Linear": width}
        if out != shape or channels != shape[0]:
            body[scope.name(draw, "project")] = last
            out = (channels, *shape[1:])
        residual: dict[str, Any] = {"Residual": body}
        if out != shape or chance(draw, 20):
            if out == shape:
                last = "Identity"
            residual["shortcut"] = last if chance(draw, 70) else {scope.name(draw, "cut"): last}
        if chance(draw, 40):
            residual["scale"] = scope.value(draw, ("scale",), 1, 0.17, -2.5)
        return residual | self.activation(), out

    def module(self, shape: Shape) -> dict[str, Any]:
        """A module that takes at least this shape, with the columns that it uses."""
        draw = self.draw
        columns = draw(st.lists(st.sampled_from(sorted(COLUMNS)), max_size=5, unique=True))
        cells = {column: one_of(draw, *COLUMNS[column]) for column in columns}
        scope = Scope({"classes": CLASSES, **cells})
        kind = one_of(draw, "Sequence", "Concat", "Residual")
        if self.siblings and chance(draw, 60):
            kind = "Concat"
        if kind == "Sequence":
            body, _ = self.body(scope, shape, 2, False)
            structure: dict[str, Any] = {"Sequence": positions(body)}
        elif kind == "Concat":
            branches = self.fork(scope, shape, 2, False)[0]
            structure = {"Concat": branches if self.siblings else positions(branches)}
        else:
            structure = self.residual(scope, shape, 2)[0]
            structure["Residual"] = positions(structure["Residual"])
        used = [column for column in columns if column in mentioned(structure)]
        about = {"about": "What the module is for."} if chance(draw, 50) else {}
        return about | ({"columns": used} if used else {}) | structure


def positions(body: Any) -> Any:
    """The layers as a list without names, where they can be one and have short ones."""
    unnamed = not isinstance(body, dict) or {"Concat", "Residual", "Sequence"} & set(body)
    return body if unnamed or len(min(body)) > 7 else list(body.values())


def mentioned(data: Any) -> set[Any]:
    """Every value in the data."""
    if isinstance(data, dict):
        return {value for part in data.values() for value in mentioned(part)}
    if isinstance(data, list):
        return {value for part in data for value in mentioned(part)}
    return {data}


@st.composite
def specs(draw: Draw, siblings: bool = False) -> str:
    """The text of a valid spec; with ``siblings`` many a branch begins with a 1x1 convolution."""
    shape: Shape = (one_of(draw, 1, 3, 4, 8), draw(st.integers(5, 14)), draw(st.integers(5, 14)))
    spec: dict[str, Any] = {"archc": 1, "name": "Net", "about": "A network."}
    spec |= {"input": "x".join(map(str, shape)), "classes": CLASSES}
    defaults: dict[str, Any] = {}
    if chance(draw, 40):
        defaults["Conv"] = {"activation": "ReLU"}
        if chance(draw, 50):
            defaults["Conv"]["norm"] = "BatchNorm"
    if chance(draw, 30):
        defaults["BatchNorm"] = {"eps": 0.002}
    if chance(draw, 30):
        defaults["MaxPool"] = {"ceil": True}
    if chance(draw, 30):
        defaults["AvgPool"] = {"ceil": True, "count_padding": False}
    if defaults:
        spec["defaults"] = defaults
    shapes = Shapes({}, defaults)
    writer = Writer(draw, shapes, siblings)
    for i in range(draw(st.integers(1 if siblings else 0, 3))):
        sample = (one_of(draw, *COUNTS), *shape[1:]) if chance(draw, 80) else (8,)
        module = writer.module(sample)
        shapes.dimensions[f"Module{'ABC'[i]}"] = len(sample)
        shapes.modules[f"Module{'ABC'[i]}"] = module
    if shapes.modules:
        spec["modules"] = dict(shapes.modules)
    scope = Scope({"classes": CLASSES})
    taps: dict[str, Shape] = {}
    for section in ("stem", "body"):
        rows: dict[str, Any] = {}
        for _ in range(draw(st.integers(1, 4))):
            name = scope.name(draw, "row")
            rows[name], shape = writer.layer(scope, shape, 2, False)
            taps[name] = shape
        spec[section] = rows
    if chance(draw, 50):
        spec["aux"] = {}
        sized = chance(draw, 40)
        if sized:
            spec.setdefault("modules", {})["Head"] = HEAD
            spec["modules"]["Outer"] = {"Sequence": [{"Dropout": 0.1}, "Head"]}
        for i in range(draw(st.integers(1, 3))):
            tap = one_of(draw, *taps)
            head: Any = ["Flatten", {"Linear": "classes"}]
            if sized:
                # One class on maps of several sizes: its features depend on height and width.
                head = one_of(draw, "Head", "Outer")
            elif len(taps[tap]) == 3 and chance(draw, 50):
                head = {"Sequence": {"pool": {"AvgPool": "global"}, "fc": {"Linear": "classes"}}}
            elif chance(draw, 40):
                body, _ = writer.layer(scope, taps[tap], 1, False)
                ending = {"flatten": "Flatten", "fc": {"Linear": "classes"}}
                head = {"Sequence": {"body": body, **ending}}
            weight = one_of(draw, 0.3, 1)
            spec["aux"][f"aux{i + 1}"] = {"Aux": head, "from": tap, "loss_weight": weight}
    spec["head"] = {}
    if len(shape) == 3:
        pools: tuple[Any, ...] = ({"AvgPool": "global"}, {"AdaptiveAvgPool": "2x3"}, "Flatten")
        pool = one_of(draw, *pools)
        spec["head"]["pool"] = pool
        if isinstance(pool, dict) and "AdaptiveAvgPool" in pool:
            spec["head"]["flatten"] = "Flatten"
    if chance(draw, 50):
        spec["head"]["dropout"] = {"Dropout": 0.4}
    # With auxiliary heads, one loss takes as many features of all.
    features = "classes" if "aux" in spec else one_of(draw, "classes", "classes", 5)
    spec["head"]["fc"] = {"Linear": features}
    if chance(draw, 50):
        spec["head"]["prob"] = "Softmax"
    style = one_of(draw, False, None)
    text: str = yaml.dump(
        spec, Dumper=_Dumper, sort_keys=False, default_flow_style=style, width=1000
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Writes what stands in two places twice: a spec has no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
