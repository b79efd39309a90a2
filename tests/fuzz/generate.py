"""Generates random valid specs with the whole vocabulary, as plain data, from a seed.

Layers fit according to ``arithmetic.py``. archc is not used, since it is what the specs test.
"""

from copy import deepcopy
from random import Random
from typing import Any

from fuzz.arithmetic import Shape
from fuzz.layers import Fitting, Layers
from fuzz.operators import CLASSES, COLUMNS, COUNTS, Scope
from fuzz.others import READINGS
from fuzz.plain import FILLED, STRUCTURES, Data, mappings

HEAD: Data = {
    "Sequence": {
        "features": ["Flatten", {"Linear": 6, "activation": "ReLU"}],
        "fc": {"Linear": "classes"},
    }
}
OUTER: Data = {"Sequence": [{"Dropout": 0.1}, "Head"]}


def random_spec(
    random: Random, siblings: bool = False, others: tuple[str, ...] = tuple(READINGS)
) -> Data:
    """Return a valid spec; with ``siblings``, many branches begin with a 1x1 convolution.

    ``others`` lists kinds to draw that only others.py knows.
    """
    return _Spec(random, siblings, others).spec


class _Spec(Layers):
    """Draws modules, then rows and auxiliary heads."""

    def __init__(self, random: Random, siblings: bool, others: tuple[str, ...]) -> None:
        self.siblings = siblings
        self.others = others
        self.spec: Data = {"archc": 1, "name": "Net", "about": "A network.", "classes": CLASSES}
        super().__init__(random, Fitting(self.spec))
        shape: Shape = (self.one_of((1, 3, 4, 8)), random.randint(5, 14), random.randint(5, 14))
        self.spec["input"] = "x".join(map(str, shape))
        if self.chance(15):
            width = self.one_of((0.5, 0.75, 1.5, 2))
            self.spec["width"] = {"multiplier": width, "multiple": self.one_of((1, 2, 4))}
        if defaults := self.some_defaults():
            self.spec["defaults"] = defaults
        self.shapes = Fitting(self.spec)
        for letter in "ABC"[: self.one_of((1, 2, 3) if siblings else (0, 0, 1, 1, 2, 3))]:
            self.define(f"Module{letter}", shape)
        self.network(shape)
        if self.chance(25):
            self.name_numbers()

    def some_defaults(self) -> Data:
        defaults: Data = {}
        if self.chance(25):
            defaults["Conv"] = {"activation": "ReLU"} | (
                {"norm": "BatchNorm"} if self.chance(50) else {}
            )
        if self.chance(10):
            defaults["Conv"] = {"padding": 1}
        if self.chance(15):
            defaults["BatchNorm"] = {"eps": 0.002}
        if self.chance(15):
            defaults["MaxPool"] = {"ceil": True}
        if self.chance(15):
            defaults["AvgPool"] = {"ceil": True, "count_padding": False}
        return defaults

    def define(self, name: str, shape: Shape) -> None:
        """Draw a module that accepts at least one shape, with the columns that it uses."""
        if self.written and self.chance(50):
            module = self.variant()
        else:
            maps = self.chance(80)
            sample: Shape = (self.one_of(COUNTS), *shape[1:]) if maps else (8,)
            module = self.module(sample)
            self.shapes.dimensions[name] = len(sample)
        if parent := module.get("extends"):
            self.shapes.dimensions[name] = self.shapes.dimensions[parent]
        self.written[name] = module
        self.spec["modules"] = self.written
        dimensions = self.shapes.dimensions
        self.shapes = Fitting(self.spec)
        self.shapes.dimensions = dimensions

    def module(self, shape: Shape) -> Data:
        columns = self.random.sample(sorted(COLUMNS), self.random.randint(0, 5))
        cells = {column: self.one_of(COLUMNS[column]) for column in columns}
        scope = Scope(self.random, {"classes": CLASSES, **cells})
        kind = "Concat" if self.siblings and self.chance(60) else self.one_of(STRUCTURES)
        if kind == "Sequence":
            body, _ = self.body(scope, shape, 2, False)
            structure: Data = {"Sequence": self.positions(body)}
        elif kind == "Concat":
            branches = self.fork(scope, shape, 2, False)[0]
            structure = {"Concat": self.positions(branches)}
        else:
            structure = self.residual(scope, shape, 2)[0]
            structure["Residual"] = self.positions(structure["Residual"])
        used = [column for column in columns if column in mentioned(structure)]
        about = {"about": "What the module is for."} if self.chance(30) else {}
        return about | ({"columns": used} if used else {}) | structure

    def positions(self, body: Any) -> Any:
        """Return the layers as a list without names, if possible."""
        if self.chance(60) or not isinstance(body, dict) or set(STRUCTURES) & body.keys():
            return body
        layers = list(body.values())
        return layers if len(layers) > 1 else body

    def variant(self) -> Data:
        """Draw a module that extends another with a small change, addition or removal."""
        parent = self.one_of(list(self.written))
        whole = self.shapes.modules[parent]
        kind = next(key for key in whole if key in STRUCTURES)
        if kind == "Residual" and self.chance(50) and whole.get("scale") not in COLUMNS:
            return {"extends": parent, "scale": 0.3, "activation": self.one_of(("none", "ReLU"))}
        body = whole[kind]
        if kind == "Concat" or not isinstance(body, dict):
            return {"extends": parent, "about": "The same under another name."}
        names = [name for name in body if name not in STRUCTURES]
        if not names:
            return {"extends": parent}
        name = self.one_of(names)
        layer = body[name]
        choice = self.random.randint(0, 2)
        if choice == 0 and isinstance(layer, dict) and "Conv" in layer:
            changed = {"Conv": layer["Conv"], "bias": self.chance(50), "activation": "ReLU"}
            return {"extends": parent, kind: {name: changed}}
        if choice == 1 and len(body) > 1 and layer in ("ReLU", "Identity", "Softmax", "BatchNorm"):
            return {"extends": parent, kind: {name: "none"}}
        added = f"added{len(self.written)}"
        return {"extends": parent, kind: {added: {"Dropout": 0.1, "after": name}}}

    def network(self, shape: Shape) -> None:
        scope = Scope(self.random, {"classes": CLASSES})
        taps: dict[str, Shape] = {}
        for section in self.one_of((("stem", "body"), ("stem", "inception"), ("body",))):
            rows: Data = {}
            for _ in range(self.random.randint(1, 3)):
                name = scope.name("row")
                rows[name], shape = self.layer(scope, shape, 2, False)
                taps[name] = shape
            self.spec[section] = rows
        if self.chance(30):
            self.heads(scope, taps)
        head: Data = {}
        if len(shape) == 3:
            head["pool"] = self.one_of(
                ({"AvgPool": "global"}, {"AdaptiveAvgPool": "2x3"}, "Flatten")
            )
            if "AdaptiveAvgPool" in head["pool"]:
                head["flatten"] = "Flatten"
        if self.chance(50):
            head["dropout"] = {"Dropout": 0.4}
        # With auxiliary heads, one loss needs the same number of features from all.
        head["fc"] = {"Linear": "classes" if "aux" in self.spec or self.chance(70) else 5}
        if self.chance(40):
            head["prob"] = "Softmax"
        self.spec["head"] = head

    def heads(self, scope: Scope, taps: dict[str, Shape]) -> None:
        sized = self.chance(40)
        if sized:
            self.spec.setdefault("modules", {}).update(deepcopy({"Head": HEAD, "Outer": OUTER}))
        heads: Data = {}
        for i in range(self.random.randint(1, 2)):
            tap = self.one_of(list(taps))
            head: Any = ["Flatten", {"Linear": "classes"}]
            if sized:
                # One class on maps of several sizes: its features depend on height and width.
                head = self.one_of(("Head", "Outer"))
            elif len(taps[tap]) == 3 and self.chance(50):
                head = {"Sequence": {"pool": {"AvgPool": "global"}, "fc": {"Linear": "classes"}}}
            elif self.chance(40):
                layer, _ = self.layer(scope, taps[tap], 1, False)
                ending = {"flatten": "Flatten", "fc": {"Linear": "classes"}}
                head = {"Sequence": {"first": layer, **ending}}
            weight = self.one_of((0.3, 1))
            heads[f"aux{i + 1}"] = {"Aux": head, "from": tap, "loss_weight": weight}
        self.spec["aux"] = heads

    def name_numbers(self) -> None:
        """Turn some of the numbers into parameters."""
        places = [
            (data, key)
            for section in FILLED
            for data in mappings(self.spec.get(section))
            for key, value in data.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        parameters: Data = {}
        for data, key in self.random.sample(places, min(2, len(places))):
            name = f"number{len(parameters)}"
            if not isinstance(data[key], str):
                parameters[name], data[key] = data[key], name
        if parameters:
            self.spec = {"archc": 1, "parameters": parameters, **self.spec}


def mentioned(data: Any) -> set[Any]:
    """Yield every value in the data."""
    if isinstance(data, dict):
        return {value for part in data.values() for value in mentioned(part)}
    if isinstance(data, list):
        return {value for part in data for value in mentioned(part)}
    return {data}
