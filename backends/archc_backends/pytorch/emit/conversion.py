"""IR → the functions that convert a state_dict for the optimised file, and back."""

from typing import NamedTuple, TypeVar

from archc.analyses import Analysis
from archc.driver.optimize import Optimized, WeightSource, all_origins, is_invertible, origins_of
from archc.network import ir
from archc_backends.pytorch.emit.classes import walk_class
from archc_backends.pytorch.emit.expressions import Call, Expression, Group
from archc_backends.pytorch.emit.operators.context import literal

Value = TypeVar("Value", float, bool)


class Entry(NamedTuple):
    """A layer of a class, and the layers that it is made from."""

    layer: str
    sources: Expression


class Table(NamedTuple):
    """The entries of one class."""

    name: str
    entries: tuple[Entry, ...]


class Conversion(NamedTuple):
    """Data for the template of the conversion functions.

    ``dropped`` are key prefixes of auxiliary heads. ``eps`` and ``bias`` are the most common values
    of norms and of the convolutions before them. ``folds``: whether norms are folded; ``joins``:
    whether convolutions are merged; ``inverts``: whether the conversion can be undone.
    """

    plain: str
    converts: str
    restores: str
    parameters: tuple[str, ...]
    arguments: Expression
    dropped: Expression | None
    tables: tuple[Table, ...]
    eps: str
    bias: str
    folds: bool
    joins: bool
    inverts: bool


def define_conversion(optimized: Optimized, parameters: tuple[str, ...]) -> Conversion:
    """Return the data for the template. ``parameters`` are those of the network's constructor."""
    analysis, network = optimized.analysis, optimized.analysis.network
    plain = optimized.original.network
    sources = [source for origin in all_origins(analysis) for source in origin.sources]
    norms = [source for source in sources if source.norm]
    usual = WeightSource(
        "",
        eps=_most_common([source.eps for source in norms], 0.0),
        bias=_most_common([source.bias for source in norms], False),
    )
    kept = {head.name for head in network.aux}
    dropped = [head.name for head in plain.aux if head.name not in kept]
    converts = f"The state_dict of a {plain.name} as one of {network.name}."
    if norms:
        converts += "\n\nNorms are folded in float64."
    converts += (
        "\n\nRaises ValueError where it is another model's, converted already or not finite."
    )
    restores = f"The state_dict of a {network.name} as one of {plain.name}, without its heads."
    if not dropped:
        restores = f"The state_dict of a {network.name} as one of {plain.name}."
    restores += "\n\nRaises ValueError where it is another model's or not finite."
    return Conversion(
        plain.name,
        converts,
        restores,
        parameters,
        Call(network.name, tuple(name.partition(":")[0] for name in parameters)),
        Group("()", tuple(literal(f"{name}.") for name in dropped)) if dropped else None,
        _tables(analysis, usual),
        literal(usual.eps),
        literal(usual.bias),
        bool(norms),
        any(len(origin.sources) > 1 for origin in all_origins(analysis)),
        is_invertible(analysis),
    )


def _most_common(values: list[Value], otherwise: Value) -> Value:
    return max(values, key=values.count, default=otherwise)


def _tables(analysis: Analysis, usual: WeightSource) -> tuple[Table, ...]:
    network = analysis.network
    tables: dict[str, Table] = {}

    def collect(root: ir.Node, scope: str, name: str) -> None:
        entries: list[Entry] = []
        for node in walk_class(root):
            if isinstance(node, ir.Op) and node.operator.state(analysis.shapes.input(node)):
                entries += [
                    Entry(
                        literal(origin.layer.removeprefix(scope)),
                        Group("()", tuple(_source(s, scope, usual) for s in origin.sources)),
                    )
                    for origin in origins_of(node)
                ]
            elif isinstance(node, ir.Call):
                collect(node.body, f"{node.path}.", node.module)
        if entries and name not in tables:
            tables[name] = Table(name, tuple(entries))

    layers = network.rows_and_heads
    collect(ir.Sequence("", "", layers, network.span), "", network.name)
    return tuple(tables.values())


def _source(source: WeightSource, scope: str, usual: WeightSource) -> Expression:
    layer = literal(source.layer.removeprefix(scope))
    if not source.norm:
        return Call("_Source", (layer,))
    keywords = tuple(
        (name, literal(value))
        for name, value, default in (
            ("eps", source.eps, usual.eps),
            ("bias", source.bias, usual.bias),
        )
        if value != default
    )
    return Call("_Source", (layer, literal(source.norm.removeprefix(scope))), keywords)
