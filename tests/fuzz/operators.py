"""Draws random operators, with fields that are numbers or columns of their module."""

from random import Random
from typing import Any

from fuzz.arithmetic import Shape
from fuzz.others import READINGS, draw, draw_activation
from fuzz.plain import Data

CLASSES = 7
COUNTS = (4, 8, 12)
COLUMNS: dict[str, tuple[float, ...]] = {
    "#1x1": COUNTS,
    "#3x3 reduce": COUNTS,
    "proj": COUNTS,
    "size": (2, 3, 5),
    "cardinality": (1, 2, 4),
    "scaling": (1, 0.17, -0.5),
    "drop": (0, 0.25),
    "eps": (0.001, 1e-5),
    "beta": (0.5, 0.75),
}
"""The possible columns of a module, and values for them."""
NUMBERS_OF_FILTERS = tuple(column for column, values in COLUMNS.items() if values is COUNTS)


class Scope:
    """The scope of drawn layers: columns, an example row, and free names."""

    def __init__(self, random: Random, cells: Data) -> None:
        self.random = random
        self.cells = cells
        self.names = 0

    def name(self, word: str) -> str:
        self.names += 1
        if self.random.random() < 0.03:
            return f"{word}_with_a_name_as_long_as_can_be"[:36] + f"_{self.names}"
        return f"{word}{self.names}"

    def value(self, columns: tuple[str, ...], *literals: Any) -> Any:
        """Return a literal, or one of the scope's columns."""
        known = [column for column in columns if column in self.cells]
        if known and self.random.random() < 0.7:
            return self.random.choice(known)
        return self.random.choice(literals)

    def count(self) -> Any:
        return self.value(NUMBERS_OF_FILTERS, *COUNTS)


class Operators:
    """Draws operators that usually accept the given shape."""

    others: tuple[str, ...] = tuple(READINGS)
    """Kinds to draw that only others.py knows."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.one_of = random.choice

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def norm(self) -> Data:
        if self.chance(60):
            return {}
        if self.chance(60):
            return {"norm": self.one_of(("BatchNorm", "BatchNorm", "none"))}
        return {"norm": {"BatchNorm": {"eps": self.one_of((0.001, 0.01)), "momentum": 0.3}}}

    def activation(self, percent: int = 40) -> Data:
        if not self.chance(percent):
            return {}
        if self.others and self.chance(25):
            other = draw_activation(self.random, self.others)
            return {} if other is None else {"activation": other}
        return {"activation": self.one_of(("ReLU", "ReLU", "ReLU", "Softmax", "none"))}

    def convolution(self, scope: Scope, keeps_size: bool) -> Data:
        windows: tuple[str, ...] = ("1x1", "3x3", "1x3", "5x1", "3x3 same")
        if not keeps_size:
            windows = ("3x3/2", "3x3 valid", "2x1/2x1 valid", "5x3/1x2", "3x3/2 valid", "1x1/2")
        kind = self.one_of(("Conv", "Conv", "Conv", "SeparableConv"))
        layer: Data = {kind: self.one_of(windows), "out": scope.count()}
        if not keeps_size and self.chance(25):
            layer[kind] = self.one_of(("4x4/2", "3x2", "3x5/2"))
            layer["padding"] = self.one_of((1, "0x1"))
        if kind == "SeparableConv" and self.chance(40):
            layer["multiplier"] = scope.value(("cardinality",), 1, 2, 3)
        if kind == "Conv" and self.chance(30):
            layer["groups"] = scope.value(("cardinality",), 2, 4)
        if self.chance(25):
            layer["bias"] = self.chance(50)
        return layer | self.norm() | self.activation()

    def pool(self, keeps_size: bool) -> Data:
        kind = self.one_of(("MaxPool", "AvgPool"))
        if keeps_size:
            layer: Data = {kind: self.one_of(("3x3/1 same", "3x1/1 same", "5x5/1 same"))}
        elif self.chance(10):
            return {"AdaptiveAvgPool": self.one_of((2, "2x3", "1x2"))}
        else:
            windows = ("3x3/2", "2x2/2", "3x2/2x1", "3x3/2 same", "5x5/3", "2x3/1")
            layer = {kind: self.one_of(windows)}
            if "same" not in layer[kind] and self.chance(30):
                layer["padding"] = 1
            if self.chance(50):
                layer["ceil"] = self.chance(80)
        if kind == "AvgPool" and ("same" in layer[kind] or "padding" in layer):
            layer["count_padding"] = self.chance(50)
        return layer

    def plain(self, scope: Scope, shape: Shape) -> Any:
        """Draw a layer that keeps the shape."""
        kinds: list[Any] = ["ReLU", "Identity", "BatchNorm", "Softmax"]
        kinds.append({"Dropout": scope.value(("drop",), 0, 0.5)})
        kinds.append({"BatchNorm": {"eps": scope.value(("eps",), 0.001, 1e-5)}})
        kinds.append({"BatchNorm": {"momentum": 1}})
        if len(shape) == 3:
            kinds.append({"LRN": scope.value(("size",), 2, 3, 5)})
            kinds.append({"LRN": 5, "alpha": 0.5, "beta": scope.value(("beta",), 0.5), "k": 2.0})
            numbers = [round(0.5 + i / 8, 3) for i in range(shape[0])]
            shift = {"shift": numbers[::-1]} if self.chance(50) else {}
            kinds += [{"Affine": numbers, **shift}] * 2
        return self.one_of(kinds)

    def an_operator(self, scope: Scope, shape: Shape, keeps_size: bool) -> Any:
        if self.others and self.chance(15):
            return draw(self.random, self.one_of(self.others))
        if len(shape) == 1:
            if self.chance(40):
                return self.plain(scope, shape)
            features = scope.count() if self.chance(80) else "classes"
            bias = {"bias": self.chance(50)} if self.chance(30) else {}
            return {"Linear": features, **bias, **self.activation()}
        choice = self.random.randint(0, 9)
        if choice == 9 and not keeps_size and self.chance(40):
            return "Flatten"
        if choice < 5:
            return self.convolution(scope, keeps_size)
        return self.pool(keeps_size) if choice < 7 else self.plain(scope, shape)
