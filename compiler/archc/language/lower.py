"""A valid spec → the IR: modules expanded with their rows, defaults and columns filled in."""

from collections.abc import Iterator, Mapping

from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.collector import TooManyDiagnostics
from archc.diagnostics.spans import Source, Span
from archc.language.grammar.arguments import Cells, build, structure_arguments
from archc.language.grammar.layers import Layer
from archc.language.schema import Spec
from archc.language.sections.models import RepeatArguments, ResidualArguments
from archc.language.yaml.source import Scalar
from archc.network import ir
from archc.ops import OPERATORS
from archc.ops.operator import Operator

MAXIMUM_LAYERS = 100_000
MAXIMUM_DEPTH = 100


def lower(spec: Spec, sources: tuple[Source, ...]) -> ir.Network | list[Diagnostic]:
    """The network, or what a row's cells make wrong. ``sources`` are the files it was read from."""
    lowering = _Lowering(spec)
    if (too_many := _too_many(spec)) is not None:
        return [too_many]
    try:
        rows = tuple(lowering.node(row, "", lowering.top) for row in spec.rows)
        aux = tuple(
            ir.AuxiliaryHead(
                lowering.node(head.layer, "", lowering.top), head.tap, head.loss_weight, head.span
            )
            for head in spec.aux
        )
    except _Stop as stop:
        return [stop.diagnostic]
    except TooManyDiagnostics:
        return spec.grammar.diagnostics
    if spec.grammar.diagnostics:
        return spec.grammar.diagnostics
    return ir.Network(
        spec.header.name,
        spec.header.about,
        spec.paper,
        spec.header.input,
        spec.header.classes,
        rows,
        spec.sections,
        aux,
        spec.registration,
        {
            name: ir.Module(name, module.columns, module.about, module.span)
            for name, module in spec.modules.items()
        },
        spec.table,
        spec.budget,
        spec.checkpoints,
        spec.reference,
        spec.lints,
        sources,
        spec.span,
    )


def count_layers(spec: Spec) -> int:
    """How many layers there are once modules and repeats are expanded."""
    return max(total for _, total in _totals(spec))


def _too_many(spec: Spec) -> Diagnostic | None:
    """The row with which the network has too many layers."""
    for layer, total in _totals(spec):
        if total > MAXIMUM_LAYERS:
            message = f"more than {MAXIMUM_LAYERS:,} layers once modules and repeats are expanded"
            note = f"with this row {total:,}"
            return Diagnostic(Code.LIMIT, message, layer.span, notes=(note,))
    return None


def _totals(spec: Spec) -> Iterator[tuple[Layer, int]]:
    """Each row with the number of layers up to its end: counted, none of them made."""
    counts: dict[str, int] = {}

    def count(layer: Layer, depth: int) -> int:
        if depth > MAXIMUM_DEPTH:
            return 1  # said when it is lowered
        below = sum(count(child, depth + 1) for child in layer.children)
        if layer.kind == "Repeat":
            times = layer.fields["times"].value
            number = times.value if isinstance(times, Scalar) else 1
            below *= number if isinstance(number, int) else 1
        elif layer.kind in spec.modules:
            if layer.kind not in counts:
                counts[layer.kind] = count(spec.modules[layer.kind].body, depth + 1)
            below += counts[layer.kind]
        return 1 + below

    total = 0
    for layer in (*spec.rows, *(head.layer for head in spec.aux)):
        total += count(layer, 1)
        yield layer, total


class _Stop(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic


class _Lowering:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.grammar = spec.grammar
        classes = Scalar(spec.header.classes, str(spec.header.classes), spec.span)
        self.top: Cells = {"classes": classes}
        self.depth = 0
        # A layer is validated once for each distinct set of cells, however often it is repeated.
        # It is known by its fields: those outlive a Repeat's renamed copies of the layer itself.
        self.built: dict[tuple[int, tuple[object, ...]], tuple[Operator, Mapping[str, str]]] = {}
        self.symbols: dict[int, tuple[str, ...]] = {}

    def node(self, layer: Layer, scope: str, cells: Cells) -> ir.Node:
        """The layer's node; ``scope`` is the path it stands in."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            message = f"deeper than {MAXIMUM_DEPTH} levels once modules are expanded"
            raise _Stop(Diagnostic(Code.LIMIT, message, layer.span))
        node = self._node(layer, scope, cells)
        self.depth -= 1
        return node

    def _node(self, layer: Layer, scope: str, cells: Cells) -> ir.Node:
        path = f"{scope}.{layer.name}" if scope and layer.name else scope or layer.name
        if layer.kind in OPERATORS:
            return self._op(layer, path, cells)
        if layer.kind == "Sequence":
            inner = tuple(self.node(child, path, cells) for child in layer.children)
            return ir.Sequence(path, layer.name, inner, layer.span)
        if layer.kind == "Concat":
            inner = tuple(self.node(child, path, cells) for child in layer.children)
            return ir.Concat(path, layer.name, inner, layer.span)
        if layer.kind == "Residual":
            return self._residual(layer, path, cells)
        if layer.kind == "Repeat":
            return self._repeat(layer, path, cells)
        return self._call(layer, path, cells)

    def _op(self, layer: Layer, path: str, cells: Cells) -> ir.Op:
        if id(layer.fields) not in self.symbols:
            used = (e.value.value for e in layer.fields.values() if isinstance(e.value, Scalar))
            self.symbols[id(layer.fields)] = tuple(
                u for u in used if isinstance(u, str) and u in cells
            )
        key = (
            id(layer.fields),
            tuple(id(cells[symbol]) for symbol in self.symbols[id(layer.fields)]),
        )
        built = self.built.get(key)
        if built is None:
            built = build(layer, cells, self.grammar)
            if built is None:
                # The fault is reported; a stand-in lets the remaining rows be judged too.
                built = OPERATORS["Identity"](), {}
            self.built[key] = built
        return ir.Op(path, layer.name, *built, layer.span)

    def _residual(self, layer: Layer, path: str, cells: Cells) -> ir.Residual:
        arguments, symbols = structure_arguments(layer, cells, self.grammar)
        if not isinstance(arguments, ResidualArguments):
            arguments = ResidualArguments()
        body, *shortcut = (self.node(child, path, cells) for child in layer.children)
        return ir.Residual(
            path,
            layer.name,
            body,
            shortcut[0] if shortcut else None,
            arguments.scale,
            arguments.activation,
            symbols,
            layer.span,
        )

    def _repeat(self, layer: Layer, path: str, cells: Cells) -> ir.Repeat:
        arguments, _ = structure_arguments(layer, cells, self.grammar)
        times = arguments.times if isinstance(arguments, RepeatArguments) else 1
        (inside,) = layer.children
        items = tuple(
            self.node(inside._replace(name=str(i)) if i else inside, path, cells)
            for i in range(times)
        )
        return ir.Repeat(path, layer.name, items, layer.span)

    def _call(self, layer: Layer, path: str, cells: Cells) -> ir.Call:
        arguments: dict[str, ir.Argument] = {}
        inner: dict[str, Scalar | None] = {"classes": self.top["classes"]}
        for column, entry in layer.fields.items():
            cell = entry.value
            assert isinstance(cell, Scalar)
            symbol = cell.value if isinstance(cell.value, str) and cell.value in cells else None
            if symbol is not None:
                cell = cells[symbol] or cell
            assert isinstance(cell.value, int | float | str)
            arguments[column] = ir.Argument(cell.value, symbol)
            inner[column] = cell
        definition = self.spec.modules[layer.kind]
        before = len(self.grammar.diagnostics)
        body = self.node(definition.body, path, inner)
        self._blame_call(before, layer.span, definition.name)
        return ir.Call(path, layer.name, layer.kind, arguments, body, layer.span)

    def _blame_call(self, before: int, span: Span, module: str) -> None:
        diagnostics = self.grammar.diagnostics
        # What no cell makes wrong is so in every row: it is said once.
        said = {(diagnostic.span, diagnostic.message) for diagnostic in diagnostics[:before]}
        label = Label(span, f"in this row of {module}")
        diagnostics[before:] = [
            diagnostic._replace(labels=(*diagnostic.labels, label))
            if len(diagnostic.labels) < 2
            else diagnostic
            for diagnostic in diagnostics[before:]
            if (diagnostic.span, diagnostic.message) not in said
        ]
