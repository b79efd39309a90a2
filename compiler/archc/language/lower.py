"""Lower a valid spec to the IR: expand modules with their rows, and repeats."""

from collections.abc import Iterator, Mapping

from archc.diagnostics import Code, Diagnostic, Label
from archc.diagnostics.collector import TooManyDiagnostics
from archc.diagnostics.spans import Source, Span
from archc.language.grammar.arguments import Cells, build_operator, build_structure_arguments
from archc.language.grammar.syntax_tree import Layer
from archc.language.sections.models import RepeatArguments, ResidualArguments
from archc.language.spec import Spec
from archc.language.yaml.nodes import Scalar
from archc.network import ir
from archc.ops import OPERATORS
from archc.ops.operator import Operator

MAXIMUM_LAYERS = 100_000
MAXIMUM_DEPTH = 100


def lower(spec: Spec, sources: tuple[Source, ...]) -> ir.Network | list[Diagnostic]:
    """Return the network, or diagnostics for cells that make a layer invalid.

    ``sources`` are the spec and the specs that it extends.
    """
    if (too_many := _check_size(spec)) is not None:
        return [too_many]
    lowering = _Lowering(spec)
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
        return spec.parser.diagnostics
    if spec.parser.diagnostics:
        return spec.parser.diagnostics
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
    """Return the number of layers after expanding modules and repeats."""
    return max(total for _, total in _totals(spec))


def _check_size(spec: Spec) -> Diagnostic | None:
    """Return a diagnostic at the first row that takes the network over the limit of layers."""
    for layer, total in _totals(spec):
        if total > MAXIMUM_LAYERS:
            message = f"more than {MAXIMUM_LAYERS:,} layers after expanding modules and repeats"
            note = f"{total:,} layers up to this row"
            return Diagnostic(Code.LIMIT, message, layer.span, notes=(note,))
    return None


def _totals(spec: Spec) -> Iterator[tuple[Layer, int]]:
    """Yield each row and head with the number of layers up to its end; nothing is expanded."""
    counts: dict[str, int] = {}

    def count(layer: Layer, depth: int) -> int:
        if depth > MAXIMUM_DEPTH:
            return 1  # reported by _Lowering
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
        self.parser = spec.parser
        classes = Scalar(spec.header.classes, str(spec.header.classes), spec.span)
        self.top: Cells = {"classes": classes}
        self.depth = 0
        # Operators by layer and cells, so that a repeated layer is validated once. The key is the
        # id of the layer's fields, which all copies of a repeated layer share.
        self.built: dict[tuple[int, tuple[object, ...]], tuple[Operator, Mapping[str, str]]] = {}
        self.symbols: dict[int, tuple[str, ...]] = {}

    def node(self, layer: Layer, scope: str, cells: Cells) -> ir.Node:
        """Return the layer's node; ``scope`` is the path of the enclosing node."""
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            message = f"more than {MAXIMUM_DEPTH} nested levels after expanding modules"
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
            built = build_operator(layer, cells, self.parser)
            if built is None:
                # The error is reported; an Identity lets the remaining rows be checked too.
                built = OPERATORS["Identity"](), {}
            self.built[key] = built
        return ir.Op(path, layer.name, *built, layer.span)

    def _residual(self, layer: Layer, path: str, cells: Cells) -> ir.Residual:
        arguments, symbols = build_structure_arguments(layer, cells, self.parser)
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
        arguments, _ = build_structure_arguments(layer, cells, self.parser)
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
        before = len(self.parser.diagnostics)
        body = self.node(definition.body, path, inner)
        self._label_call(before, layer.span, definition.name)
        return ir.Call(path, layer.name, layer.kind, arguments, body, layer.span)

    def _label_call(self, before: int, span: Span, module: str) -> None:
        """Label the diagnostics of the module's body with the row that uses it."""
        diagnostics = self.parser.diagnostics
        # An error that depends on no cell occurs in every row: it is reported once.
        reported = {(diagnostic.span, diagnostic.message) for diagnostic in diagnostics[:before]}
        label = Label(span, f"in this row of {module}")
        diagnostics[before:] = [
            diagnostic._replace(labels=(*diagnostic.labels, label))
            if len(diagnostic.labels) < 2
            else diagnostic
            for diagnostic in diagnostics[before:]
            if (diagnostic.span, diagnostic.message) not in reported
        ]
