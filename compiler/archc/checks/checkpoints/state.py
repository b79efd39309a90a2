"""The state that a network expects from a checkpoint: its keys and tensors."""

from collections.abc import Collection, Iterator

from archc.analyses import Analysis
from archc.diagnostics.escapes import escape_line
from archc.network import ir
from archc.ops.operator import Tensor

CLASSES = "classes"
"""In a list of layers to leave: all layers whose weights depend on the number of classes."""


def expected_state(analysis: Analysis) -> dict[str, Tensor]:
    """Return all tensors of the network's state by key, in registration order."""
    by_name = {row.node.name: row for row in analysis.rows_and_heads}
    return {
        f"{layer.op.path}.{tensor.name}": tensor
        for name in analysis.network.registration
        for layer in by_name[name].layers
        for tensor in layer.op.operator.state(layer.input)
    }


def is_counter(tensor: Tensor) -> bool:
    """Return whether the tensor is a norm's counter of batches, which does not affect outputs."""
    return tensor.shape == () and not tensor.learned


def class_layers(analysis: Analysis) -> tuple[str, ...]:
    """Return the layers with weights that depend on the number of classes, the heads' last."""
    nodes = analysis.network.rows_and_heads
    paths = [path for node in nodes for path in _ops_of_size(node, {CLASSES})]
    keys = expected_state(analysis)
    return tuple(path for path in paths if any(key.startswith(f"{path}.") for key in keys))


def show_key(key: str) -> str:
    """Return a key from a file as text for a message: on one line, and cut if it is long."""
    return escape_line(key if len(key) <= 200 else f"{key[:200]}...")


def _ops_of_size(node: ir.Node, symbols: Collection[str]) -> Iterator[str]:
    """Yield the operators at or below the node that use one of the symbols in a field."""
    if isinstance(node, ir.Op):
        if any(symbol in symbols for symbol in node.symbols.values()):
            yield node.path
        return
    if isinstance(node, ir.Call):
        inside = {name for name, cell in node.arguments.items() if cell.symbol in symbols}
        symbols = {CLASSES, *inside}
    for child in node.children:
        yield from _ops_of_size(child, symbols)
