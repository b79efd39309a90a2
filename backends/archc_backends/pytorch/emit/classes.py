"""IR → the classes of the generated file: arguments, attributes, forward statements.

One class serves all calls of its module. Everything that differs between the calls is an argument:
columns, input channels, the number of classes, and other numbers that turn out to differ (such as
the input features of a head, which depend on height and width).
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from archc.analyses import Analysis
from archc.network import ir
from archc.network.names import identifier
from archc.ops.linear import Linear
from archc_backends.pytorch.emit.channels import (
    IN_CHANNELS,
    NUM_CLASSES,
    Channels,
    Trace,
    argument,
    environment,
    part_channels,
    symbol,
    trace_channels,
)
from archc_backends.pytorch.emit.definitions import (
    Attribute,
    ClassDefinition,
    DerivedArgument,
    Helper,
    HelperUses,
    ModuleClass,
    introduce,
    split_result,
)
from archc_backends.pytorch.emit.expressions import Call, Choice, Expression, Group, Loop, Sum, flat
from archc_backends.pytorch.emit.operators import emit_operator
from archc_backends.pytorch.emit.operators.context import EmitContext, literal
from archc_backends.pytorch.emit.statements import Statements, describe, parts_attribute


def walk_class(node: ir.Node) -> Iterator[ir.Node]:
    """Yield the node and all nodes below it in the same class, without entering calls."""
    yield node
    if not isinstance(node, ir.Call):
        for child in node.children:
            yield from walk_class(child)


class ClassBuilder:
    """Builds one class from all calls of its module, or from the network."""

    def __init__(
        self,
        instances: list[ir.Node],
        symbols: Mapping[str, Channels],
        channels: Channels,
        analysis: Analysis,
        module_classes: Mapping[str, ModuleClass],
        helpers: dict[str, HelperUses],
    ) -> None:
        self.analysis = analysis
        self.module_classes = module_classes
        self.helpers = helpers
        self.symbols = symbols
        self.uses: set[str] = set()
        self.derived_arguments: list[DerivedArgument] = []
        self.traces: list[Trace] = []
        self.peers: dict[int, tuple[ir.Node, ...]] = {}
        self.positions: dict[int, int] = {}
        self.forks: dict[int, ir.Fork] = {}
        for instance in instances:
            trace = Trace({}, {})
            trace_channels(instance, channels, symbols, analysis, trace)
            self.traces.append(trace)
        self.root = instances[0]
        for position, nodes in enumerate(zip(*map(walk_class, instances), strict=True)):
            self.peers[id(nodes[0])] = nodes
            self.positions[id(nodes[0])] = position
            if isinstance(nodes[0], ir.Fork):
                self.forks[id(nodes[0].shared)] = nodes[0]

    def attributes(self, node: ir.Node, chained: bool) -> Iterator[Attribute]:
        """Yield an attribute for each named layer below the node, and for the parts of a fork."""
        for child in ir.named_children(node):
            yield Attribute(child.name, self.construct(child, chained))
            if (fork := self.forks.get(id(child))) is not None:
                yield Attribute(parts_attribute(fork), self._parts(fork))

    def construct(self, node: ir.Node, chained: bool) -> Expression:
        """Return the expression that constructs the node's module."""
        if isinstance(node, ir.Op):
            return self._operator(node, chained)
        if isinstance(node, ir.Call):
            return self._module(node)
        inner = tuple(ir.named_children(node))
        items = tuple(self.construct(child, chained=True) for child in inner)
        if [child.name for child in inner] == [str(i) for i in range(len(inner))]:
            return Call("nn.Sequential", _runs(items))
        pairs = zip(inner, items, strict=True)
        entries = tuple(Group("()", (literal(child.name), item)) for child, item in pairs)
        return Call("nn.Sequential", (Call("OrderedDict", (Group("[]", entries),)),))

    def statements(self) -> Statements:
        """Return an empty collector for the statements of forward."""
        return Statements(self, self.uses | {argument(name) for name in self.symbols})

    def comment(self, node: ir.Node) -> str:
        """Return the node's output shape as text, empty if it differs between calls."""
        sizes = {self.analysis.shapes.output(peer)[1:] for _, peer in self._peers(node)}
        outputs = {trace.outputs[id(peer)] for trace, peer in self._peers(node)}
        count = _count(outputs)
        if not count or len(sizes) > 1:
            return ""
        size = sizes.pop()
        if size and " " in count:
            count = f"({count})"
        times = "x" if count.isdigit() else " x "
        return times.join([count, *map(str, size)])

    def flattens(self, node: ir.Node) -> bool:
        """Whether the node is a Linear whose input is channels x 1 x 1 in some call."""
        linear = isinstance(node, ir.Op) and isinstance(node.operator, Linear)
        return linear and self._spatial(node)

    def features(self, node: ir.Node) -> str:
        """Return the node's input features as text, empty if they differ between calls."""
        return _count({trace.inputs[id(peer)] for trace, peer in self._peers(node)})

    def scale(self, node: ir.Residual) -> str:
        """Return the scale of a residual: a literal, or the attribute that holds the argument."""
        name = node.symbols.get("scale")
        return literal(float(node.scale)) if name is None else f"self.{argument(name)}"

    def _peers(self, node: ir.Node) -> list[tuple[Trace, ir.Node]]:
        """Return the node in every call of the class, with the channels there."""
        return list(zip(self.traces, self.peers[id(node)], strict=True))

    def _spatial(self, node: ir.Node) -> bool:
        inputs = self.analysis.shapes.node_inputs
        return any(len(inputs[id(peer)]) == 3 for _, peer in self._peers(node))

    def _operator(self, node: ir.Op, chained: bool) -> Expression:
        names = {field: argument(name) for field, name in node.symbols.items()}
        self.uses |= {NUM_CLASSES} & set(names.values())
        if (fork := self.forks.get(id(node))) is not None:
            self.uses |= {NUM_CLASSES for part in fork.parts if part and part.symbol == "classes"}
        context = EmitContext(
            node.operator,
            self._spatial(node),
            names,
            chained,
            lambda: self._channels(node),
            lambda: self.traces[0].outputs[id(node)].expression(),
        )
        call, helper = emit_operator(context)
        if helper is None:
            return call
        helper = self._distinct(helper)
        self.helpers.setdefault(helper.name, HelperUses(helper, [])).uses.append(helper.options)
        return call._replace(callee=helper.name, keywords=tuple(helper.options.items()))

    def _distinct(self, helper: Helper) -> Helper:
        """Return the helper, numbered if its name is taken by one with other activation fields."""
        name, number = helper.name, 2
        activation = getattr(helper.operator, "activation", None)
        while (known := self.helpers.get(name)) is not None:
            if getattr(known.helper.operator, "activation", None) == activation:
                break
            name, number = f"{helper.name}{number}", number + 1
        return helper._replace(name=name)

    def _parts(self, fork: ir.Fork) -> Expression:
        parts = (part_channels(part, self.symbols) for part in fork.parts if part)
        return Group("[]", tuple(part.expression() for part in parts))

    def _module(self, node: ir.Call) -> Expression:
        module_class = self.module_classes[node.module]
        positional: list[Expression] = []
        if IN_CHANNELS in module_class.arguments:
            positional.append(self._channels(node))
        if NUM_CLASSES in module_class.arguments:
            self.uses.add(NUM_CLASSES)
            positional.append(NUM_CLASSES)
        keywords = []
        for column, name in module_class.columns.items():
            cell = node.arguments[column]
            if cell.symbol is None:
                keywords.append((name, literal(cell.value)))
            else:
                known = argument(cell.symbol)
                self.uses |= {NUM_CLASSES} & {known}
                keywords.append((name, known))
        for derived in module_class.derived_arguments:
            keywords.append((derived.name, self._derived_argument(node, derived)))
        return Call(node.module, tuple(positional), tuple(keywords))

    def _channels(self, node: ir.Node) -> Expression:
        """Return the node's input channels: an expression of arguments, or a new argument."""
        known = {trace.inputs[id(peer)] for trace, peer in self._peers(node)}
        if len(known) == 1:
            channels = known.pop()
            self.uses |= {name for name, _ in channels.terms}
            return channels.expression()
        inputs = self.analysis.shapes.node_inputs
        return self._argument(node, "in_features", lambda peer: inputs[id(peer)][0])

    def _derived_argument(self, node: ir.Call, derived: DerivedArgument) -> str:
        def value(peer: ir.Node) -> int:
            assert isinstance(peer, ir.Call)
            return derived.value(peer)

        return self._argument(node, derived.name, value)

    def _argument(self, node: ir.Node, word: str, value: Callable[[ir.Node], int]) -> str:
        """Return the number if all calls share it, otherwise a new argument of the class."""
        values = {value(peer) for peer in self.peers[id(node)]}
        if len(values) == 1:
            return str(values.pop())
        position = self.positions[id(node)]
        inside = node.path.removeprefix(self.root.path).strip(".").replace(".", "_").lower()
        name = f"{'layer' if inside[0].isdigit() else ''}{inside}_{word}"
        taken = {argument(symbol) for symbol in self.symbols}
        taken |= {derived.name for derived in self.derived_arguments}
        while name in taken:
            name += "_"
        self.derived_arguments.append(
            DerivedArgument(name, lambda call: value(list(walk_class(call.body))[position]))
        )
        return name


def _runs(items: tuple[Expression, ...]) -> tuple[Expression, ...]:
    """Replace three or more equal items in a row by a loop."""
    runs: list[Expression] = []
    for _, group in groupby(items, flat):
        alike = list(group)
        runs += alike if len(alike) < 3 else [Loop(alike[0], len(alike))]
    return tuple(runs)


def _count(channels: set[Channels]) -> str:
    """Return the channels as text, empty if they differ or depend on other arguments."""
    if len(channels) > 1 or any(name != NUM_CLASSES for sum_ in channels for name, _ in sum_.terms):
        return ""
    (count,) = (flat(sum_.expression()) for sum_ in channels)
    return count


def without_defaults(expression: Expression, helpers: Mapping[str, HelperUses]) -> Expression:
    """Drop options of helpers that equal the default of the helper class."""
    if isinstance(expression, Group):
        items = tuple(without_defaults(item, helpers) for item in expression.items)
        return expression._replace(items=items)
    if isinstance(expression, Loop):
        return expression._replace(item=without_defaults(expression.item, helpers))
    if isinstance(expression, Choice):
        return expression._replace(value=without_defaults(expression.value, helpers))
    if isinstance(expression, str | Sum):
        return expression
    positional = tuple(without_defaults(part, helpers) for part in expression.positional)
    keywords = expression.keywords
    if expression.callee in helpers:
        defaults = helpers[expression.callee].defaults()
        keywords = tuple((name, value) for name, value in keywords if value != defaults[name])
    return Call(expression.callee, positional, keywords)


def build_module_classes(
    analysis: Analysis, helpers: dict[str, HelperUses]
) -> dict[str, ModuleClass]:
    """Build a class for each module that the network calls, dependencies first."""
    calls: dict[str, list[ir.Call]] = {}

    def collect(node: ir.Node) -> None:
        for child in node.children:
            collect(child)
        if isinstance(node, ir.Call):
            calls.setdefault(node.module, []).append(node)

    network = analysis.network
    for node in network.rows_and_heads:
        collect(node)
    module_classes: dict[str, ModuleClass] = {}
    for name, instances in calls.items():
        module_classes[name] = _module_class(
            network.modules[name], instances, analysis, module_classes, helpers
        )
    return module_classes


def _module_class(
    module: ir.Module,
    calls: list[ir.Call],
    analysis: Analysis,
    module_classes: Mapping[str, ModuleClass],
    helpers: dict[str, HelperUses],
) -> ModuleClass:
    symbols = environment(module.columns)
    bodies = [call.body for call in calls]
    builder = ClassBuilder(bodies, symbols, symbol(IN_CHANNELS), analysis, module_classes, helpers)
    body = calls[0].body
    is_list = isinstance(body, ir.Sequence) and all(c.name.isdigit() for c in body.children)
    layers = list(builder.attributes(body, chained=is_list))
    items = tuple(layer.value for layer in layers if layer.name.isdigit())
    attributes = layers[len(items) :]
    for node in walk_class(body):
        if isinstance(node, ir.Residual) and (scale := node.symbols.get("scale")):
            builder.uses |= {NUM_CLASSES} & {argument(scale)}
            kept = Attribute(argument(scale), argument(scale))
            attributes += [] if kept in attributes else [kept]
    statements = builder.statements()
    statements.emit(body, "x", "x")
    positional = tuple(name for name in (IN_CHANNELS, NUM_CLASSES) if name in builder.uses)
    columns = {column: identifier(column) for column in module.columns}
    types = {
        name: "int" if all(isinstance(c.arguments[column].value, int) for c in calls) else "float"
        for column, name in columns.items()
    }
    keywords = [*columns.values(), *(derived.name for derived in builder.derived_arguments)]
    parameters = [f"{name}: int" for name in positional]
    if keywords:
        parameters += ["*", *(f"{name}: {types.get(name, 'int')}" for name in keywords)]
    lines, result = split_result(statements.lines)
    definition = ClassDefinition(
        module.name,
        "nn.Module",
        introduce("", module.about, describe(body), 4),
        tuple(parameters),
        tuple(attributes),
        lines,
        result,
    )
    if items:
        listed = Call("super().__init__", (Group("[]", items),))
        definition = definition._replace(base="nn.ModuleList", parent=listed)
    if is_list:
        chain = Call("super().__init__", _runs(items))
        definition = definition._replace(
            base="nn.Sequential", parent=chain, statements=(), result=""
        )
    return ModuleClass(definition, positional, columns, tuple(builder.derived_arguments))
