"""IR → the classes of the generated file: arguments, attributes, forward statements.

A class stands for all calls of its module at once. What differs between them must come from its
arguments: the columns, the input channels, the number of classes, and whatever else turns out to
differ (such as a head's input features, which depend on height and width).
"""

from collections.abc import Callable, Iterator, Mapping

from archc import ir
from archc.analysis import Analysis
from archc.names import identifier
from archc_backends.pytorch.channels import (
    CLASSES,
    INPUT,
    Channels,
    Trace,
    environment,
    symbol,
    trace_channels,
)
from archc_backends.pytorch.expressions import Call, Expression, Group, Loop, flat
from archc_backends.pytorch.operators import emit_operator
from archc_backends.pytorch.operators.site import Site, literal
from archc_backends.pytorch.statements import Statements, fixed_scale
from archc_backends.pytorch.views import Attribute, Block, ClassView, Extra, HelperUses, finished


def level(node: ir.Node) -> Iterator[ir.Node]:
    """The node and what is below it in the same class: calls are not entered."""
    yield node
    if not isinstance(node, ir.Call):
        for child in node.children:
            yield from level(child)


class ClassBuilder:
    """Builds one class from all the places where its module is called (or from the network)."""

    def __init__(
        self,
        instances: list[ir.Node],
        symbols: Mapping[str, Channels],
        channels: Channels,
        analysis: Analysis,
        blocks: Mapping[str, Block],
        helpers: dict[str, HelperUses],
    ) -> None:
        self.analysis = analysis
        self.blocks = blocks
        self.helpers = helpers
        self.symbols = symbols
        self.uses: set[str] = set()
        self.extras: list[Extra] = []
        self.traces: list[Trace] = []
        self.peers: dict[int, tuple[ir.Node, ...]] = {}
        self.positions: dict[int, int] = {}
        for instance in instances:
            trace = Trace({}, {})
            trace_channels(instance, channels, symbols, analysis, trace)
            self.traces.append(trace)
        for position, nodes in enumerate(zip(*map(level, instances), strict=True)):
            self.peers[id(nodes[0])] = nodes
            self.positions[id(nodes[0])] = position

    def attributes(self, node: ir.Node) -> Iterator[Attribute]:
        """The named layers below the node that belong to its class."""
        for child in node.children:
            if child.name:
                yield Attribute(child.name, self.construct(child, chained=False))
            else:
                yield from self.attributes(child)

    def construct(self, node: ir.Node, chained: bool) -> Expression:
        """The expression that makes the node's module."""
        if isinstance(node, ir.Op):
            return self._operator(node, chained)
        if isinstance(node, ir.Call):
            return self._module(node)
        items = tuple(self.construct(child, chained=True) for child in node.children)
        alike = isinstance(node, ir.Repeat) and len({flat(item) for item in items}) == 1
        if alike and len(items) > 1:
            return Call("nn.Sequential", (Loop(items[0], len(items)),))
        if isinstance(node, ir.Repeat) or all(c.name.isdigit() for c in node.children):
            return Call("nn.Sequential", items)
        pairs = zip(node.children, items, strict=True)
        named = tuple(Group("()", (literal(child.name), item)) for child, item in pairs)
        return Call("nn.Sequential", (Call("OrderedDict", (Group("[]", named),)),))

    def statements(self) -> Statements:
        """The collector of this class's forward statements."""
        taken = set(self.uses) | {identifier(column) for column in self.symbols}
        return Statements(self.analysis, self.comment, taken, self._scale)

    def comment(self, node: ir.Node) -> str:
        """What comes out of the node, where that is the same wherever the class is used."""
        nodes = self.peers[id(node)]
        shapes = {self.analysis.shapes.outputs[id(peer)][1:] for peer in nodes}
        outputs = {t.outputs[id(p)] for t, p in zip(self.traces, nodes, strict=True)}
        if len(shapes) > 1 or len(outputs) > 1:
            return ""
        channels = outputs.pop()
        if any(name != CLASSES for name, _ in channels.terms):
            return ""
        return "x".join([str(channels), *map(str, shapes.pop())])

    def _operator(self, node: ir.Op, chained: bool) -> Expression:
        names = {f: CLASSES if s == "classes" else identifier(s) for f, s in node.symbols.items()}
        self.uses |= {CLASSES} & set(names.values())
        site = Site(
            node.operator,
            self.analysis.shapes.inputs[id(node)],
            names,
            chained,
            lambda: self._channels(node),
        )
        call, helper = emit_operator(site)
        if helper is None:
            return call
        self.helpers.setdefault(helper.name, HelperUses(helper, [])).uses.append(helper.options)
        return call._replace(keywords=tuple(helper.options.items()))

    def _module(self, node: ir.Call) -> Expression:
        block = self.blocks[node.module]
        positional = []
        for argument in block.arguments:
            if argument == INPUT:
                positional.append(self._channels(node))
            elif argument == CLASSES:
                self.uses.add(CLASSES)
                positional.append(CLASSES)
        keywords = []
        for column, name in block.columns.items():
            cell = node.arguments[column]
            if cell.symbol is None:
                keywords.append((name, literal(cell.value)))
            else:
                known = CLASSES if cell.symbol == "classes" else identifier(cell.symbol)
                self.uses |= {CLASSES} & {known}
                keywords.append((name, known))
        for extra in block.extras:
            keywords.append((extra.name, self._extra(node, extra)))
        return Call(node.module, tuple(positional), tuple(keywords))

    def _channels(self, node: ir.Node) -> str:
        """The node's input channels: an expression of the arguments, a number, or an argument."""
        nodes = self.peers[id(node)]
        expressions = {t.inputs[id(p)] for t, p in zip(self.traces, nodes, strict=True)}
        if len(expressions) == 1:
            expression = expressions.pop()
            self.uses |= {name for name, _ in expression.terms}
            return str(expression)
        inputs = self.analysis.shapes.inputs
        return self._argument(node, f"{node.name}_in_features", lambda peer: inputs[id(peer)][0])

    def _extra(self, node: ir.Call, extra: Extra) -> str:
        def value(peer: ir.Node) -> int:
            assert isinstance(peer, ir.Call)
            return extra.value(peer)

        return self._argument(node, f"{node.name}_{extra.name}", value)

    def _argument(self, node: ir.Node, name: str, value: Callable[[ir.Node], int]) -> str:
        values = {value(peer) for peer in self.peers[id(node)]}
        if len(values) == 1:
            return str(values.pop())
        position = self.positions[id(node)]
        self.extras.append(Extra(name, lambda call: value(list(level(call.body))[position])))
        return name

    def _scale(self, node: ir.Residual) -> str:
        name = node.symbols.get("scale")
        if name is None:
            return fixed_scale(node)
        return f"self.{identifier(name)}"


def without_defaults(expression: Expression, helpers: Mapping[str, HelperUses]) -> Expression:
    """The expression with only those options of helpers that differ from the class's default."""
    if isinstance(expression, Group):
        items = tuple(without_defaults(item, helpers) for item in expression.items)
        return expression._replace(items=items)
    if isinstance(expression, Loop):
        return expression._replace(item=without_defaults(expression.item, helpers))
    if isinstance(expression, str):
        return expression
    positional = tuple(without_defaults(part, helpers) for part in expression.positional)
    keywords = expression.keywords
    if expression.callee in helpers:
        defaults = helpers[expression.callee].defaults()
        keywords = tuple((name, value) for name, value in keywords if value != defaults[name])
    return Call(expression.callee, positional, keywords)


def build_blocks(analysis: Analysis, helpers: dict[str, HelperUses]) -> dict[str, Block]:
    """A class for each module that the network calls, those that others need first."""
    calls: dict[str, list[ir.Call]] = {}

    def collect(node: ir.Node) -> None:
        for child in node.children:
            collect(child)
        if isinstance(node, ir.Call):
            calls.setdefault(node.module, []).append(node)

    network = analysis.network
    for node in (*network.rows, *(head.body for head in network.aux)):
        collect(node)
    blocks: dict[str, Block] = {}
    for name, instances in calls.items():
        blocks[name] = _block(network.modules[name], instances, analysis, blocks, helpers)
    return blocks


def _block(
    module: ir.Module,
    calls: list[ir.Call],
    analysis: Analysis,
    blocks: Mapping[str, Block],
    helpers: dict[str, HelperUses],
) -> Block:
    symbols = environment(module.columns)
    bodies = [call.body for call in calls]
    builder = ClassBuilder(bodies, symbols, symbol(INPUT), analysis, blocks, helpers)
    body = calls[0].body
    attributes = list(builder.attributes(body))
    for node in level(body):
        if isinstance(node, ir.Residual) and (scale := node.symbols.get("scale")):
            attributes.append(Attribute(identifier(scale), identifier(scale)))
    statements = builder.statements()
    statements.run(body, "x", "x")
    positional = tuple(name for name in (INPUT, CLASSES) if name in builder.uses)
    columns = {column: identifier(column) for column in module.columns}
    types = {
        columns[column]: "int" if isinstance(cell.value, int) else "float"
        for column, cell in calls[0].arguments.items()
    }
    named = [*columns.values(), *(extra.name for extra in builder.extras)]
    parameters = [f"{name}: int" for name in positional]
    if named:
        parameters += ["*", *(f"{name}: {types.get(name, 'int')}" for name in named)]
    lines, result = finished(statements.lines)
    view = ClassView(
        module.name,
        "nn.Module",
        module.about or f"The module {module.name}.",
        tuple(parameters),
        tuple(attributes),
        lines,
        result,
    )
    return Block(view, positional, columns, tuple(builder.extras))
