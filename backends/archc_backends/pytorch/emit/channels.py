"""Numbers of channels inside a class, as sums of its arguments such as ``n1x1 + n3x3``."""

from collections.abc import Mapping
from typing import NamedTuple

from archc.analyses import Analysis
from archc.network import ir
from archc.network.names import identifier
from archc_backends.pytorch.emit.expressions import Expression, Sum


class Channels(NamedTuple):
    """A linear sum: symbols with factors, and a constant."""

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    def plus(self, other: "Channels") -> "Channels":
        """Return the sum."""
        terms = dict(self.terms)
        for symbol, factor in other.terms:
            terms[symbol] = terms.get(symbol, 0) + factor
        return Channels(tuple(terms.items()), self.constant + other.constant)

    def times(self, factor: int) -> "Channels":
        """Return the product with a number."""
        terms = tuple((symbol, own * factor) for symbol, own in self.terms)
        return Channels(terms, self.constant * factor)

    def expression(self) -> Expression:
        """Return the sum as a Python expression."""
        parts = [s if factor == 1 else f"{factor} * {s}" for s, factor in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return Sum(tuple(parts)) if len(parts) > 1 else parts[0]


def symbol(name: str) -> Channels:
    """Return one argument, by its name in the code."""
    return Channels(((name, 1),))


NUM_CLASSES = "num_classes"
IN_CHANNELS = "in_channels"


def argument(name: str) -> str:
    """Return the argument in the code for a symbol of the spec."""
    return NUM_CLASSES if name == "classes" else identifier(name)


Environment = Mapping[str, Channels]
"""The value of each symbol of the spec inside a class."""


def environment(columns: tuple[str, ...]) -> Environment:
    """Return the symbols inside a class that has these columns as arguments."""
    return {name: symbol(argument(name)) for name in ("classes", *columns)}


class Trace(NamedTuple):
    """Input and output channels of every node of a tree, by ``id(node)``."""

    inputs: dict[int, Channels]
    outputs: dict[int, Channels]


def trace_channels(
    node: ir.Node, channels: Channels, symbols: Environment, analysis: Analysis, trace: Trace
) -> Channels:
    """Return the output channels of the node for its input ``channels``, and fill ``trace``."""
    trace.inputs[id(node)] = channels
    trace.outputs[id(node)] = result = _outputs(node, channels, symbols, analysis, trace)
    return result


def _outputs(
    node: ir.Node, channels: Channels, symbols: Environment, analysis: Analysis, trace: Trace
) -> Channels:
    if isinstance(node, ir.Op):
        operator = node.operator
        if operator.channels_field is None:
            before, after = analysis.shapes.input(node)[0], analysis.shapes.output(node)[0]
            # For example Flatten, whose features are a multiple of the channels.
            return channels.times(after // before) if after % before == 0 else Channels((), after)
        name = node.symbols.get(operator.channels_field)
        return (
            symbols[name] if name else Channels(constant=getattr(operator, operator.channels_field))
        )
    if isinstance(node, ir.Concat):
        total = Channels()
        for branch in node.branches:
            total = total.plus(trace_channels(branch, channels, symbols, analysis, trace))
        return total
    if isinstance(node, ir.Fork):
        return _fork(node, channels, symbols, analysis, trace)
    if isinstance(node, ir.Residual):
        if node.shortcut is not None:
            trace_channels(node.shortcut, channels, symbols, analysis, trace)
        return trace_channels(node.body, channels, symbols, analysis, trace)
    if isinstance(node, ir.Call):
        inner = {"classes": symbols["classes"]} | {
            column: _cell(cell, symbols) for column, cell in node.arguments.items()
        }
        return trace_channels(node.body, channels, inner, analysis, trace)
    for child in node.children:
        channels = trace_channels(child, channels, symbols, analysis, trace)
    return channels


def _fork(
    node: ir.Fork, channels: Channels, symbols: Environment, analysis: Analysis, trace: Trace
) -> Channels:
    total, whole = Channels(), Channels()
    for part, branch in zip(node.parts, node.branches, strict=True):
        branch_channels = channels if part is None else part_channels(part, symbols)
        whole = whole if part is None else whole.plus(branch_channels)
        total = total.plus(trace_channels(branch, branch_channels, symbols, analysis, trace))
    trace.inputs[id(node.shared)] = channels
    trace.outputs[id(node.shared)] = whole
    return total


def part_channels(part: ir.Part, symbols: Environment) -> Channels:
    """Return the part's number of channels inside the class."""
    return Channels(constant=part.channels) if part.symbol is None else symbols[part.symbol]


def _cell(cell: ir.Argument, symbols: Environment) -> Channels:
    if cell.symbol is not None:
        return symbols[cell.symbol]
    return Channels(constant=cell.value) if isinstance(cell.value, int) else Channels()
