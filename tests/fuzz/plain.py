"""A second implementation of docs/language.md, over a spec's plain data.

It uses nothing from archc. Subclasses define what flows through the layers: shapes in
``arithmetic.py``, tensors in ``tensors.py``.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

Data = dict[str, Any]
Cells = Mapping[str, Any]
Flow = TypeVar("Flow")

STRUCTURES = ("Sequence", "Concat", "Residual")
BRANCHING = {"Sequence": set(), "Concat": set(), "Residual": {"scale", "activation", "shortcut"}}
ROWS = ("stem", "inception", "body", "head")
FILLED = (*ROWS, "aux", "modules", "defaults", "width")
"""The sections in which a parameter may replace a number."""


class Reader(ABC, Generic[Flow]):
    """Evaluates a spec, from an input to the outputs."""

    def __init__(self, spec: Data) -> None:
        numbers = spec.get("parameters", {})
        spec = {
            key: _filled(value, numbers) if key in FILLED else value for key, value in spec.items()
        }
        self.spec = spec
        self.modules = extended(spec.get("modules", {}))
        self.defaults: Data = spec.get("defaults", {})
        self.top: Cells = {"classes": spec["classes"]}

    @abstractmethod
    def operator(self, path: str, kind: str, fields: Data, x: Flow) -> Flow:
        """Return the operator's output, including a norm and an activation in its fields."""

    @abstractmethod
    def join(self, branches: list[Flow]) -> Flow:
        """Join the channels of all branches."""

    @abstractmethod
    def add(self, body: Flow, scale: float, shortcut: Flow, activation: Any) -> Flow:
        """Return activation(body * scale + shortcut)."""

    def network(self, x: Flow, training: bool = True) -> list[Flow]:
        """Return the logits and, in training, the output of each auxiliary head."""
        rows = [
            row for section in self.spec if section in ROWS for row in self.spec[section].items()
        ]
        if rows[-1][1] == "Softmax":
            rows = rows[:-1]
        taps: dict[str, Flow] = {}
        for name, layer in rows:
            x = taps[name] = self.layer(name, layer, x, self.top)
        heads = self.spec.get("aux", {}).items() if training else ()
        return [x, *(self.layer(name, h["Aux"], taps[h["from"]], self.top) for name, h in heads)]

    def layer(self, path: str, layer: Any, x: Flow, cells: Cells) -> Flow:
        """Return the output of a layer with a name, or of one without a name in its class."""
        if isinstance(layer, list):
            for i, item in enumerate(layer):
                x = self.layer(below(path, i), item, x, cells)
            return x
        if isinstance(layer, str):
            layer = {layer: None}
        kind = next(key for key in layer if key[0].isupper())
        if kind in self.modules:
            return self.call(path, kind, layer[kind], x, cells)
        if kind in (*STRUCTURES, "Repeat"):
            return self.structure(path, layer, x, cells)
        return self.operator(path, kind, self.fields(kind, layer, cells), x)

    def call(self, path: str, name: str, row: Any, x: Flow, cells: Cells) -> Flow:
        """Evaluate a module with a row's cells in its columns."""
        module = self.modules[name]
        columns = module.get("columns", [])
        given = row if isinstance(row, dict) else dict(zip(columns, row or [], strict=True))
        filters = self.filters(module)
        inner = dict(self.top)
        for column in columns:
            value = given[column]
            if isinstance(value, str):
                inner[column] = cells[value]
            else:
                inner[column] = self.scaled(value) if column in filters else value
        return self.structure(path, module, x, inner)

    def structure(self, path: str, layer: Data, x: Flow, cells: Cells) -> Flow:
        """Return the output of consecutive, parallel, residual or repeated layers."""
        if "Sequence" in layer:
            return self.body(path, layer["Sequence"], x, cells)
        if "Repeat" in layer:
            for i in range(layer["Repeat"]):
                x = self.layer(below(path, i), layer["of"], x, cells)
            return x
        if "Residual" in layer:
            out = self.body(path, layer["Residual"], x, cells)
            scale = layer.get("scale", 1)
            cut = layer.get("shortcut")
            straight = x if cut is None else self.branch(path, "shortcut", cut, x, cells)
            return self.add(out, cells.get(scale, scale), straight, layer.get("activation", "none"))
        branches = layer["Concat"]
        if isinstance(branches, dict):
            return self.join(
                [self.part(path, key, inner, x, cells) for key, inner in branches.items()]
            )
        return self.join(
            [self.branch(path, str(i), inner, x, cells) for i, inner in enumerate(branches)]
        )

    def body(self, path: str, layers: Any, x: Flow, cells: Cells) -> Flow:
        """Evaluate consecutive layers, with names or in a list."""
        if isinstance(layers, list):
            return self.layer(path, layers, x, cells)
        for key, layer in layers.items():
            x = self.part(path, key, layer, x, cells)
        return x

    def part(self, path: str, key: str, layer: Any, x: Flow, cells: Cells) -> Flow:
        """Evaluate the value of a key: an unnamed structure, or a named layer."""
        if key in STRUCTURES:
            return self.structure(path, {key: layer}, x, cells)
        return self.layer(below(path, key), layer, x, cells)

    def branch(self, path: str, name: str, branch: Any, x: Flow, cells: Cells) -> Flow:
        """Evaluate an item of a list of branches: a layer, or several named layers."""
        if isinstance(branch, dict) and not self.is_layer(branch):
            return self.body(path, branch, x, cells)
        return self.layer(below(path, name), branch, x, cells)

    def is_layer(self, data: Data) -> bool:
        """Whether a mapping is one layer; otherwise its keys are names."""
        first = next(iter(data))
        if first in STRUCTURES:
            return data.keys() <= {first} | BRANCHING[first]
        return any(key[0].isupper() and key not in STRUCTURES for key in data)

    def fields(self, kind: str, layer: Data, cells: Cells) -> Data:
        """Return the operator's fields from the defaults, the layer and the row's cells."""
        value = layer[kind]
        defaults = dict(self.defaults.get(kind, {}))
        if isinstance(value, str) and value.endswith((" same", " valid")):
            defaults.pop("padding", None)
        if value == "global":
            defaults = {}
        own = {**layer, **value} if isinstance(value, dict) else layer
        fields = {**defaults, **own}
        if kind in ("Conv", "SeparableConv") and not isinstance(fields["out"], str):
            fields["out"] = self.scaled(fields["out"])
        return {k: cells.get(v, v) if isinstance(v, str) else v for k, v in fields.items()}

    def norm(self, written: Any) -> Data:
        """Return the fields of a norm that is another layer's field."""
        return self.fields(
            "BatchNorm", written if isinstance(written, dict) else {written: None}, {}
        )

    def scaled(self, filters: int) -> int:
        """Multiply a number of filters by the spec's width."""
        width = self.spec.get("width")
        if width is None:
            return filters
        multiple: int = width.get("multiple", 1)
        return max(1, int(filters * width["multiplier"] / multiple + 0.5)) * multiple

    def filters(self, module: Data) -> set[str]:
        """Return the module's columns that are numbers of filters, here or in modules it calls."""
        found = set()
        for layer in mappings(module):
            if {"Conv", "SeparableConv"} & layer.keys() and isinstance(layer["out"], str):
                found.add(layer["out"])
            for name in self.modules.keys() & layer.keys():
                inner, row = self.modules[name], layer[name]
                columns = inner.get("columns", [])
                pairs = (
                    row.items() if isinstance(row, dict) else zip(columns, row or [], strict=True)
                )
                wanted = self.filters(inner)
                found |= {
                    cell for column, cell in pairs if column in wanted and isinstance(cell, str)
                }
        return found


def below(path: str, name: str | int) -> str:
    """Return the path of ``name``."""
    return f"{path}.{name}" if path else str(name)


def mappings(data: Any) -> Iterator[Data]:
    """Yield every mapping in the data, including itself."""
    if isinstance(data, dict):
        yield data
    for part in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from mappings(part)


def extended(modules: Mapping[str, Data]) -> dict[str, Data]:
    """Return every module in full, including those that extend another."""

    def whole(name: str) -> Data:
        own = dict(modules[name])
        parent = own.pop("extends", None)
        return own if parent is None else _merged_module(whole(parent), own)

    return {name: whole(name) for name in modules}


def _merged_module(base: Data, own: Data) -> Data:
    merged = {key: value for key, value in base.items() if key != "about"}
    for key, value in own.items():
        old = merged.get(key)
        both = key in STRUCTURES and isinstance(old, dict) and isinstance(value, dict)
        merged[key] = _merged_names(old or {}, value) if both else value
    return merged


def _merged_names(base: Data, own: Data) -> Data:
    merged = dict(base)
    for name, value in own.items():
        old = merged.get(name)
        if value == "none":
            del merged[name]
        elif old is None:
            where = value["after"]
            layer = {key: field for key, field in value.items() if key != "after"}
            merged = dict(
                pair
                for key, inner in merged.items()
                for pair in (((key, inner), (name, layer)) if key == where else ((key, inner),))
            )
        elif _kind(old) == _kind(value) and isinstance(value, dict):
            merged[name] = {**old, **value}
        else:
            merged[name] = value
    return merged


def _kind(layer: Any) -> str | None:
    if not isinstance(layer, dict):
        return None
    return next((key for key in layer if key[0].isupper()), None)


def _filled(data: Any, numbers: Mapping[str, float]) -> Any:
    if isinstance(data, dict):
        return {k: v if k == "columns" else _filled(v, numbers) for k, v in data.items()}
    if isinstance(data, list):
        return [_filled(item, numbers) for item in data]
    return numbers.get(data, data) if isinstance(data, str) else data
