"""Compare two networks row by row."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from archc.analyses import Analysis, RowAnalysis
from archc.network import ir
from archc.ops import OPERATORS
from archc.ops.operator import Operator, format_shape

OperatorFields = dict[str, str]
"""An operator's kind and its fields, as text."""

Change = Literal["added", "removed", "renamed", "moved", "changed", "affected"]


class Numbers(NamedTuple):
    """The numbers of a row before and after; an added row has none before."""

    output: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    params: tuple[int, int]
    macs: tuple[int, int]
    depth: tuple[int, int]
    receptive_field: tuple[tuple[int, int] | None, tuple[int, int] | None]
    memory: tuple[int, int]

    @property
    def same(self) -> bool:
        """Whether the two rows have the same numbers."""
        return all(before == after for before, after in self)


class CountChange(NamedTuple):
    """A count before and after."""

    before: int
    after: int

    @property
    def difference(self) -> int:
        """The increase, negative for a decrease."""
        return self.after - self.before

    @property
    def percent(self) -> float | None:
        """The increase in percent; None if the count was 0."""
        return 100 * self.difference / self.before if self.before else None


class Totals(NamedTuple):
    """The numbers of the whole network before and after."""

    output: tuple[tuple[int, ...], tuple[int, ...]]
    params: CountChange
    macs: CountChange
    depth: CountChange
    receptive_field: tuple[tuple[int, int], tuple[int, int]]
    memory: CountChange
    params_with_aux: CountChange
    macs_with_aux: CountChange

    @property
    def same(self) -> bool:
        """Whether the two networks have the same numbers."""
        return all(before == after for before, after in self)

    @property
    def numbers(self) -> Numbers:
        """The numbers that exist for rows as well as for networks."""
        return Numbers(*self[:6])

    @property
    def counts(self) -> dict[str, CountChange]:
        """The counts, by their names in a budget."""
        return {
            "params": self.params,
            "params_with_aux": self.params_with_aux,
            "macs": self.macs,
            "macs_with_aux": self.macs_with_aux,
            "depth": self.depth,
            "activations": self.memory,
        }


class RowDifference(NamedTuple):
    """One row that differs.

    ``change`` is ``affected`` if the row itself is unchanged, but its numbers differ because its
    input does. ``was`` is the former name of a renamed row. ``details`` are the changes in the row.
    """

    name: str
    change: Change
    was: str
    details: tuple[str, ...]
    numbers: Numbers


class Difference(NamedTuple):
    """All differences; ``facts`` are the changes of the name, the input and the classes."""

    facts: tuple[str, ...]
    rows: tuple[RowDifference, ...]
    aux: tuple[RowDifference, ...]
    totals: Totals

    @property
    def is_empty(self) -> bool:
        """Whether the architecture is the same."""
        return not (self.facts or self.rows or self.aux)

    def __repr__(self) -> str:
        rows = len(self.rows) + len(self.aux)
        params, macs = (after - before for before, after in (self.totals.params, self.totals.macs))
        return f"<Difference: {rows:,} rows differ, {params:+,} params, {macs:+,} MACs>"


def compare(before: Analysis, after: Analysis) -> Difference:
    """Return the differences from the first network to the second."""
    taps = [_taps(analysis.network) for analysis in (before, after)]
    return Difference(
        tuple(_facts(before.network, after.network)),
        tuple(_rows(before.rows, after.rows, {}, {})),
        tuple(_rows(before.aux, after.aux, *taps)),
        Totals(
            (before.rows[-1].output, after.rows[-1].output),
            CountChange(before.cost.params, after.cost.params),
            CountChange(before.cost.macs, after.cost.macs),
            CountChange(before.depth, after.depth),
            (before.receptive_field.size, after.receptive_field.size),
            CountChange(before.memory, after.memory),
            CountChange(before.cost_with_aux.params, after.cost_with_aux.params),
            CountChange(before.cost_with_aux.macs, after.cost_with_aux.macs),
        ),
    )


def _facts(before: ir.Network, after: ir.Network) -> Iterable[str]:
    if before.name != after.name:
        yield f"name: {before.name} -> {after.name}"
    if before.input != after.input:
        yield f"input: {format_shape(before.input)} -> {format_shape(after.input)}"
    if before.classes != after.classes:
        yield f"classes: {before.classes} -> {after.classes}"


def _taps(network: ir.Network) -> dict[str, str]:
    return {head.name: f"from {head.tap}, weight {head.loss_weight:g}" for head in network.aux}


def _rows(
    before: tuple[RowAnalysis, ...],
    after: tuple[RowAnalysis, ...],
    old_taps: Mapping[str, str],
    new_taps: Mapping[str, str],
) -> Iterable[RowDifference]:
    old = {row.node.name: row for row in before}
    new = {row.node.name: row for row in after}
    renamed = _renamed(old, new)
    pairs = {name: old[renamed.get(name, name)] for name in new if renamed.get(name, name) in old}
    moved = _moved(list(old), {name: row.node.name for name, row in pairs.items()})
    for name, row in new.items():
        was = pairs.get(name)
        if was is None:
            layers = tuple(_describe_layers(row))
            yield RowDifference(name, "added", "", layers, _numbers(None, row))
            continue
        details = list(_details(was, row))
        if old_taps.get(was.node.name) != new_taps.get(name):
            details.append(f"{old_taps.get(was.node.name)} -> {new_taps.get(name)}")
        numbers = _numbers(was, row)
        change: Change | None = "affected" if not numbers.same else None
        change = "changed" if details else "moved" if name in moved else change
        change = "renamed" if name in renamed else change
        if change is not None:
            former = was.node.name if name in renamed else ""
            yield RowDifference(name, change, former, tuple(details), numbers)
    kept = {row.node.name for row in pairs.values()}
    for name, row in old.items():
        if name not in kept:
            yield RowDifference(name, "removed", "", (), _numbers(row, None))


def _renamed(old: Mapping[str, RowAnalysis], new: Mapping[str, RowAnalysis]) -> dict[str, str]:
    """Return the old names of renamed rows by their new names.

    A new row was renamed if an old row with the same layers has disappeared; renamed rows keep
    their order. For example, if c and d replace a and b, and all four are alike, c was a and d was
    b.
    """
    lost = [name for name in old if name not in new]
    gained = [name for name in new if name not in old]
    alike: dict[tuple[str, ...], list[int]] = {}
    for i in reversed(range(len(lost) if gained else 0)):
        alike.setdefault(tuple(_describe_layers(old[lost[i]])), []).append(i)
    names = {}
    start = 0
    for name in gained:
        places = alike.get(tuple(_describe_layers(new[name])), [])
        while places and places[-1] < start:
            places.pop()
        if places:
            start = places.pop() + 1
            names[name] = lost[start - 1]
    return names


def _moved(order: list[str], pairs: Mapping[str, str]) -> set[str]:
    """Return the rows outside the longest increasing subsequence of their old positions.

    For example, the new order b, c, d, a has the old positions 1, 2, 3, 0: only a has moved. The
    subsequence is found by patience sorting: ``tails[k]`` is the smallest position that ends an
    increasing subsequence of length k + 1, ``last[k]`` the row at that position, and ``previous``
    the row before each row in its subsequence.
    """
    positions = {name: i for i, name in enumerate(order)}
    names = list(pairs)
    tails: list[int] = []
    last: list[int] = []
    previous: list[int | None] = []
    for i, name in enumerate(names):
        position = positions[pairs[name]]
        place = bisect_left(tails, position)
        previous.append(last[place - 1] if place else None)
        tails[place : place + 1] = [position]
        last[place : place + 1] = [i]
    kept = set()
    at: int | None = last[-1] if last else None
    while at is not None:
        kept.add(names[at])
        at = previous[at]
    return set(names) - kept


def _numbers(before: RowAnalysis | None, after: RowAnalysis | None) -> Numbers:
    def pair(count: str) -> tuple[int, int]:
        values = []
        for row in (before, after):
            source = row.cost if row is not None and count in ("params", "macs") else row
            values.append(0 if source is None else int(getattr(source, count)))
        return values[0], values[1]

    return Numbers(
        (before.output if before else None, after.output if after else None),
        pair("params"),
        pair("macs"),
        pair("depth"),
        (
            before.receptive_field.size if before else None,
            after.receptive_field.size if after else None,
        ),
        pair("memory"),
    )


def _details(before: RowAnalysis, after: RowAnalysis) -> Iterable[str]:
    """Yield the changed cells of a row, then the changes inside it that no cell causes."""
    old, new = before.node, after.node
    same_module = False
    if isinstance(old, ir.Call) and isinstance(new, ir.Call):
        same_module = old.module == new.module
        if not same_module:
            yield f"module: {old.module} -> {new.module}"
        for column in dict.fromkeys([*old.arguments, *new.arguments]):
            was, now = (
                str(call.arguments[column].value) if column in call.arguments else "none"
                for call in (old, new)
            )
            if was != now:
                yield f"{column}: {was} -> {now}"
    inside, other = stated_layers(before, same_module), stated_layers(after, same_module)
    for path in dict.fromkeys([*inside, *other]):
        where = f"{path.strip()}: " if path else ""
        for change in _field_changes(inside.get(path), other.get(path)):
            yield f"{where}{change}"


def _field_changes(old: OperatorFields | None, new: OperatorFields | None) -> Iterable[str]:
    if old is None or new is None or old["kind"] != new["kind"]:
        yield f"{_text(old)} -> {_text(new)}"
        return
    for field in dict.fromkeys([*old, *new]):
        default = _default(old["kind"], field)
        was, now = old.get(field, default), new.get(field, default)
        if was != now:
            yield f"{field} {was} -> {now}"


def _default(kind: str, field: str) -> str:
    known = OPERATORS[kind].model_fields if kind in OPERATORS else {}
    return str(known[field].default).lower() if field in known else "none"


def _describe_layers(row: RowAnalysis) -> list[str]:
    """Return the row's layers as text; rows with the same text are alike."""
    layers = stated_layers(row, False).items()
    return [
        f"{path.strip()}: {_text(fields)}" if path else _text(fields) for path, fields in layers
    ]


def stated_layers(row: RowAnalysis, without_cells: bool) -> dict[str, OperatorFields]:
    """Return the fields of each operator and Residual, by its path in the row.

    ``without_cells``: leave out fields that columns fill.
    """
    start = len(row.node.path) + 1
    layers: dict[str, OperatorFields] = {}
    for node in ir.walk(row.node):
        if isinstance(node, ir.Op):
            hidden = node.symbols if without_cells else {}
            layers[node.path[start:]] = _fields(node.operator, hidden)
        elif isinstance(node, ir.Residual):
            activation = type(node.activation).__name__ if node.activation else "none"
            # For the row itself this is " residual"; with the space, no layer can have that name.
            key = f"{node.path[start:]} residual"
            scale = f"{node.scale:g}"
            layers[key] = {"kind": "Residual", "scale": scale, "activation": activation}
    return layers


def _fields(operator: Operator, hidden: Mapping[str, str]) -> OperatorFields:
    """Return the operator's kind and fields as text, without fields at their defaults."""
    fields = {"kind": type(operator).__name__}
    for name, field in type(operator).model_fields.items():
        value = getattr(operator, name)
        if name in hidden or (not field.is_required() and value == field.default):
            continue
        text = _text(_fields(value, {})) if isinstance(value, Operator) else str(value).lower()
        fields[name] = operator.notation if name == "window" else text
    return fields


def _text(fields: OperatorFields | None) -> str:
    if fields is None:
        return "none"
    kind, *rest = fields.values()
    names = list(fields)[1:]
    shown = (
        value if name == "window" else f"{name} {value}"
        for name, value in zip(names, rest, strict=True)
    )
    return " ".join([kind, *shown])
