"""Scale the width of every convolution, as with MobileNet's width multiplier."""

from collections.abc import Mapping

from archc.network import ir
from archc.network.transforms.editing import with_fields
from archc.ops.convolution import Convolution


def scale_width(network: ir.Network, multiplier: float, multiple: int) -> ir.Network:
    """Return the network with every number of filters multiplied by ``multiplier``.

    The results are rounded to the nearest multiple of ``multiple`` (halves round up) and are at
    least ``multiple``. Linear layers, and convolutions with ``out: classes``, are not scaled
    (arXiv:1704.04861).
    """
    scaling = _Scaling(multiplier, multiple)
    return network._replace(
        rows=tuple(scaling.node(row, frozenset()) for row in network.rows),
        aux=tuple(head._replace(body=scaling.node(head.body, frozenset())) for head in network.aux),
    )


class _Scaling:
    """Scales nodes.

    ``columns`` are the columns with scaled cells, of the module that contains the node.
    """

    def __init__(self, multiplier: float, multiple: int) -> None:
        self.multiplier = multiplier
        self.multiple = multiple

    def node(self, node: ir.Node, columns: frozenset[str]) -> ir.Node:
        """Return the node with all convolutions in it scaled."""
        if isinstance(node, ir.Op):
            return self._op(node, columns)
        if isinstance(node, ir.Call):
            return self._call(node, columns)
        return ir.map_children(node, lambda child: self.node(child, columns))

    def _op(self, node: ir.Op, columns: frozenset[str]) -> ir.Op:
        operator = node.operator
        scaled = [field for field, symbol in node.symbols.items() if symbol in columns]
        if isinstance(operator, Convolution) and "out" not in node.symbols:
            scaled.append("out")
        if not scaled:
            return node
        fields = {field: self._scaled(getattr(operator, field)) for field in scaled}
        return node._replace(operator=with_fields(operator, **fields))

    def _call(self, node: ir.Call, columns: frozenset[str]) -> ir.Call:
        filters = filter_columns(node.body)
        inner = frozenset(
            column
            for column, cell in node.arguments.items()
            if (cell.symbol in columns if cell.symbol else column in filters)
        )
        arguments: Mapping[str, ir.Argument] = {
            column: cell._replace(value=self._scaled(cell.value)) if column in inner else cell
            for column, cell in node.arguments.items()
        }
        return node._replace(arguments=arguments, body=self.node(node.body, inner))

    def _scaled(self, value: int | float | str) -> int:
        assert isinstance(value, int)
        multiples = int(value * self.multiplier / self.multiple + 0.5)
        return max(1, multiples) * self.multiple


def filter_columns(body: ir.Node) -> set[str]:
    """Return the columns of a module that set numbers of filters in its body."""
    columns = set()
    pending = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, ir.Op) and isinstance(node.operator, Convolution):
            columns |= {node.symbols["out"]} if "out" in node.symbols else set()
        elif isinstance(node, ir.Call):
            inner = filter_columns(node.body)
            symbols = {c: cell.symbol for c, cell in node.arguments.items() if cell.symbol}
            columns |= {symbol for column, symbol in symbols.items() if column in inner}
        else:
            pending += node.children
    return columns
