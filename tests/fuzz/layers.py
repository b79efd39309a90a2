"""Draws random layers and structures that fit a given shape."""

from random import Random
from typing import Any

from fuzz.arithmetic import Arithmetic, Shape, Unfit
from fuzz.operators import COLUMNS, NUMBERS_OF_FILTERS, Operators, Scope
from fuzz.plain import STRUCTURES, Cells, Data


class Fitting(Arithmetic):
    """Computes shapes; a norm in PyTorch takes either maps or features, and so does a module."""

    def __init__(self, spec: Data) -> None:
        super().__init__(spec)
        self.dimensions: dict[str, int] = {}

    def call(self, path: str, name: str, row: Any, x: Shape, cells: Cells) -> Shape:
        if "BatchNorm" in str(self.modules[name]) and len(x) != self.dimensions.get(name, len(x)):
            raise Unfit
        return super().call(path, name, row, x, cells)


class Layers(Operators):
    """Draws layers, and keeps those that fit according to ``shapes``."""

    siblings = False
    """Whether many branches begin with a 1x1 convolution."""

    def __init__(self, random: Random, shapes: Fitting) -> None:
        super().__init__(random)
        self.shapes = shapes
        self.written: Data = {}
        """The modules that rows may name."""

    def fits(self, layer: Any, shape: Shape, scope: Scope) -> Shape | None:
        try:
            out = self.shapes.layer("", layer, shape, scope.cells)
        except Unfit:
            return None
        widest = 64 if len(out) == 3 else 400
        return out if out[0] <= widest and max(out[1:], default=0) <= 24 else None

    def row(self, scope: Scope) -> Any:
        """Draw a row of a module, as a list or a mapping; cells may be columns of the caller."""
        if not self.written:
            return None
        name = self.one_of(list(self.written))
        columns = self.shapes.modules[name].get("columns", [])
        cells: Data = {}
        for column in columns:
            if column in NUMBERS_OF_FILTERS:
                cells[column] = "classes" if self.chance(4) else scope.count()
            else:
                cells[column] = scope.value((column,), *COLUMNS[column])
        return {name: cells if self.chance(30) else list(cells.values())} if columns else name

    def layer(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> tuple[Any, Shape]:
        """Draw a layer that may have a name, and return its output shape."""
        for _ in range(4):
            choice = self.random.randint(0, 99)
            layer: Any
            if choice < 25:
                layer = self.row(scope)
            elif choice < 38 and depth:
                layer = self.chain(scope, shape, depth - 1, keeps_size)
            elif choice < 45 and depth:
                inner, _ = self.layer(scope, shape, depth - 1, True)
                layer = {"Repeat": self.one_of((1, 2, 3)), "of": inner}
            else:
                layer = self.an_operator(scope, shape, keeps_size)
            out = None if layer is None else self.fits(layer, shape, scope)
            if out is not None and (not keeps_size or out[1:] == shape[1:]):
                return layer, out
        return "ReLU", shape

    def chain(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> Any:
        """Draw consecutive layers: a list, or a Sequence with names."""
        layers = []
        for _ in range(self.random.randint(1, 3)):
            layer, shape = self.layer(scope, shape, depth, keeps_size)
            layers.append(layer)
        if self.chance(60):
            return layers
        named: Data = {f"step{i}": layer for i, layer in enumerate(layers)}
        if len(named) > 1 and self.chance(15):
            (first, layer), *rest = named.items()
            return {"Sequence": {"Sequence": {first: layer}, **dict(rest)}}
        return {"Sequence": named}

    def body(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> tuple[Data, Shape]:
        """Draw the named layers of a class, with unnamed structure between them."""
        body: Data = {}
        for _ in range(self.one_of((1, 1, 2, 3))):
            choice = self.random.randint(0, 99)
            if choice < 15 and depth and "Concat" not in body:
                body["Concat"], shape = self.fork(scope, shape, depth - 1, keeps_size)
            elif choice < 23 and depth and "Residual" not in body:
                residual, out = self.residual(scope, shape, depth - 1)
                # A Residual with fields is possible only where a kind may have fields.
                if residual.keys() == {"Residual"}:
                    body |= residual
                    shape = out
            elif choice < 27 and depth and "Sequence" not in body:
                body["Sequence"], shape = self.body(scope, shape, depth - 1, keeps_size)
            else:
                layer, shape = self.layer(scope, shape, depth, keeps_size)
                body[scope.name("layer")] = layer
        if not body:
            body[scope.name("layer")] = "Identity"
        return body, shape

    def fork(self, scope: Scope, shape: Shape, depth: int, keeps_size: bool) -> tuple[Any, Shape]:
        """Draw the branches of a Concat, as a mapping or a list, all of one size."""
        reduces = not keeps_size and len(shape) == 3 and self.chance(40)
        branches: list[Data] = []
        channels, size = 0, shape[1:]
        normed = self.siblings and self.chance(50)
        alike = {"activation": "ReLU"} | ({"norm": "BatchNorm"} if normed else {})
        for _ in range(self.one_of((2, 2, 3))):
            first: Data = {}
            given = shape
            if self.siblings and len(shape) == 3 and self.chance(75):
                first[scope.name("first")] = {"Conv": "1x1 same", "out": scope.count(), **alike}
                given = self.shapes.body("", first, shape, scope.cells)
            branch, out = self.body(scope, given, depth, True)
            branch = first | branch
            if reduces:
                # State a size that the default ceil: true would change.
                last = self.one_of(
                    (
                        {"MaxPool": "3x3/2 same", "ceil": False},
                        {"Conv": "3x3/2 same", "out": scope.count(), "activation": "ReLU"},
                        {"AvgPool": "3x3/2 same", "ceil": False, "count_padding": self.chance(50)},
                    )
                )
                branch[scope.name("reduce")] = last
                out = self.shapes.body("", branch, shape, scope.cells)
            branches.append(branch)
            channels, size = channels + out[0], out[1:]
        for branch in branches:
            if len(branch) == 1 and next(iter(branch)) in STRUCTURES:
                branch[scope.name("after")] = "Identity"
        return self.arranged(scope, branches), (channels, *size)

    def arranged(self, scope: Scope, branches: list[Data]) -> Any:
        """Return the branches as a list of mappings, or with names if possible."""
        if self.chance(33) or any(key in STRUCTURES for branch in branches for key in branch):
            return branches
        mapping: Data = {}
        in_lists = self.chance(50)
        for i, branch in enumerate(branches):
            if len(branch) == 1:
                mapping |= branch
            else:
                layers = list(branch.values()) if in_lists else {"Sequence": branch}
                mapping[f"branch{scope.names}_{i}"] = layers
        return mapping

    def residual(self, scope: Scope, shape: Shape, depth: int) -> tuple[Data, Shape]:
        """Draw a Residual with its fields, and return its output shape."""
        body, out = self.body(scope, shape, depth, True)
        width: Any = scope.count() if self.chance(50) else shape[0]
        projected = self.fits(projection(shape, width), shape, scope)
        if projected is not None and projected != out:
            body[scope.name("project")] = projection(shape, width)
            out = projected
        residual: Data = {"Residual": body}
        if out != shape or self.chance(20):
            cut = "Identity" if out == shape else self.reaching(shape, out, scope)
            if cut is None:
                return {"Residual": {scope.name("layer"): "Identity"}}, shape
            residual["shortcut"] = cut if self.chance(70) else {scope.name("cut"): cut}
        if self.chance(40):
            residual["scale"] = scope.value(("scaling",), 1, 0.17, -2.5)
        return residual | self.activation(), out

    def reaching(self, shape: Shape, out: Shape, scope: Scope) -> Data | None:
        """Return the projection to ``out``, taking the spec's width into account."""
        layers = (projection(shape, width) for width in range(1, 2 * out[0] + 1))
        return next((layer for layer in layers if self.fits(layer, shape, scope) == out), None)


def projection(shape: Shape, width: Any) -> Data:
    """Return a layer that only changes the number of channels or features."""
    return {"Conv": "1x1 same", "out": width} if len(shape) == 3 else {"Linear": width}
